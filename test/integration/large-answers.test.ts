/** Answers larger than any message, and larger than the driver's memory. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requestStream } from '../../src/client/request.ts';
import { compareUtc } from '../../src/contract/time/instant.ts';
import type { SeriesChunk } from '../../src/contract/series.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { plainSeeq } from '../support/plain-seeq.ts';

/**
 * Below what the answers take, so that a driver that collects them dies of it; and twice what one needs that has three
 * of them in work, 45 MiB, on a machine that is busy with other things.
 */
const HEAP_MB = 96;
const MAX_PAYLOAD = 256 * 1024;

let cluster: Cluster;
let fast: string;
beforeAll(async () => {
  cluster = await startCluster({
    maxPayload: MAX_PAYLOAD,
    settings: { limits: { samplesPerItem: 5_000_000, rangeDays: 10_000 } },
    driver: { nodeOptions: [`--max-old-space-size=${HEAP_MB}`] },
  });
  const plant = await cluster.plants['plant-a']?.control.plant();
  fast = plant?.find(({ path }) => path === 'Special Cases >> Signals >> Fast')?.id ?? '';
});
afterAll(() => cluster.stop());

interface Received {
  samples: number;
  messages: number;
  bytes: number;
  first: string;
  last: string;
}

/** Follows an answer without keeping it; checks order, index and completeness flags on the way. */
async function follow(start: string, end: string, pause?: () => Promise<void>): Promise<Received> {
  const request = {
    function: 'discrete',
    timeoutMs: 120_000,
    params: { items: [`seeq:plant-a/signal/${fast}`], start, end },
  };
  const received: Received = { samples: 0, messages: 0, bytes: 0, first: '', last: '' };
  let more = true;
  for await (const message of requestStream(await cluster.connect(), REQUEST_TOPIC, request)) {
    expect(message.seq).toBe(received.messages++);
    for (const piece of message.items as SeriesChunk[]) {
      expect(more).toBe(true);
      more = piece.more ?? false;
      for (const time of piece.times) {
        if (received.last !== '' && compareUtc(received.last, time) >= 0) expect.fail(`${time} after ${received.last}`);
        received.first ||= time;
        received.last = time;
      }
      received.samples += piece.times.length;
    }
    if (message.last) expect(message).toMatchObject({ status: 'ok' });
    await pause?.();
  }
  expect(more).toBe(false);
  return received;
}

describe('a long series', () => {
  it('of 200,000 samples arrives complete and in order, in messages that fit', async () => {
    const [start, end] = ['2026-01-01T00:00:00Z', '2026-01-03T07:33:19Z'];
    const received = await follow(start, end);
    expect(received).toMatchObject({ samples: 200_000, first: start, last: end });
    expect(received.messages).toBeGreaterThan(10);
    const plain = await plainSeeq(cluster.plants['plant-a']?.url ?? '');
    expect(await plain.samples(fast, start, end)).toHaveLength(200_000);
  });

  it('larger than the memory of the driver passes through it, several at once', async () => {
    const answers = await Promise.all(
      ['2025-01-01', '2025-03-01', '2025-05-01'].map((day) =>
        follow(`${day}T00:00:00Z`, `${day.slice(0, 8)}15T00:00:00Z`),
      ),
    );
    // Fourteen days at one sample a second, both borders included.
    expect(answers.map(({ samples }) => samples)).toEqual([1_209_601, 1_209_601, 1_209_601]);
    expect((await cluster.ask({ function: 'version' })).status).toBe('ok');
  });

  it('over its limit fails with an error instead of being cut', async () => {
    const answer = await cluster.ask({
      function: 'discrete',
      timeoutMs: 1000,
      params: { items: [`seeq:plant-a/signal/${fast}`], start: '1990-01-01', end: '*' },
    });
    expect(answer).toMatchObject({ status: 'error', error: { code: 'tooLarge' } });
  });
});
