/** Requests for plotted series that are too long to be shown, or to be read, of sources whose series are given. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { joinSeries } from '../../../../src/client/answer.ts';
import { compareUtc, formatInstant, parseInstant } from '../../../../src/contract/time/instant.ts';
import { DriverError } from '../../../../src/contract/errors.ts';
import type { SeriesChunk } from '../../../../src/contract/series.ts';
import type { TimeRange } from '../../../../src/contract/time/time.ts';
import type { SamplePage, SeriesShape } from '../../../../src/sources/source.ts';
import { fqn, NOW, source, testDriver, violations, type WholeSource } from '../../../support/driver.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const FROM = '2026-03-15T08:00:00Z';
const TO = '2026-03-15T10:00:00Z';
const RANGE = { start: FROM, end: TO };
const SECOND = 1_000_000_000n;
const item = fqn('a', 'signal', 's');

type Series = SeriesChunk & { step?: boolean; gaps?: [string, string][]; holdsUntil?: string; reducedBy?: string };

const second = (n: number): string => formatInstant((parseInstant(FROM) ?? 0n) + BigInt(n) * SECOND);

/** One sample a second of the seconds from one to before another. */
function page(from: number, to: number, value: (n: number) => SamplePage['values'][number] = (n) => n): SamplePage {
  const numbers = Array.from({ length: to - from }, (_unused, n) => from + n);
  return { times: numbers.map(second), values: numbers.map(value), unit: 'm' };
}

function given(shape: Partial<SeriesShape>, methods: Partial<WholeSource>): WholeSource {
  return source('a', {
    shape: async (asked) => ({
      fqn: asked,
      interpolation: 'linear',
      maximumInterpolation: 60n * SECOND,
      valueType: 'number',
      ...shape,
    }),
    ...methods,
  });
}

/** A series in pages of so many samples, as `outside` gives it, with a note of what is read. */
function recorded(all: SamplePage, size: number, reads: string[] = []) {
  return async function* samples(_fqn: unknown, { start, end }: TimeRange): AsyncGenerator<SamplePage> {
    reads.push(formatInstant(start));
    const after = all.times.findIndex((time) => compareUtc(time, formatInstant(start)) >= 0);
    const beyond = all.times.findIndex((time) => compareUtc(time, formatInstant(end)) > 0);
    const first = after < 0 ? all.times.length - 1 : Math.max(0, after - 1);
    const last = beyond < 0 ? all.times.length : beyond + 1;
    for (let at = first; at < last; at += size) {
      const to = Math.min(at + size, last);
      reads.push(`${to - at}`);
      yield { ...all, times: all.times.slice(at, to), values: all.values.slice(at, to) };
    }
  };
}

async function plot(one: WholeSource, params: object = {}, raw = 1000): Promise<Series> {
  const { ask } = testDriver([one], { limits: { plottedRawSamples: raw } });
  const { items, status, error } = await ask('plotted', { items: [item], ...RANGE, ...params });
  expect([status, error]).toEqual(['ok', undefined]);
  return (joinSeries(items) as Series[])[0] ?? expect.fail('no series');
}

