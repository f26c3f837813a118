/** The memory that `docs/operations.md` tells an operator to give is enough for the largest answers, by default. */
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestStream } from '../../src/client/request.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';

const page = readFileSync('docs/operations.md', 'utf8');
/** The smaller container of the page, and the flag that belongs to it. */
const [, CONTAINER_MIB, FLAG = ''] = /\*\*(\d+) MiB with `NODE_OPTIONS=([^`]+)`\*\*/.exec(page) ?? [];
/** The default of `samplesPerItem`, in seconds at one sample a second, with both borders. */
const SAMPLES = 1_000_000;
const AT_ONCE = 4;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ driver: { env: { NODE_OPTIONS: FLAG } } });
});
afterAll(() => cluster.stop());

/** Follows an answer without keeping it; resolves with the number of its samples. */
async function follow(item: string, start: number): Promise<number> {
  const [from, to] = [start, start + (SAMPLES - 1) * 1000].map((time) => new Date(time).toISOString());
  const request = { function: 'discrete', timeoutMs: 300_000, params: { items: [item], start: from, end: to } };
  let samples = 0;
  for await (const message of requestStream(await cluster.connect(), REQUEST_TOPIC, request)) {
    for (const piece of message.items as { times: string[] }[]) samples += piece.times.length;
    if (message.last) expect(message).toMatchObject({ status: 'ok' });
  }
  return samples;
}

/** The most that the driver ever held in memory; undefined where the system does not tell. */
function peakMiB(): number | undefined {
  const file = `/proc/${cluster.driver.pid}/status`;
  return existsSync(file) ? Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'))?.[1]) / 1024 : undefined;
}

it('several of a million samples at once pass through the smallest container that is documented', async () => {
  expect(FLAG).toMatch(/^--max-old-space-size=\d+$/);
  const plant = await cluster.plants['plant-a']?.control.plant();
  const fast = plant?.find(({ path }) => path === 'Special Cases >> Signals >> Fast')?.id ?? '';
  const starts = Array.from({ length: AT_ONCE }, (_, at) => Date.UTC(2025, at));
  const answers = await Promise.all(starts.map((start) => follow(`seeq:plant-a/signal/${fast}`, start)));
  expect(answers).toEqual(starts.map(() => SAMPLES));
  const peak = peakMiB();
  if (peak !== undefined) expect(peak).toBeLessThan(Number(CONTAINER_MIB));
});
