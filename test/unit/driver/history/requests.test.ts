/** Requests for plotted, interpolated and aggregated series, of sources whose series are given. */
import { afterEach, describe, expect, it } from 'vitest';
import { joinSeries } from '../../../../src/client/answer.ts';
import { formatInstant, parseInstant } from '../../../../src/contract/time/instant.ts';
import { DriverError } from '../../../../src/contract/errors.ts';
import { halveSeries, type SeriesChunk } from '../../../../src/contract/series.ts';
import type { SamplePage, SeriesShape } from '../../../../src/sources/source.ts';
import { fqn, source, testDriver, violations, type WholeSource } from '../../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const FROM = '2026-03-15T08:00:00Z';
const TO = '2026-03-15T10:00:00Z';
const RANGE = { start: FROM, end: TO };
const SECOND = 1_000_000_000n;
const item = fqn('a', 'signal', 's');

const second = (n: number): string => formatInstant((parseInstant(FROM) ?? 0n) + BigInt(n) * SECOND);

/** One sample a second from the start on. */
function page(count: number, value: (n: number) => SamplePage['values'][number] = (n) => n): SamplePage {
  const numbers = Array.from({ length: count }, (_unused, n) => n);
  return { times: numbers.map(second), values: numbers.map(value), unit: 'm' };
}

function given(pages: SamplePage[], shape: Partial<SeriesShape> = {}, methods: Partial<WholeSource> = {}): WholeSource {
  return source('a', {
    shape: async (asked) => ({
      fqn: asked,
      interpolation: 'linear',
      maximumInterpolation: 60n * SECOND,
      valueType: 'number',
      ...shape,
    }),
    async *samples() {
      yield* pages;
    },
    ...methods,
  });
}

