/** `timeframesearch`: the timeframes of several conditions as one ordered list, page by page, and tests on them. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import { compareUtc, formatInstant } from '../../../src/contract/time/instant.ts';
import type { Timeframe } from '../../../src/sources/source.ts';
import { allPages, fqn, source, testDriver, violations, type WholeSource } from '../../support/driver.ts';
import { propertyRuns } from '../../support/property-runs.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const HOUR = 3_600_000_000_000n;
const START = 1_773_446_400_000_000_000n;
const at = (hours: number) => formatInstant(START + BigInt(hours) * HOUR);
const RANGE = { start: at(0), end: at(100) };

/** Gives the timeframes of a condition that overlap the range, in order, in small runs. */
function calendar(
  name: string,
  conditions: Record<string, Timeframe[]>,
  methods: Partial<WholeSource> = {},
): WholeSource {
  const ids = Object.keys(conditions);
  return source(name, {
    search: async ({ offset, limit }) => ({
      found: ids
        .slice(offset, offset + limit)
        .map((id) => ({ id, name: `Condition ${id}`, path: [], hasChildren: false })),
      total: ids.length,
      more: offset + limit < ids.length,
    }),
    properties: async (id) => {
      if (!(id in conditions)) throw new DriverError('notFound', `no ${id}`);
      return { name: `Condition ${id}`, properties: [] };
    },
    async *timeframes(id, { start, end }, { order }) {
      const [from, to] = [formatInstant(start), formatInstant(end)];
      const all = (conditions[id] ?? [])
        .filter(
          ({ start: a, end: b }) =>
            (b === undefined || compareUtc(b, from) >= 0) && (a === undefined || compareUtc(a, to) <= 0),
        )
        .sort((a, b) => ((a.start ?? '') < (b.start ?? '') ? -1 : (a.start ?? '') > (b.start ?? '') ? 1 : 0));
      if (order === 'desc') all.reverse();
      for (let n = 0; n < all.length; n += 4) yield all.slice(n, n + 4);
    },
    ...methods,
  });
}

const timeframe = (
  id: string,
  start: number | undefined,
  end: number | undefined,
  attributes: Timeframe['attributes'] = {},
): Timeframe => ({
  id,
  start: start === undefined ? undefined : at(start),
  end: end === undefined ? undefined : at(end),
  uncertain: end === undefined,
  attributes,
});

/** Few different starts, so that many are equal; some open at an end. */
const timeframes = fc
  .array(fc.tuple(fc.option(fc.nat(6), { nil: undefined }), fc.option(fc.nat(5), { nil: undefined })), {
    maxLength: 20,
  })
  .map((list) =>
    list.map(([start, length], n) =>
      timeframe(`t${n}`, start, length === undefined ? undefined : (start ?? 1) + length),
    ),
  );

const condition = fc.array(timeframes, { minLength: 1, maxLength: 3 });

describe.each(['asc', 'desc'] as const)('all pages together, %s', (order) => {
  it('hold every timeframe exactly once and in order, also where starts are equal', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(condition, { minLength: 1, maxLength: 2 }),
        fc.integer({ min: 1, max: 8 }),
        async (servers, limit) => {
          // The servers are copies: the same ids on each.
          const sources = servers.map((lists, n) =>
            calendar(`plant-${n}`, Object.fromEntries(lists.map((list, c) => [`c${c}`, list]))),
          );
          const { ask } = testDriver(sources);
          const pages = await allPages((cursor) =>
            ask('timeframesearch', { ...RANGE, order, limit, ...(cursor === undefined ? {} : { cursor }) }),
          );
          const items = pages.flatMap((page) => page.items);
          const expected = servers.flatMap((lists, n) =>
            lists.flatMap((list, c) => list.map(({ id }) => `${fqn(`plant-${n}`, 'capsule', `c${c}`)}/${id}`)),
          );
          expect(items.map((item) => item.fqn as string).sort()).toEqual(expected.sort());
          const starts = items.map((item) => (item.start as string | null) ?? '');
          const sorted = [...starts].sort();
          expect(starts).toEqual(order === 'asc' ? sorted : sorted.reverse());
          for (const page of pages) {
            expect(page.status).toBe('ok');
            expect(page.items.length).toBeLessThanOrEqual(limit);
          }
        },
      ),
      { numRuns: propertyRuns(100) },
    );
  });
});

