/** Many at once over the real bus: nobody waits for the many items of another, a dead server costs only its own. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Answer } from '../../src/client/answer.ts';
import { plantItemId } from '../../simulators/seeq/plant/plant.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';

const CONCURRENCY = 8;
const QUEUE = 100;
/** Items of one request that are in work at once; further ones do not even wait in the queue. */
const AT_ONCE = 64;
const TAGS = 5000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    plants: { 'plant-a': { extraTags: TAGS }, 'plant-b': {} },
    // No call ends by a time limit of its own: only the budget of a request ends what hangs.
    server: { concurrency: CONCURRENCY, queueLimit: QUEUE, requestTimeoutMs: 600_000 },
  });
});
afterEach(async () => {
  for (const plant of Object.values(cluster.plants)) await plant.control.heal();
});
afterAll(() => cluster.stop());

const control = (host: string) => cluster.plants[host]?.control ?? expect.fail(host);
const AREA = 'Example >> Cooling Tower 1 >> Area A';
const fqn = (path: string, host = 'plant-a') => `seeq:${host}/signal/${plantItemId(host, path)}`;
const kinds = ['FI', 'TI', 'PI', 'LI'];
const tags = Array.from({ length: TAGS }, (_, n) => {
  return fqn(
    `U${String(Math.floor(n / 1000)).padStart(3, '0')}_${kinds[n % 4] ?? ''}_${String(n).padStart(6, '0')}.PV`,
  );
});
const snapshot = (items: string[], timeoutMs = 120_000) =>
  cluster.ask({ function: 'snapshot', timeoutMs, params: { items } });

/** Calls of one operation that the server has seen, oldest first. */
const calls = async (host: string, operation: string) =>
  (await control(host).requests()).filter((request) => request.operation === operation);
const seen = async (host: string, operation: string) => (await calls(host, operation)).length;

/** The failures of an answer by code. */
function failures({ items }: Answer): Record<string, number> {
  const codes = items.map((item) => failed.safeParse(item).data?.error.code ?? 'none');
  return Object.fromEntries([...new Set(codes)].map((code) => [code, codes.filter((other) => other === code).length]));
}
const failed = z.object({ error: z.object({ code: z.string(), details: z.unknown() }) });

it('one tag does not wait for the 5,000 tags of another request', async () => {
  const one = fqn(`${AREA} >> Temperature`);
  // Logged in before, so that only the samples count.
  expect((await snapshot([one])).status).toBe('ok');
  await control('plant-a').clearRequests();
  // The server holds the first calls until both requests have come to the driver.
  await control('plant-a').fail({ kind: 'hang', operation: 'get_sample' });
  const before = await arrived();
  const many = snapshot(tags);
  await expect.poll(() => seen('plant-a', 'get_sample')).toBe(CONCURRENCY);
  const few = snapshot([one]);
  await expect.poll(arrived).toBeGreaterThanOrEqual(before + 2);
  await control('plant-a').heal();
  expect(await Promise.race([many, few])).toMatchObject({ status: 'ok', items: [{ fqn: one }] });
  const answers = await Promise.all([many, few]);
  expect(answers.map(({ status, items }) => [status, items.length])).toEqual([
    ['ok', TAGS],
    ['ok', 1],
  ]);
  // Its answer is one call: what the server saw before it is what it waited for, a few rounds of eight calls.
  expect(answers[1].meta.sourceRequests).toBe(1);
  const paths = (await calls('plant-a', 'get_sample')).map(({ path }) => path);
  expect(paths).toHaveLength(TAGS + 1);
  const place = paths.findIndex((path) => path.includes(one.split('/').at(-1) ?? ''));
  expect(place).toBeGreaterThan(-1);
  expect(place).toBeLessThanOrEqual(4 * CONCURRENCY);
});