describe('plotted', () => {
  it('gives a short series as it is, with its gaps, and says how to draw it', async () => {
    const pages = [
      { times: [second(0), second(60), second(121)], values: [1, 'x', null], flags: [[2, 2, 'Bad Data']] },
    ];
    const { ask } = testDriver([given(pages as SamplePage[], { interpolation: 'step', unit: 'bar' })]);
    const { items, status } = await ask('plotted', { items: [item], ...RANGE });
    expect(status).toBe('ok');
    expect(items).toEqual([
      {
        index: 0,
        fqn: item,
        unit: 'bar',
        step: true,
        times: [second(0), second(60), second(121)],
        values: [1, 'x', null],
        flags: [[2, 2, 'Bad Data']],
        gaps: [[second(60), second(121)]],
      },
    ]);
  });

  it('gives a series without samples as an empty one', async () => {
    const { ask } = testDriver([given([])]);
    expect((await ask('plotted', { items: [item], ...RANGE })).items).toEqual([
      { index: 0, fqn: item, times: [], values: [] },
    ]);
  });

  it('reduces a long series, in pieces that join to one', async () => {
    const { ask } = testDriver([given([page(7200, (n) => (n === 4321 ? 1e6 : n % 7))])]);
    const { items } = await ask('plotted', { items: [item], ...RANGE });
    const [series] = joinSeries(items) as (SeriesChunk & { reducedBy?: string })[];
    expect(items.length).toBeGreaterThan(1);
    expect(series).toMatchObject({ index: 0, unit: 'm', reducedBy: 'driver' });
    expect(series).not.toHaveProperty('more');
    expect(series?.times.length).toBeLessThanOrEqual(5 * 640 + 2);
    expect(series?.values[series.times.indexOf(second(4321))]).toBe(1e6);
  });

  it('follows an attribute of an asset once', async () => {
    const read: string[] = [];
    const signal = { scheme: 'seeq', host: 'a', kind: 'signal', id: 'behind' } as const;
    const leading = given(
      [],
      { fqn: signal },
      {
        async *samples(asked) {
          read.push(asked.id);
          yield page(2);
        },
      },
    );
    const attribute = `${fqn('a', 'asset', 'x')}/attribute/Level`;
    const { items } = await testDriver([leading]).ask('plotted', { items: [attribute], ...RANGE });
    expect(read).toEqual(['behind']);
    expect(items).toMatchObject([{ fqn: attribute, values: [0, 1] }]);
  });

  it('fails alone where the shape or the samples cannot be read', async () => {
    const refused = new DriverError('forbidden', 'No.');
    const halfway = given(
      [],
      {},
      {
        shape: async (asked) => {
          if (asked.id === 'no-shape') throw refused;
          return { fqn: asked, interpolation: 'linear', maximumInterpolation: undefined, valueType: 'number' };
        },
        async *samples(asked) {
          yield page(3);
          if (asked.id === 'breaks') throw refused;
        },
      },
    );
    const items = ['no-shape', 'breaks', 's'].map((id) => fqn('a', 'signal', id));
    const answer = await testDriver([halfway]).ask('plotted', { items, ...RANGE });
    expect(answer.status).toBe('partial');
    const byIndex = [...answer.items].sort((a, b) => Number(a.index) - Number(b.index));
    expect(byIndex).toMatchObject([
      { index: 0, error: { code: 'forbidden' } },
      { index: 1, error: { code: 'forbidden' } },
      { index: 2, values: [0, 1, 2] },
    ]);
  });

  it.each([
    ['plotted', { count: 99_999 }, 'tooLarge'],
    ['plotted', { count: 0 }, 'badRequest'],
    ['plotted', { count: 5, interval: '1h' }, 'badRequest'],
    ['plotted', { intervals: 5 }, 'badRequest'],
    ['plotted', { start: TO, end: FROM }, 'badRequest'],
    ['plotted', { start: '1900-01-01T00:00:00Z' }, 'tooLarge'],
    ['interpolated', {}, 'badRequest'],
    ['interpolated', { intervalMs: 1000, count: 5 }, 'badRequest'],
    ['interpolated', { intervalMs: 0.0000001 }, 'badRequest'],
    ['interpolated', { intervalMs: 0.01 }, 'tooLarge'],
    ['interpolated', { count: 100_001 }, 'tooLarge'],
    ['aggregated', { intervalMs: 0 }, 'badRequest'],
    ['aggregated', { intervalMs: 60_000, methods: [] }, 'badRequest'],
    ['aggregated', { intervalMs: 60_000, methods: ['median'] }, 'badRequest'],
    ['aggregated', { intervalMs: 0.01 }, 'tooLarge'],
  ])('%s with %j is refused as %s', async (name, params, code) => {
    const { ask } = testDriver([given([page(3)])], { limits: { samplesPerItem: 100_000 } });
    const { error, items } = await ask(name, { items: [item], ...RANGE, ...params });
    expect([error?.code, items]).toEqual([code, []]);
  });
});

describe('interpolated', () => {
  it('gives both ends by count, and steps from the start by interval', async () => {
    const { ask } = testDriver([given([page(61), page(0)], { unit: 'm' })]);
    const byCount = await ask('interpolated', { items: [item], start: FROM, end: second(45), count: 4 });
    expect(byCount.items).toEqual([
      { index: 0, fqn: item, unit: 'm', times: [0, 15, 30, 45].map(second), values: [0, 15, 30, 45] },
    ]);
    const byInterval = await ask('interpolated', { items: [item], start: FROM, end: second(3), intervalMs: 1500 });
    expect(byInterval.items).toMatchObject([
      { values: [0, 1.5, 3], times: [FROM, '2026-03-15T08:00:01.500Z', second(3)] },
    ]);
  });

  it('streams many values of few samples', async () => {
    const { ask } = testDriver([given([page(2)])]);
    const { items } = await ask('interpolated', { items: [item], ...RANGE, count: 100_000 });
    const [series] = joinSeries(items) as SeriesChunk[];
    expect(items.length).toBeGreaterThan(10);
    expect([series?.times.length, series?.times.at(-1), series?.flags?.at(-1)?.[2]]).toEqual([100_000, TO, 'Bad Data']);
  });

  it('stops in the midst of a long series when the driver stops, and reports so', async () => {
    const stopping: { stop?: () => void } = {};
    const started = testDriver([given([page(2)])], {
      room: async () => {
        stopping.stop?.();
      },
    });
    stopping.stop = () => {
      started.driver.stop();
    };
    const { items, error } = await started.ask('interpolated', { items: [item], ...RANGE, count: 1_000_000 });
    expect(error?.code).toBe('sourceUnavailable');
    expect(items.length).toBeLessThan(5);
  });

  it('carries the numbers of an enumeration', async () => {
    const states = { times: [second(0), second(10)], values: ['ON', null], states: [1, null] };
    const shape = { interpolation: 'step', valueType: 'string' } as const;
    const { ask } = testDriver([given([states], shape)]);
    const { items } = await ask('interpolated', { items: [item], start: FROM, end: second(10), count: 3 });
    expect(items).toMatchObject([{ values: ['ON', 'ON', null], states: [1, 1, null] }]);
  });
});

