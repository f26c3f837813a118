/** Cases that are attested of real servers, as callers see them: through the driver, over the bus. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Answer } from '../../src/client/answer.ts';
import type { ParamsFor } from '../../src/client/functions.ts';
import type { SeriesChunk } from '../../src/contract/series.ts';
import { plantItemId } from '../../simulators/seeq/plant/plant.ts';
import { type Cluster, startCluster } from '../support/cluster.ts';
import { plainSeeq } from '../support/plain-seeq.ts';
import { WAIT_MS } from '../support/waiting.ts';

const MEDIA_TYPE = 'application/vnd.seeq.v1+json';
const PAGE = 1000;

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ settings: { limits: { pageSamples: PAGE } } });
});
afterEach(async () => {
  // Whatever was asked for: the vendor's media type alone, and no call without it.
  for (const { path, headers, status } of await control().requests()) {
    expect([path, headers.accept, headers['content-type'] ?? MEDIA_TYPE]).toEqual([path, MEDIA_TYPE, MEDIA_TYPE]);
    expect([406, 415]).not.toContain(status);
  }
});
afterAll(() => cluster.stop());

const control = () => cluster.plants['plant-a']?.control ?? expect.fail('no plant');
const id = (path: string) => plantItemId('plant-a', `Special Cases >> ${path}`);
const signal = (name: string) => `seeq:plant-a/signal/${id(`Signals >> ${name}`)}`;
const condition = (name: string) => `seeq:plant-a/condition/${id(`Conditions >> ${name}`)}`;
const scalar = (name: string) => `seeq:plant-a/scalar/${id(`Scalars >> ${name}`)}`;

const ask = (name: string, params: Record<string, unknown>): Promise<Answer> => cluster.ask({ function: name, params });
/** The one series of an answer. */
async function series(params: ParamsFor<'discrete'>): Promise<SeriesChunk & Pick<Answer, 'meta'>> {
  const { status, items, meta } = await cluster.client.discrete(params);
  expect(status).toBe('ok');
  const [joined, ...others] = items;
  expect(others).toEqual([]);
  return { ...(joined as SeriesChunk), meta };
}

describe('samples', () => {
  const items = [signal('Three Samples')];
  const window = { items, start: '2020-01-01T00:00:50Z', end: '2020-01-01T00:01:50Z' };

  it('1: at 0, 1 and 2 min, with the window [0:50, 1:50]: one inside, all three with those outside', async () => {
    const inside = await series(window);
    expect([inside.times, inside.values]).toEqual([['2020-01-01T00:01:00Z'], [2]]);
    const outside = await series({ ...window, boundary: 'outside' });
    expect(outside.times).toEqual(['2020-01-01T00:00:00Z', '2020-01-01T00:01:00Z', '2020-01-01T00:02:00Z']);
    expect(outside.values).toEqual([1, 2, 3]);
    const interpolated = await series({ ...window, boundary: 'interpolated' });
    expect(interpolated.times).toEqual(['2020-01-01T00:00:50Z', '2020-01-01T00:01:00Z', '2020-01-01T00:01:50Z']);
    expect(interpolated.values.map((value) => Number(value).toFixed(6))).toEqual(['1.833333', '2.000000', '2.833333']);
  });

  it('2: one sample at 2020-04-05 in a window of three days is exactly one', async () => {
    const one = await series({ items: [signal('One Sample')], start: '2020-04-04', end: '2020-04-07' });
    expect([one.times, one.values, one.flags]).toEqual([['2020-04-05T00:00:00Z'], [1], undefined]);
  });

  it('3 and 8: more than a page comes whole by continuation; a limit of 10000 gives exactly those and a cursor', async () => {
    const params = { items: [signal('Fast')], start: '2026-01-01T00:00:00Z', end: '2026-01-01T03:00:00Z' };
    await control().clearRequests();
    const whole = await series(params);
    expect(whole.times).toHaveLength(10_801);
    const calls = (await control().requests()).filter(({ operation }) => operation === 'get_samples');
    const tokens = calls.map(({ query }) => new URLSearchParams(query).get('continuationToken') ?? '');
    expect(tokens).toHaveLength(11);
    expect([tokens[0], tokens.slice(1).includes('')]).toEqual(['', false]);

    const first = await series({ ...params, limit: 10_000 });
    expect([first.times.length, first.truncated, first.meta.truncated]).toEqual([10_000, true, true]);
    const rest = await series({ ...params, limit: 10_000, cursor: first.meta.cursor });
    expect([rest.meta.cursor, rest.truncated]).toEqual([undefined, undefined]);
    expect([...first.times, ...rest.times]).toEqual(whole.times);
    expect([...first.values, ...rest.values]).toEqual(whole.values);
  });

  it.each(['Bad and Uncertain', 'Bad Text'])('6: %s: a sample without value is Bad Data at its time', async (name) => {
    const bad = await series({ items: [signal(name)], start: '2026-01-01T00:00:00Z', end: '2026-01-01T01:00:00Z' });
    expect(bad.times).toHaveLength(61);
    const flagged = (bad.flags ?? []).filter(([, , status]) => status === 'Bad Data');
    expect(flagged.length).toBeGreaterThan(0);
    const positions = flagged.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => from + n));
    expect(bad.values.flatMap((value, position) => (value === null ? [position] : []))).toEqual(positions);
  });

  it('7: ENUM{{1|ON}} is the value "ON" with state 1', async () => {
    const states = { OFF: 0, ON: 1, 'LOCAL | REMOTE': 2, Störung: -3 };
    const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-02T00:00:00Z' };
    const found = await series({ items: [signal('Enumeration')], ...range });
    expect(new Set(found.values)).toEqual(new Set(Object.keys(states)));
    expect(found.states).toEqual(found.values.map((value) => states[value as keyof typeof states]));
  });
});

