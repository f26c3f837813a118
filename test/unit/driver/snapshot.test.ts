/** `snapshot` and what all functions on items share: each item alone, each server by itself, fair and counted. */
import { afterEach, describe, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import { formatInstant } from '../../../src/contract/time/instant.ts';
import { fqn, latch, source, testDriver, violations } from '../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const point = { value: 1, time: null, status: 'Good' as const };

it('answers each item with its place in the request, or with its own error', async () => {
  const plant = source('a', {
    snapshot: async ({ id }) => {
      if (id === 'bad') throw new DriverError('notFound', 'no such item', { details: { id } });
      return { value: 'ON', state: 1, time: '2026-03-14T00:00:00Z', status: 'Good' };
    },
  });
  const items = [
    fqn('a', 'signal', 'x'),
    fqn('a', 'signal', 'bad'),
    'nonsense',
    fqn('z', 'signal', 'x'),
    fqn('a', 'signal', 'x'),
  ];
  const answer = await testDriver([plant]).ask('snapshot', { items });
  expect(answer.status).toBe('partial');
  const byIndex = [...answer.items].sort((a, b) => Number(a.index) - Number(b.index));
  const good = { value: 'ON', state: 1, time: '2026-03-14T00:00:00Z', status: 'Good' };
  expect(byIndex).toEqual([
    { index: 0, fqn: items[0], ...good },
    {
      index: 1,
      fqn: items[1],
      error: { code: 'notFound', message: 'no such item', retryable: false, details: { id: 'bad' } },
    },
    { index: 2, fqn: 'nonsense', error: expect.objectContaining({ code: 'badRequest' }) as unknown },
    { index: 3, fqn: items[3], error: expect.objectContaining({ code: 'unknownHost' }) as unknown },
    { index: 4, fqn: items[4], ...good },
  ]);
});

describe('the status', () => {
  const half = source('a', {
    snapshot: ({ id }) => (id === 'x' ? Promise.resolve(point) : Promise.reject(new DriverError('forbidden', 'no'))),
  });
  it.each([
    [['x', 'x'], 'ok', undefined],
    [['x', 'y'], 'partial', undefined],
    [['y', 'y'], 'error', 'forbidden'],
  ])('of %j is %s', async (ids, status, code) => {
    const answer = await testDriver([half]).ask('snapshot', { items: ids.map((id) => fqn('a', 'signal', id)) });
    expect([answer.status, answer.error?.code]).toEqual([status, code]);
    expect(answer.items).toHaveLength(2);
  });
});

it('reads all items at the same instant, counts calls and names the servers asked', async () => {
  const times: string[] = [];
  const plant = source('a', {
    snapshot: (_fqn, time, call) =>
      call.run(async () => {
        times.push(formatInstant(time));
        return point;
      }),
  });
  const { meta } = await testDriver([plant, source('b')]).ask('snapshot', {
    items: Array<string>(3).fill(fqn('a', 'signal', 'x')),
    time: 't+6h',
  });
  expect(times).toEqual(Array(3).fill('2026-03-15T06:00:00Z'));
  expect(meta).toMatchObject({ sourceRequests: 3, hosts: ['a'] });
  expect(meta.sourceMs).toBeGreaterThanOrEqual(0);
  expect(meta.elapsedMs).toBeGreaterThanOrEqual(0);
});

it('a slow server holds up only its own items', async () => {
  const { opened, open } = latch();
  const slow = source('slow', { snapshot: () => opened.then(() => point) });
  let fast = 0;
  const quick = source('fast', {
    snapshot: async () => {
      if (++fast === 100) open();
      return point;
    },
  });
  const items = Array.from({ length: 200 }, (_unused, n) => fqn(n % 2 === 0 ? 'slow' : 'fast', 'signal', 'x'));
  expect(await testDriver([slow, quick]).ask('snapshot', { items })).toMatchObject({ status: 'ok' });
});

it('a request of thousands of items does not make one of a single item wait for all of them', async () => {
  const order: string[] = [];
  const plant = source('a', {
    snapshot: ({ id }, _time, call) =>
      call.run(async () => {
        order.push(id);
        await new Promise((resolve) => setImmediate(resolve));
        return point;
      }),
  });
  const { ask } = testDriver([plant], { concurrency: 1 });
  const big = ask('snapshot', { items: Array<string>(1000).fill(fqn('a', 'signal', 'big')) });
  await new Promise((resolve) => setImmediate(resolve));
  await ask('snapshot', { items: [fqn('a', 'signal', 'single')] });
  expect(order.indexOf('single')).toBeLessThan(10);
  expect((await big).items).toHaveLength(1000);
});

it('a slow receiver slows the source down', async () => {
  let [given, taken] = [0, 0];
  let most = 0;
  const plant = source('a', {
    snapshot: async () => {
      most = Math.max(most, ++given - taken);
      return point;
    },
  });
  const room = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    taken++;
  };
  const { ask } = testDriver([plant], { room });
  expect((await ask('snapshot', { items: Array<string>(2000).fill(fqn('a', 'signal', 'x')) })).items).toHaveLength(
    2000,
  );
  expect(most).toBeLessThanOrEqual(64);
});

it('thousands of refused items let other work of the process run between them', async () => {
  const { ask } = testDriver([source('plant-a')]);
  let ended = false;
  const answer = ask('snapshot', { items: new Array<string>(5000).fill('a') }).finally(() => {
    ended = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);
  expect((await answer).items).toHaveLength(5000);
});

it('version reports the driver and its servers', async () => {
  const { ask } = testDriver([
    source('a'),
    source('b', { probe: async () => ({ state: 'down', version: null, latencyMs: null, message: 'gone' }) }),
  ]);
  expect((await ask('version')).items).toEqual([
    {
      driver: 'iota-seeqdrv',
      version: '1.2.3',
      type: 'seeq',
      contract: 1,
      instance: 'test-1',
      started: '2026-03-15T12:00:00Z',
      hosts: [
        { name: 'a', version: '66.1' },
        { name: 'b', version: null },
      ],
    },
  ]);
  expect((await ask('hosts', {}, { host: 'b' })).items).toMatchObject([{ name: 'b', state: 'down', message: 'gone' }]);
});