describe('aggregated', () => {
  it('gives one series a method, each with its unit, in pieces that do not mix', async () => {
    const { ask } = testDriver([given([page(7201)], { unit: 'm' })]);
    const methods = ['average', 'count', 'total', 'first', 'percentGood', 'durationGood', 'maxTime', 'average'];
    const { items } = await ask('aggregated', { items: [item], ...RANGE, intervalMs: 1000, methods });
    const series = joinSeries(items) as (SeriesChunk & { method: string })[];
    expect(items.length).toBeGreaterThan(series.length);
    expect(series.map(({ method, unit, times }) => [method, unit, times.length])).toEqual([
      ['average', 'm', 7200],
      ['count', undefined, 7200],
      ['total', 'm·s', 7200],
      ['first', 'm', 7200],
      ['percentGood', '%', 7200],
      ['durationGood', 's', 7200],
      ['maxTime', undefined, 7200],
    ]);
    expect(series.map(({ values }) => values.slice(0, 3))).toEqual([
      [0.5, 1.5, 2.5],
      [1, 1, 1],
      [0.5, 1.5, 2.5],
      [0, 1, 2],
      [100, 100, 100],
      [1, 1, 1],
      [second(1), second(2), second(3)],
    ]);
    expect(series.flatMap(({ flags }) => flags ?? [])).toEqual([]);
  });

  it('takes the average where no method is named', async () => {
    const { ask } = testDriver([given([page(11)])]);
    const params = { items: [item], start: FROM, end: second(10), intervalMs: 7000 };
    expect((await ask('aggregated', params)).items).toEqual([
      { index: 0, fqn: item, method: 'average', basis: 'time', times: [FROM, second(7)], values: [3.5, 8.5] },
    ]);
  });

  it('reads whole intervals on the clock, and gives them the time that is asked for', async () => {
    const ranges: string[][] = [];
    const reading = given(
      [],
      {},
      {
        async *samples(_asked, { start, end }) {
          ranges.push([start, end].map(formatInstant));
          yield page(0);
        },
      },
    );
    const { ask } = testDriver([reading]);
    const params = { items: [item], start: '2026-03-15T08:10:00Z', end: '2026-03-15T09:20:00Z', interval: '1h' };
    const times = async (more: object): Promise<unknown> =>
      (await ask('aggregated', { ...params, ...more })).items[0]?.times;
    expect(await times({})).toEqual(['2026-03-15T08:00:00Z', '2026-03-15T09:00:00Z']);
    expect(ranges).toEqual([['2026-03-15T08:00:00Z', '2026-03-15T10:00:00Z']]);
    expect(await times({ stamp: 'middle' })).toEqual(['2026-03-15T08:30:00Z', '2026-03-15T09:30:00Z']);
    expect(await times({ stamp: 'end' })).toEqual(['2026-03-15T09:00:00Z', '2026-03-15T10:00:00Z']);
    expect(await times({ align: 'start' })).toEqual(['2026-03-15T08:10:00Z', '2026-03-15T09:10:00Z']);
    const late = { start: '2026-03-15T08:10:01Z', end: '2026-03-15T09:20:01Z' };
    expect(await times(late)).toEqual(await times({}));
  });

  it('has no value in the future, and no zero, and marks what is not over', async () => {
    const minutes = Array.from({ length: 181 }, (_unused, n) => n * 60);
    const pages = [{ times: minutes.map((n) => second(n + 3600)), values: minutes }];
    const { ask } = testDriver([given(pages, { maximumInterpolation: 3600n * SECOND })]);
    // Now is 12:00, where the samples end.
    const params = { items: [item], start: '2026-03-15T10:30:00Z', end: '2026-03-15T14:30:00Z', count: 4 };
    const methods = ['average', 'last', 'count', 'countBad', 'durationGood', 'durationBad', 'percentGood'];
    const { items } = await ask('aggregated', { ...params, methods });
    expect(items.map(({ method, values, flags }) => [method, values, flags])).toEqual([
      [
        'average',
        [7200, 9900, null, null],
        [
          [1, 1, 'Questionable'],
          [2, 3, 'Bad Data'],
        ],
      ],
      [
        'last',
        [9000, 10_800, null, null],
        [
          [1, 1, 'Questionable'],
          [2, 3, 'Bad Data'],
        ],
      ],
      [
        'count',
        [60, 31, null, null],
        [
          [1, 1, 'Questionable'],
          [2, 3, 'Bad Data'],
        ],
      ],
      [
        'countBad',
        [0, 0, null, null],
        [
          [1, 1, 'Questionable'],
          [2, 3, 'Bad Data'],
        ],
      ],
      [
        'durationGood',
        [3600, 1800, null, null],
        [
          [1, 1, 'Questionable'],
          [2, 3, 'Bad Data'],
        ],
      ],
      [
        'durationBad',
        [0, 0, null, null],
        [
          [1, 1, 'Questionable'],
          [2, 3, 'Bad Data'],
        ],
      ],
      [
        'percentGood',
        [100, 100, null, null],
        [
          [1, 1, 'Questionable'],
          [2, 3, 'Bad Data'],
        ],
      ],
    ]);
  });

  it('shows that nearly all of a day is missing', async () => {
    const { ask } = testDriver([given([page(61)], { maximumInterpolation: 600n * SECOND, unit: 'm³/h' })]);
    const params = { items: [item], start: '2026-03-14T00:00:00Z', end: '2026-03-15T12:00:00Z', interval: '1d' };
    const { items } = await ask('aggregated', { ...params, methods: ['average', 'total', 'percentGood'] });
    expect(items.map(({ values, flags, unit }) => [values, flags, unit])).toEqual([
      [
        [null, 30],
        [
          [0, 0, 'Bad Data'],
          [1, 1, 'Questionable'],
        ],
        'm³/h',
      ],
      [
        [null, 0.5],
        [
          [0, 0, 'Bad Data'],
          [1, 1, 'Questionable'],
        ],
        'm³',
      ],
      [[0, 100 / 720], [[1, 1, 'Questionable']], '%'],
    ]);
  });

  it('answers a discrete signal by its samples, and reports so', async () => {
    const { ask } = testDriver([given([page(11)], { interpolation: 'discrete', unit: 'kg/s' })]);
    const params = { items: [item], start: FROM, end: second(10), count: 1, methods: ['total', 'average'] };
    expect((await ask('aggregated', params)).items).toMatchObject([
      { basis: 'samples', unit: 'kg/s', values: [45] },
      { basis: 'samples', values: [4.5] },
    ]);
    const { error } = await ask('aggregated', { ...params, methods: ['durationGood', 'countGood'] });
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringMatching(/no durationGood\./) as string });
  });

  it('gives text what text has, and refuses the rest by name', async () => {
    const shape = { interpolation: 'step', valueType: 'string' } as const;
    const { ask } = testDriver([given([page(20, (n) => (n < 5 ? 'ON' : 'OFF'))], shape)]);
    const params = { items: [item], start: FROM, end: second(10), intervalMs: 10_000 };
    const text = await ask('aggregated', { ...params, methods: ['count', 'first', 'last', 'transitions'] });
    expect(text.items.map(({ values }) => values)).toEqual([[10], ['ON'], ['OFF'], [1]]);
    const refused = await ask('aggregated', { ...params, methods: ['count', 'max', 'stdDev'] });
    expect(refused.error).toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/text, so it has no max, stdDev\. Every signal has first/) as string,
    });
    const line = await testDriver([given([page(3)])]).ask('aggregated', { ...params, methods: ['transitions'] });
    expect(line.error?.message).toMatch(/line between its samples, so it has no transitions/);
  });

  it('gives each state a series of its own, from the first interval on', async () => {
    const shape = { interpolation: 'step', valueType: 'string' } as const;
    const named = ['OFF', 'OFF', 'RUN', 'RUN', 'FAULT', 'OFF'];
    const states = { times: [0, 5, 10, 25, 30, 40].map(second), values: named };
    const { ask } = testDriver([given([states], shape)]);
    const params = { items: [item], start: FROM, end: second(40), intervalMs: 10_000 };
    const { items } = await ask('aggregated', { ...params, methods: ['durationInState', 'countInState'] });
    expect(items.map(({ method, inState, unit, values }) => [method, inState, unit, values])).toEqual([
      ['durationInState', 'OFF', 's', [10, 0, 0, 0]],
      ['durationInState', 'RUN', 's', [0, 10, 10, 0]],
      ['durationInState', 'FAULT', 's', [0, 0, 0, 10]],
      ['countInState', 'OFF', undefined, [2, 0, 0, 0]],
      ['countInState', 'RUN', undefined, [0, 1, 1, 0]],
      ['countInState', 'FAULT', undefined, [0, 0, 0, 1]],
    ]);
    expect(joinSeries(items)).toHaveLength(6);
    const none = await testDriver([given([page(0)], shape)]).ask('aggregated', {
      ...params,
      methods: ['countInState'],
    });
    expect(none.items).toMatchObject([
      { inState: null, values: [null, null, null, null], flags: [[0, 3, 'Bad Data']] },
    ]);
  });

  it('refuses states that are too many, in one interval and in all together', async () => {
    const shape = { interpolation: 'step', valueType: 'string' } as const;
    const { ask } = testDriver([given([page(7200, (n) => `value ${n % 102}`)], shape)], {
      limits: { samplesPerItem: 1000 },
    });
    const params = { items: [item], ...RANGE, methods: ['durationInState'] };
    for (const [count, limit] of [
      [1, 100],
      [7, 100],
      [1000, 1],
    ] as const) {
      const { error } = await ask('aggregated', { ...params, count });
      expect(error).toMatchObject({ code: 'tooLarge', details: { limit } });
    }
    const { error } = await ask('aggregated', { ...params, count: 501, methods: ['first', 'last'] });
    expect(error?.message).toMatch(/Parameter "count" asks for 1002 values of all methods, more than the 1000/);
  });
});

describe('a series with gaps that is cut for the bus', () => {
  const whole = {
    index: 0,
    fqn: item,
    times: [0, 1, 1, 1, 5, 9].map(second),
    values: [0, 1, 2, 3, 4, 5],
    gaps: [
      [second(0), second(1)],
      [second(1), second(5)],
      [second(5), second(9)],
    ],
  };

  it('keeps each gap with its later sample, and is the same once joined', () => {
    const cut = (piece: SeriesChunk): SeriesChunk[] => halveSeries(piece)?.flatMap(cut) ?? [piece];
    const pieces = cut(whole);
    expect(pieces.map((piece) => ('gaps' in piece ? piece.gaps : undefined))).toEqual([
      undefined,
      [whole.gaps[0]],
      undefined,
      undefined,
      [whole.gaps[1]],
      [whole.gaps[2]],
    ]);
    expect(joinSeries(pieces)).toEqual([whole]);
  });
});
