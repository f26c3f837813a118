/** Callers over the real bus: a wall of panels that asks all at once, and callers that go away while they are served. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { plantItemId } from '../../simulators/seeq/plant/plant.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';

const PANELS = 300;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({
    plants: { 'plant-a': { extraTags: PANELS } },
    server: { requestTimeoutMs: 600_000 },
    config: { debug: 3 },
  });
});
afterEach(async () => {
  await control().heal();
});
afterAll(() => cluster.stop());

const control = () => cluster.plants['plant-a']?.control ?? expect.fail('no plant');
const kinds = ['FI', 'TI', 'PI', 'LI'];
const tag = (n: number) =>
  `seeq:plant-a/signal/${plantItemId('plant-a', `U000_${kinds[n % 4] ?? ''}_${String(n).padStart(6, '0')}.PV`)}`;
const panel = (n: number) => ({ items: [tag(n)], start: '2026-01-01', end: '2026-01-01T06:00Z' });
const open = async () => (await control().requests()).filter(({ ended }) => !ended).length;

describe('a wall of 300 panels that ask at once', () => {
  it('is answered, and another caller does not wait for it', async () => {
    const nc = await cluster.connect();
    try {
      // Before the many, so that its connection is there.
      const other = await cluster.connect();
      const ask = (from: typeof nc, request: object) =>
        from.request(REQUEST_TOPIC, JSON.stringify({ timeoutMs: 120_000, ...request }), { timeout: 130_000 });
      await control().set({ latencyMs: 20 });
      const order: string[] = [];
      const many = Array.from({ length: PANELS }, async (_unused, n) => {
        const { status, items } = (await ask(nc, { function: 'plotted', params: panel(n) })).json<Answer>();
        order.push('panel');
        return [status, items.length];
      });
      await expect.poll(open).toBeGreaterThan(0);
      const one = (await ask(other, { function: 'snapshot', params: { items: [tag(0)] } })).json<Answer>();
      order.push('other');
      expect(one).toMatchObject({ status: 'ok' });
      expect(await Promise.all(many)).toEqual(Array.from({ length: PANELS }, () => ['ok', 1]));
      // It had its turn long before the many were through.
      expect(order.indexOf('other')).toBeLessThan(PANELS - 50);
      await other.close();
    } finally {
      await control().set({ latencyMs: 0 });
      await nc.close();
    }
  });
});

interface Answer {
  status: string;
  items: object[];
}

describe('a caller that closes its connection', () => {
  it('ends its calls, where it takes messages without items', async () => {
    const nc = await cluster.connect();
    await control().fail({ kind: 'hang', operation: 'get_sample' });
    const inbox = nc.subscribe('answers.gone', { callback: () => undefined });
    const items = Array.from({ length: 100 }, (_unused, n) => tag(n));
    const request = { function: 'snapshot', id: 'gone', keepAlive: true, timeoutMs: 120_000, params: { items } };
    nc.publish(REQUEST_TOPIC, JSON.stringify(request), { reply: 'answers.gone' });
    await expect.poll(open).toBe(8);
    inbox.unsubscribe();
    await nc.close();
    await cancelledInLog('gone');
    await expect.poll(open).toBe(0);
    // Those that waited are not begun in their place.
    expect((await control().requests()).filter(({ operation }) => operation === 'get_sample').length).toBeLessThan(20);
  });

  it('ends a long answer when a part of it has no responders', async () => {
    const nc = await cluster.connect();
    await control().clearRequests();
    const received = Promise.withResolvers<undefined>();
    nc.subscribe('answers.long', {
      callback: () => {
        received.resolve(undefined);
      },
    });
    const long = { items: [`seeq:plant-a/signal/${plantItemId('plant-a', 'Special Cases >> Signals >> Fast')}`] };
    const range = { start: '2026-01-01', end: '2026-01-11' };
    const request = { function: 'discrete', id: 'long', timeoutMs: 120_000, params: { ...long, ...range } };
    await control().fail({ kind: 'latency', ms: 300, operation: 'get_samples' });
    nc.publish(REQUEST_TOPIC, JSON.stringify(request), { reply: 'answers.long' });
    await received.promise;
    await nc.close();
    await cancelledInLog('long');
    const pages = (await control().requests()).filter(({ operation }) => operation === 'get_samples').length;
    expect(pages).toBeLessThan(80);
  });
});

/** The driver's own note that the request ended because its caller is gone. */
const cancelledInLog = (id: string) =>
  cluster.driver.line((line) => line.id === id && line.msg === 'request answered' && line.status === 'cancelled');