it('6: an invalid scalar is Bad Data, and valid ones beside it are Good', async () => {
  const { status, items } = await ask('snapshot', { items: [scalar('Invalid'), scalar('Setpoint'), scalar('Site')] });
  expect(status).toBe('ok');
  expect((items as { index: number }[]).sort((a, b) => a.index - b.index)).toMatchObject([
    { value: null, status: 'Bad Data' },
    { value: 21.5, status: 'Good', unit: '°C' },
    { value: 'Malmö', status: 'Good' },
  ]);
});

describe('capsules', () => {
  /** All pages of a search, as arrays of its hits. */
  async function pages(params: Record<string, unknown>): Promise<Record<string, unknown>[][]> {
    const found: Record<string, unknown>[][] = [];
    let cursor: string | undefined;
    do {
      const { status, items, meta } = await ask('timeframesearch', { ...params, ...(cursor ? { cursor } : {}) });
      expect(status).toBe('ok');
      found.push(items as Record<string, unknown>[]);
      cursor = meta.cursor;
    } while (cursor !== undefined);
    return found;
  }

  it('4: 215 by 100 are three pages', async () => {
    const range = { start: '2019-12-31T00:00:00Z', end: '2020-12-31T00:00:00Z' };
    const found = await pages({ conditions: [condition('215 Capsules')], ...range, limit: 100 });
    expect(found.filter((page) => page.length > 0).map((page) => page.length)).toEqual([100, 100, 15]);
    const numbers = found.flat().map(({ attributes }) => (attributes as { Number: { value: number } }).Number.value);
    expect(numbers).toEqual(Array.from({ length: 215 }, (_, n) => n));
  });

  it('4: three equal starts by two, which the server itself cannot page, come whole and once', async () => {
    const range = { start: '2026-01-01T00:00:00Z', end: '2026-01-03T00:00:00Z' };
    const found = (await pages({ conditions: [condition('Equal Starts')], ...range, limit: 2 })).flat();
    const seen = found.map(({ start, attributes }) => [start, (attributes as { Rank: { value: number } }).Rank.value]);
    const wanted = ['2026-01-01T12:00:00Z', '2026-01-02T12:00:00Z'].flatMap((start) =>
      [1, 2, 3].map((n) => [start, n]),
    );
    expect(seen.sort()).toEqual(wanted);
  });

  it('5: without start, without end, or without both, say so by null', async () => {
    const range = { start: '2020-01-01T06:00:00Z', end: '2020-01-01T07:00:00Z' };
    const one = async (name: string) => (await pages({ conditions: [condition(name)], ...range })).flat();
    expect(await one('Always')).toMatchObject([{ start: null, end: null, durationMs: null, status: 'Good' }]);
    expect(await one('Open Start')).toMatchObject([{ start: null, end: '2020-01-02T00:00:00Z', durationMs: null }]);
    expect(await one('Open End')).toMatchObject([
      { start: '2020-01-01T00:00:00Z', end: null, durationMs: null, open: true },
    ]);
  });
});

describe('sessions', () => {
  const read = () => ask('snapshot', { items: [signal('Fast')], time: '2026-01-01' });
  const logins = async () => (await control().requests()).filter(({ path }) => path.endsWith('/auth/login')).length;

  it('9: outlive a second log-in of the same key', async () => {
    await read();
    await control().clearRequests();
    await plainSeeq(cluster.plants['plant-a']?.url ?? '');
    expect((await read()).status).toBe('ok');
    // The other caller's.
    expect(await logins()).toBe(1);
    await control().clearRequests();
  });

  it('9: that the server has forgotten are replaced within the request', async () => {
    await control().voidTokens();
    expect((await read()).status).toBe('ok');
    expect(await logins()).toBe(1);
  });

  it('9: that cannot be replaced are "unauthorized"', async () => {
    await control().set({ accessKeysExpired: true });
    await control().voidTokens();
    expect(await read()).toMatchObject({ status: 'error', error: { code: 'unauthorized' } });
    await control().set({ accessKeysExpired: false });
    // A log-in that was refused is tried again after five seconds at the earliest.
    await expect.poll(async () => (await read()).status, { timeout: 3 * WAIT_MS }).toBe('ok');
  });
});

describe('11: an id that is no GUID', () => {
  it.each(['signal', 'scalar', 'asset', 'condition'])(
    'of kind %s fails alone, by a fault of the caller',
    async (kind) => {
      const items = [`seeq:plant-a/${kind}/BAD!`, scalar('Setpoint')];
      const { status, items: found } = await ask('describe', { items });
      expect(status).toBe('partial');
      expect((found as { index: number }[]).sort((a, b) => a.index - b.index)).toMatchObject([
        {
          fqn: items[0],
          error: { code: expect.stringMatching(/^(badRequest|notFound)$/) as string, retryable: false },
        },
        { name: 'Setpoint' },
      ]);
    },
  );

  it('does not harm the functions that read', async () => {
    const items = ['seeq:plant-a/signal/BAD!'];
    const range = { start: '2026-01-01', end: '2026-01-02' };
    for (const [name, params] of [
      ['snapshot', { items }],
      ['discrete', { items, ...range }],
      ['plotted', { items, ...range }],
      ['timeframesearch', { conditions: ['seeq:plant-a/condition/BAD!'], ...range }],
    ] as const) {
      const { error } = await ask(name, params);
      expect([name, error?.code]).toEqual([name, expect.stringMatching(/^(badRequest|notFound)$/)]);
    }
  });
});