describe('a series that is too much to read', () => {
  const computed = (until: number): SamplePage => ({
    times: [100, 150, 150, 200, until - 1].map(second),
    values: [7, -50, 900, null, 8],
    flags: [[3, 3, 'Bad Data']],
  });

  it('is computed by the server from where that is known, and read again where the server ends', async () => {
    const reads: string[] = [];
    const asked: unknown[] = [];
    const all = page(-5, 7206);
    const one = given(
      {},
      {
        samples: recorded(all, 100, reads),
        reduced: async (_fqn, range, { intervals, samples }) => {
          asked.push([formatInstant(range.start), formatInstant(range.end), intervals, Math.round(samples / 100)]);
          return { page: computed(7000), until: parseInstant(second(7000)) ?? 0n };
        },
      },
    );
    const series = await plot(one, { count: 2000 });
    // The first page shows that 7200 samples are to come.
    expect(asked).toEqual([[second(98), TO, 8000, 72]]);
    expect(reads.slice(0, 2)).toEqual([FROM, '100']);
    expect(reads.filter((read) => read.includes('T'))).toEqual([FROM, second(7000)]);
    expect(series.reducedBy).toBe('server');
    expect(series.times).toEqual([
      second(-1),
      ...page(0, 99).times,
      ...computed(7000).times,
      ...page(7000, 7202).times,
    ]);
    expect(series.flags).toEqual([[103, 103, 'Bad Data']]);
    expect(series).not.toHaveProperty('gaps');
  });

  it('is read to the end where the server cannot compute', async () => {
    for (const reduced of [
      async (): Promise<never> => {
        throw new DriverError('sourceError', 'No formulas today.');
      },
      async (_fqn: unknown, range: TimeRange) => ({ page: { times: [], values: [] }, until: range.start }),
    ]) {
      const one = given({}, { samples: recorded(page(-5, 7206), 100), reduced });
      const series = await plot(one, { count: 10 });
      expect(series.reducedBy).toBe('driver');
      expect(series.times.at(0)).toBe(second(-1));
      expect(series.times.at(-1)).toBe(second(7201));
      expect(series.values).toContain(7200);
    }
  });

  it('fails where the server fails otherwise', async () => {
    const one = given(
      {},
      {
        samples: recorded(page(0, 7200), 100),
        reduced: async () => {
          throw new DriverError('sourceUnavailable', 'Down.');
        },
      },
    );
    const { ask } = testDriver([one], { limits: { plottedRawSamples: 1000 } });
    expect((await ask('plotted', { items: [item], ...RANGE })).error?.code).toBe('sourceUnavailable');
  });

  it.each([
    ['a number only by its unit', {}, (n: number) => (n < 5000 ? 'ON' : 'OFF')],
    ['text', { valueType: 'string', interpolation: 'step' }, (n: number) => (n < 5000 ? 'ON' : 'OFF')],
    ['discrete', { interpolation: 'discrete' }, (n: number) => (n < 5000 ? 1 : 2)],
  ] as const)('is read whatever its length where it is %s', async (_what, shape, value) => {
    const one = given(shape, { samples: recorded(page(0, 7200, value), 100) });
    const series = await plot(one, { count: 4 });
    expect(series.reducedBy).toBe('driver');
    expect(series.times).toContain(second(5000));
    expect(series.times).toContain(second(7199));
    expect(series.times.length).toBeLessThanOrEqual(22);
    expect(series.step).toBe(true);
  });

  it('is not taken for one because it is dense at its beginning and ends soon', async () => {
    const reads: string[] = [];
    const all = page(0, 900);
    const series = await plot(given({}, { samples: recorded(all, 1000, reads) }), { end: second(950) });
    expect(reads).toEqual([FROM, '900']);
    expect(series.times).toHaveLength(900);
  });
});

describe('a long series', () => {
  it('is the same however its pages are cut', async () => {
    const value = (n: number): number | null => (n % 97 === 13 ? null : (n * 7919) % 101);
    const all = page(-5, 7206, value);
    const flagged = (part: SamplePage): SamplePage => ({
      ...part,
      flags: part.values.flatMap((one, at): [number, number, 'Bad Data'][] =>
        one === null ? [[at, at, 'Bad Data']] : [],
      ),
    });
    const cut = (size: number) =>
      plot(
        given(
          {},
          {
            async *samples(asked, range) {
              for await (const part of recorded(all, size)(asked, range)) yield flagged(part);
            },
          },
        ),
        { count: 100 },
        1_000_000,
      );
    const whole = await cut(10_000);
    expect(whole.reducedBy).toBe('driver');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 20, max: 3000 }), async (size) => {
        expect(await cut(size)).toEqual(whole);
      }),
      { numRuns: propertyRuns(10) },
    );
  });

  it('is reduced in intervals on the calendar too', async () => {
    const one = given({}, { samples: recorded(page(0, 7200), 1000) });
    const series = await plot(one, { interval: '1h' }, 1_000_000);
    // Each hour has its first and last sample, which are the extremes.
    expect(series.values).toEqual([0, 3599, 3600, 7199]);
  });
});