describe('a server that hangs', () => {
  const onA = tags.slice(0, 20);
  const onB = ['Temperature', 'Compressor Power', 'Wet Bulb'].map((name) => fqn(`${AREA} >> ${name}`, 'plant-b'));
  const manyOnB = Array.from({ length: 20 }, (_, n) => onB[n % onB.length] ?? '');

  it('costs only its own items, ends at the budget, and leaves no call open', async () => {
    expect((await snapshot([...onA, ...onB])).status).toBe('ok');
    await control('plant-b').clearRequests();
    await control('plant-b').fail({ kind: 'hang' });
    const mixed = snapshot([...manyOnB, ...onA], 3000);
    await expect.poll(() => seen('plant-b', 'get_sample')).toBeGreaterThan(0);
    // While it hangs the other server is as quick as ever: this answer comes first.
    expect(await Promise.race([mixed, snapshot(onA)])).toMatchObject({ status: 'ok', items: { length: onA.length } });
    const answer = await mixed;
    expect(answer.status).toBe('partial');
    expect(failures(answer)).toEqual({ none: onA.length, timeout: manyOnB.length });
    for (const item of answer.items as { fqn: string; error?: object }[]) {
      expect([item.fqn, item.error !== undefined]).toEqual([item.fqn, item.fqn.startsWith('seeq:plant-b/')]);
    }
    // Each connection of a call that hung was closed by the driver: the request ended without an answer.
    const open = async () => (await control('plant-b').requests()).filter(({ ended }) => !ended);
    await expect.poll(open).toEqual([]);
    const hung = await calls('plant-b', 'get_sample');
    expect(hung.length).toBeLessThanOrEqual(CONCURRENCY);
    expect(hung.every(({ complete }) => !complete)).toBe(true);
  });

  it('is read again when it is well, with all its places', async () => {
    await expect.poll(async () => failures(await snapshot(manyOnB))).toEqual({ none: 20 });
  });
});

it('a full queue answers "overloaded" at once, and says when to ask again', async () => {
  await snapshot(tags.slice(0, 1));
  await control('plant-a').clearRequests();
  await control('plant-a').fail({ kind: 'hang', operation: 'get_sample' });
  const first = snapshot(tags.slice(0, AT_ONCE));
  await expect.poll(() => seen('plant-a', 'get_sample')).toBe(CONCURRENCY);
  const second = snapshot(tags.slice(AT_ONCE, 2 * AT_ONCE));
  const third = await snapshot(tags.slice(2 * AT_ONCE, 2 * AT_ONCE + 5));
  expect(third).toMatchObject({
    status: 'error',
    error: { code: 'overloaded', retryable: true, details: { retryAfterMs: expect.any(Number) as number } },
  });
  // Another server has a queue of its own.
  expect((await snapshot([fqn(`${AREA} >> Temperature`, 'plant-b')])).status).toBe('ok');
  await control('plant-a').heal();
  expect((await first).status).toBe('ok');
  const answer = await second;
  // One caller gets three quarters of the queue; the rest is kept for others.
  const tooMany = 2 * AT_ONCE - CONCURRENCY - (QUEUE * 3) / 4;
  expect(failures(answer)).toEqual({ none: AT_ONCE - tooMany, overloaded: tooMany });
  const [refused] = answer.items.flatMap((item) => failed.safeParse(item).data ?? []);
  expect(refused?.error.details).toMatchObject({ retryAfterMs: expect.any(Number) as number });
});

it('a hundred identical plots at once are one call to the server', async () => {
  const params = { items: [fqn(`${AREA} >> Temperature`)], start: '2026-01-01', end: '2026-01-02', count: 100 };
  const plot = () => cluster.ask({ function: 'plotted', timeoutMs: 120_000, params });
  const alone = await plot();
  await control('plant-a').clearRequests();
  // The server holds whatever comes until all hundred requests have come to the driver.
  await control('plant-a').fail({ kind: 'hang' });
  const before = await arrived();
  const answers = Array.from({ length: 100 }, plot);
  await expect.poll(arrived).toBeGreaterThanOrEqual(before + 100);
  await expect.poll(async () => (await control('plant-a').requests()).length).toBeGreaterThan(0);
  await control('plant-a').heal();
  for (const { status, items } of await Promise.all(answers))
    expect({ status, items }).toEqual({ status: 'ok', items: alone.items });
  const operations = (await control('plant-a').requests()).map(({ operation }) => operation);
  expect(operations.filter((operation) => operation === 'get_samples')).toHaveLength(1);
  expect(new Set(operations).size).toBe(operations.length);
});

/** Requests that the driver has taken, as it tells itself. */
async function arrived(): Promise<number> {
  const stats = await cluster.connection.request('$SRV.STATS.iota-seeqdrv', '', { timeout: 30_000 });
  return stats.json<{ endpoints: { num_requests: number }[] }>().endpoints[0]?.num_requests ?? 0;
}