/** Collects all garbage, so that memory can be told. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

const one = (list: Timeframe[]) => testDriver([calendar('a', { c: list })]);

describe('a timeframe', () => {
  it('has its times, duration, state and attributes', async () => {
    const { items } = await one([
      timeframe('x', 1, 3, { Yield: { value: 91.5, unit: '%' } }),
      timeframe('y', 2, undefined),
      timeframe('z', undefined, 4),
    ]).ask('timeframesearch', RANGE);
    const named = { condition: fqn('a', 'condition', 'c'), name: 'Condition c' };
    expect(items).toEqual([
      {
        ...named,
        fqn: 'seeq:a/capsule/c/z',
        start: null,
        end: at(4),
        durationMs: null,
        open: false,
        status: 'Good',
        attributes: {},
      },
      {
        ...named,
        fqn: 'seeq:a/capsule/c/x',
        start: at(1),
        end: at(3),
        durationMs: 7_200_000,
        open: false,
        status: 'Good',
        attributes: { Yield: { value: 91.5, unit: '%' } },
      },
      {
        ...named,
        fqn: 'seeq:a/capsule/c/y',
        start: at(2),
        end: null,
        durationMs: null,
        open: true,
        status: 'Questionable',
        attributes: {},
      },
    ]);
  });

  it('is left out where a server gives what does not overlap the range', async () => {
    const loose = calendar(
      'a',
      { c: [] },
      {
        async *timeframes() {
          yield [
            ...[timeframe('before', -5, -1), timeframe('touching', -2, 0), timeframe('short', 0, 0)],
            ...[timeframe('inside', 99, 100), timeframe('next', 100, 101), timeframe('after', 101, 102)],
          ];
        },
      },
    );
    const { items } = await testDriver([loose]).ask('timeframesearch', RANGE);
    expect(items.map(({ fqn: name }) => name)).toEqual(['seeq:a/capsule/c/short', 'seeq:a/capsule/c/inside']);
  });
});

describe('tests', () => {
  const list = [
    timeframe('citric', 1, 2, { Product: { value: 'Citric Acid' }, Yield: { value: 90 }, Ok: { value: true } }),
    timeframe('glucose', 3, 9, { Product: { value: 'Glucose' }, Yield: { value: 95 }, Ok: { value: false } }),
    timeframe('running', 10, undefined, { Product: { value: 'Glucose' }, Yield: { value: null } }),
  ];
  it.each([
    [{ where: [{ attribute: 'Product', equals: 'Glucose' }] }, ['glucose', 'running']],
    [{ where: [{ attribute: 'Product', equals: 'glucose' }] }, []],
    [{ where: [{ attribute: 'Product', notEquals: 'Glucose' }] }, ['citric']],
    [{ where: [{ attribute: 'Nothing', notEquals: 1 }] }, []],
    [{ where: [{ attribute: 'Yield', notEquals: 90 }] }, ['glucose']],
    [{ where: [{ attribute: 'Yield', notEquals: null }] }, ['citric', 'glucose']],
    [{ where: [{ attribute: 'constructor', notEquals: 1 }] }, []],
    [{ where: [{ attribute: 'Product', contains: 'ACID' }] }, ['citric']],
    [{ where: [{ attribute: 'Nothing', contains: '' }] }, []],
    [{ where: [{ attribute: 'Nothing', contains: 'x' }] }, []],
    [{ where: [{ attribute: 'Ok', equals: true }] }, ['citric']],
    [{ where: [{ attribute: 'Yield', equals: null }] }, ['running']],
    [{ where: [{ attribute: 'Nothing', equals: null }] }, ['citric', 'glucose', 'running']],
    [{ where: [{ attribute: 'Yield', above: 90 }] }, ['glucose']],
    [{ where: [{ attribute: 'Yield', below: 95 }] }, ['citric']],
    [{ where: [{ attribute: 'Product', above: 1 }] }, []],
    [
      {
        where: [
          { attribute: 'Product', equals: 'Glucose' },
          { attribute: 'Yield', above: 1 },
        ],
      },
      ['glucose'],
    ],
    [{ open: true }, ['running']],
    [{ open: false }, ['citric', 'glucose']],
    [{ minDurationMs: 3_600_001 }, ['glucose', 'running']],
    [{ minDurationMs: 21_600_000, open: false }, ['glucose']],
  ])('%j', async (params, ids) => {
    const { items, status } = await one(list).ask('timeframesearch', { ...RANGE, ...params });
    expect(status).toBe('ok');
    expect(items.map(({ fqn: name }) => (name as string).split('/').at(-1))).toEqual(ids);
  });

  it.each([[{ attribute: 'x' }], [{ attribute: 'x', equals: 1, above: 1 }], [{ attribute: 'x', near: 1 }]])(
    '%j is refused',
    async (test) => {
      expect((await one([]).ask('timeframesearch', { ...RANGE, where: [test] })).error).toMatchObject({
        code: 'badRequest',
      });
    },
  );
});

describe('conditions', () => {
  const named = [timeframe('x', 1, 2)];

  it('that are named are read once each, those that fail are reported alone', async () => {
    const { ask } = testDriver([calendar('a', { c: named, d: named })]);
    const conditions = [
      fqn('a', 'condition', 'c'),
      fqn('a', 'condition', 'c'),
      fqn('a', 'condition', 'gone'),
      fqn('a', 'signal', 's'),
      'nonsense',
    ];
    const { items, status } = await ask('timeframesearch', { ...RANGE, conditions });
    expect(status).toBe('partial');
    expect(items.filter(({ error }) => error === undefined)).toHaveLength(1);
    expect(
      items
        .filter(({ error }) => error !== undefined)
        .map(({ index, fqn: name, error }) => [index, name, (error as { code: string }).code]),
    ).toEqual(
      expect.arrayContaining([
        [2, conditions[2], 'notFound'],
        [3, conditions[3], 'badRequest'],
        [4, 'nonsense', 'badRequest'],
      ]) as unknown,
    );
  });

  it.each([
    [{ conditions: [fqn('a', 'condition', 'c')], query: 'Shift*' }, 'Parameter "conditions" names the conditions'],
    [{ conditions: [fqn('a', 'condition', 'c')], asset: fqn('a', 'asset', 'x') }, 'Parameter "conditions" names'],
    [{ definitions: true, open: true }, 'Parameter "definitions" finds conditions'],
    [{ definitions: true, where: [{ attribute: 'x', equals: 1 }] }, 'Parameter "definitions" finds conditions'],
  ])('are not both named and searched for, or searched for and their timeframes tested: %j', async (params, text) => {
    const { error } = await testDriver([calendar('a', { c: named })]).ask('timeframesearch', { ...RANGE, ...params });
    expect(error?.message).toContain(text);
  });

  it('are tested in turns, and a long attribute is made ready once for all tests of it', async () => {
    const text = 'Ärger mit Pumpe Ω '.repeat(10_000);
    const long = Array.from({ length: 40 }, (_unused, n) => timeframe(`t${n}`, n, n + 1, { text: { value: text } }));
    const { ask } = testDriver([
      calendar(
        'a',
        { c: [] },
        {
          async *timeframes() {
            yield long;
          },
        },
      ),
    ]);
    const where = Array.from({ length: 50 }, () => ({ attribute: 'text', contains: 'PUMPE ω ä' }));
    let turns = 0;
    const timer = setInterval(() => turns++, 0);
    const { items } = await ask('timeframesearch', { ...RANGE, where });
    clearInterval(timer);
    expect(items).toHaveLength(40);
    expect(turns).toBeGreaterThan(5);
  });

  it('of which many have many timeframes take the memory of one page', async () => {
    const text = (n: number) => Buffer.alloc(10_000, `${n} `).toString('latin1');
    const gc = garbageCollector();
    let [most, read] = [0, 0];
    const crowd = Object.fromEntries(Array.from({ length: 50 }, (_unused, n) => [`c${n}`, []]));
    const one = calendar('a', crowd, {
      async *timeframes(id) {
        for (let n = 0; n < 200; n++) {
          yield [timeframe(`t${n}`, 50, 100, { id: { value: id }, text: { value: text(n) } })];
          if (++read % 1000 !== 0) continue;
          gc();
          most = Math.max(most, process.memoryUsage().heapUsed);
        }
      },
    });
    const { ask } = testDriver([one], { concurrency: 1 });
    gc();
    const before = process.memoryUsage().heapUsed;
    const { items, meta } = await ask('timeframesearch', { ...RANGE, limit: 200 });
    expect([items.length, read, meta.truncated]).toEqual([200, 10_000, true]);
    expect(new Set(items.map(({ condition }) => condition))).toEqual(new Set([fqn('a', 'condition', 'c0')]));
    // All of them together are 100 MB.
    expect(most - before).toBeLessThan(30_000_000);
  });

  it('of which too many match are refused with advice', async () => {
    const crowd = Object.fromEntries(Array.from({ length: 201 }, (_unused, n) => [`c${n}`, named]));
    const { items } = await testDriver([calendar('a', crowd), calendar('b', { c: named })]).ask(
      'timeframesearch',
      RANGE,
    );
    expect(items).toMatchObject([
      { host: 'a', error: { code: 'tooLarge', details: { limit: 200 } } },
      { fqn: 'seeq:b/capsule/c/x' },
    ]);
  });

  it('that are found and cannot be read, none of them, are an error of the whole request', async () => {
    const broken = calendar(
      'a',
      { c: named, d: named },
      {
        // eslint-disable-next-line require-yield -- it fails before its first page
        async *timeframes() {
          throw new DriverError('sourceError', 'broken');
        },
      },
    );
    expect(await testDriver([broken]).ask('timeframesearch', RANGE)).toMatchObject({
      status: 'error',
      error: { code: 'sourceError', message: 'broken' },
      items: [{ fqn: 'seeq:a/condition/c' }, { fqn: 'seeq:a/condition/d' }],
    });
    // Another server that has none has answered.
    const both = await testDriver([broken, calendar('b', {})]).ask('timeframesearch', RANGE);
    expect(both.status).toBe('partial');
    const none = await testDriver([calendar('b', {})]).ask('timeframesearch', RANGE);
    expect(none.status).toBe('ok');
  });

  it('of a server that fails leave those of the others', async () => {
    const down = calendar(
      'b',
      { c: named },
      { search: () => Promise.reject(new DriverError('sourceUnavailable', 'down')) },
    );
    const broken = calendar(
      'c',
      { c: named },
      {
        // eslint-disable-next-line require-yield -- it fails before its first page
        async *timeframes() {
          throw new DriverError('sourceError', 'broken');
        },
      },
    );
    const { items, status } = await testDriver([calendar('a', { c: named }), down, broken]).ask(
      'timeframesearch',
      RANGE,
    );
    expect(status).toBe('partial');
    expect(items).toMatchObject([
      { host: 'b', error: { message: 'down' } },
      { fqn: 'seeq:c/condition/c', error: { message: 'broken' } },
      { fqn: 'seeq:a/capsule/c/x' },
    ]);
  });
});

it('a cursor keeps the range of the first page and belongs to its question', async () => {
  const { ask } = one([timeframe('x', 1, 2), timeframe('y', 3, 4)]);
  const relative = { start: '*-2d', end: '*', limit: 1 };
  const { cursor = '' } = (await ask('timeframesearch', relative)).meta;
  expect((await ask('timeframesearch', { ...relative, cursor })).items).toMatchObject([{ fqn: 'seeq:a/capsule/c/y' }]);
  for (const change of [{ order: 'desc' }, { start: '*-1d' }, { where: [{ attribute: 'x', equals: 1 }] }]) {
    expect((await ask('timeframesearch', { ...relative, cursor, ...change })).error).toMatchObject({
      code: 'badRequest',
    });
  }
  const { v, q, p } = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as { v: number; q: string; p: object };
  const forged = Buffer.from(JSON.stringify({ v, q, p: { ...p, repeats: 1e9 } })).toString('base64url');
  for (const wrong of ['garbage', forged]) {
    expect((await ask('timeframesearch', { ...relative, cursor: wrong })).error).toMatchObject({ code: 'badRequest' });
  }
});