describe('any series, whether the server computes a part of it or not', () => {
  /** Extremes in the middle of even intervals that lie in the range, as a server has them. */
  const computedOf =
    (all: SamplePage) =>
    async (_fqn: unknown, { start, end }: TimeRange, { intervals = 1 }) => {
      const length = (end - start) / BigInt(intervals) + 1n;
      const points: [string, number][] = [];
      let until = start;
      for (let from = start; from + length <= end; from += length) {
        const values = all.times.flatMap((time, n) => {
          const at = parseInstant(time) ?? 0n;
          return at >= from && at < from + length ? [Number(all.values[n])] : [];
        });
        if (values.length === 0) continue;
        until = from;
        const middle = formatInstant(from + length / 2n);
        points.push([middle, Math.min(...values)], [middle, Math.max(...values)]);
      }
      const shown = points.filter(([time]) => (parseInstant(time) ?? 0n) < until);
      return { page: { times: shown.map(([time]) => time), values: shown.map(([, value]) => value) }, until };
    };

  it('has its extremes, the newest sample and the ones outside, in order', async () => {
    const steps = fc.array(fc.oneof({ weight: 5, arbitrary: fc.nat(3) }, fc.nat(400)), {
      minLength: 1,
      maxLength: 300,
    });
    const cases = fc.record({
      steps,
      begin: fc.integer({ min: -300, max: 300 }),
      size: fc.integer({ min: 1, max: 30 }),
      raw: fc.integer({ min: 1, max: 60 }),
      count: fc.integer({ min: 1, max: 20 }),
    });
    let byServer = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ steps: distances, begin, size, raw, count }) => {
        let at = begin;
        const seconds = distances.map((distance) => (at += distance));
        const all = { times: seconds.map(second), values: seconds.map((one, n) => Math.abs(one * 7919 + n) % 1009) };
        const one = given({}, { samples: recorded(all, size), reduced: computedOf(all) });
        const plotted = await plot(one, { count }, raw);
        const shown = all.times.flatMap((time, n) => {
          const isNearest = (side: number): boolean => {
            const border = side < 0 ? FROM : TO;
            const next = all.times[n - side];
            const isBeyond = (one: string) => Math.sign(compareUtc(one, border)) === side;
            return isBeyond(time) && (next === undefined || !isBeyond(next));
          };
          const inside = compareUtc(time, FROM) >= 0 && compareUtc(time, TO) <= 0;
          return inside || isNearest(-1) || isNearest(1) ? [{ time, value: all.values[n] ?? NaN }] : [];
        });
        const drawn = plotted.times.map((time, n) => ({ time, value: Number(plotted.values[n]) }));
        expect(drawn.length).toBeLessThanOrEqual(5 * count + 2);
        expect(plotted.times).toEqual([...plotted.times].sort(compareUtc));
        expect(drawn.at(-1)).toEqual(shown.at(-1));
        if (shown[0] && compareUtc(shown[0].time, FROM) < 0) expect(drawn[0]).toEqual(shown[0]);
        const [want, have] = [shown, drawn].map((some) => some.map(({ value }) => value));
        expect([Math.min(...(have ?? [])), Math.max(...(have ?? []))]).toEqual([
          Math.min(...(want ?? [])),
          Math.max(...(want ?? [])),
        ]);
        if (plotted.reducedBy === 'server') byServer++;
      }),
      { numRuns: propertyRuns(200) },
    );
    expect(byServer).toBeGreaterThan(0);
  });
});

describe('the end of a step', () => {
  const step = { interpolation: 'step', maximumInterpolation: 4n * 3600n * SECOND } as const;
  const held = (shape: Partial<SeriesShape>, params: object = {}, to = 10) =>
    plot(given(shape, { samples: recorded(page(0, to), 100) }), params);

  it('holds up to now, whether the range ends before or after it', async () => {
    expect((await held(step)).holdsUntil).toBe(NOW);
    expect((await held(step, { end: '*' })).holdsUntil).toBe(NOW);
    expect((await held(step, { end: '*+1d' })).holdsUntil).toBe(NOW);
    expect((await held({ ...step, valueType: 'string' })).holdsUntil).toBe(NOW);
  });

  it('does not hold where the sample is too old, is not the newest, or the signal is no step', async () => {
    expect(await held({ ...step, maximumInterpolation: 3n * 3600n * SECOND })).not.toHaveProperty('holdsUntil');
    expect(await held(step, { end: second(5) })).not.toHaveProperty('holdsUntil');
    expect(await held({})).not.toHaveProperty('holdsUntil');
    expect(await held(step, {}, 0)).not.toHaveProperty('holdsUntil');
  });

  it('holds as interpolated has it', async () => {
    for (const hours of [2n, 3n, 4n, 5n]) {
      const one = given(
        { interpolation: 'step', maximumInterpolation: hours * 3600n * SECOND },
        { samples: recorded(page(0, 10), 100) },
      );
      const { ask } = testDriver([one]);
      const params = { items: [item], start: NOW, end: NOW, count: 1 };
      const { items } = await ask('interpolated', params);
      const [series] = (await ask('plotted', { items: [item], ...RANGE })).items as unknown as Series[];
      expect(series?.holdsUntil === NOW).toBe((items[0] as unknown as Series).values[0] === 9);
    }
  });
});
