/** Statistics of intervals, compared with sums over every single nanosecond, and at the limits of numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AggregateMethod, aggregateMethods, type Basis } from '../../../../src/contract/functions/data.ts';
import { formatInstant } from '../../../../src/contract/time/instant.ts';
import { Aggregator } from '../../../../src/driver/history/aggregator.ts';
import { countsSamples, describesQuality, isStateMethod } from '../../../../src/driver/history/methods.ts';
import type { WrittenSample } from '../../../../src/driver/history/series-chunks.ts';
import type { Sample } from '../../../../src/driver/history/sample.ts';
import { IntervalStatistics } from '../../../../src/driver/history/statistics.ts';
import { bordersOf, type Described, isBad, offset, sample, series, START } from './support.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

/** Those that have one series, whatever the states are. */
const methods = aggregateMethods.filter((method) => !isStateMethod(method));
type Results = Record<(typeof methods)[number], WrittenSample>;

const NOW = START + 1_000_000n;

interface Options {
  now?: bigint;
  basis?: Basis;
}

function aggregate({ samples, shape, length }: Described, interval: number, options: Options = {}): Results[] {
  const { now = NOW, basis = 'time' } = options;
  const borders = bordersOf(interval, length);
  const aggregator = new Aggregator({
    borders,
    shape,
    now,
    basis,
    stamp: 'start',
    numeric: true,
    deviation: true,
    states: false,
  });
  const results: Results[] = [];
  const take = (ended: ReturnType<Aggregator['rest']>): void => {
    for (const one of ended) {
      results.push(Object.fromEntries(methods.map((method) => [method, one.result(method)])) as Results);
    }
  };
  for (const one of samples) take(aggregator.take(one));
  take(aggregator.rest());
  return results;
}

interface Nanosecond {
  /** Value at its beginning, and the one that is approached at its end; undefined where there is none. */
  line: [number, number] | undefined;
  open: boolean;
}

/** The signal in the nanosecond that begins at an offset. */
function nanosecond({ samples, shape }: Described, at: number, now: number): Nanosecond {
  const none = { line: undefined, open: false };
  const left = samples.filter((one) => offset(one) <= at).at(-1);
  const right = samples.find((one) => offset(one) > at);
  const { interpolation, maximumInterpolation = 10n ** 20n } = shape;
  if (!left || isBad(left) || interpolation === 'discrete') return none;
  const hold = (open: boolean): Nanosecond => ({ line: [Number(left.value), Number(left.value)], open });
  if (!right) {
    const holds = interpolation === 'step' && BigInt(now - offset(left)) <= maximumInterpolation && at < now;
    return holds ? hold(true) : none;
  }
  if (right.at - left.at > maximumInterpolation) return none;
  const open = [left, right].some(({ status }) => status === 'Questionable');
  if (interpolation === 'step') return hold(open);
  if (isBad(right)) return interpolation === 'pilinear' ? hold(open) : none;
  const valueAt = (when: number): number =>
    Number(left.value) +
    ((Number(right.value) - Number(left.value)) * (when - offset(left))) / (offset(right) - offset(left));
  return { line: [valueAt(at), valueAt(at + 1)], open };
}

interface Slow {
  inside: Sample[];
  good: number[];
  cells: Nanosecond[];
  over: number;
}

function lookAt(described: Described, from: number, to: number, now: number): Slow {
  const inside = described.samples.filter((one) => offset(one) >= from && offset(one) < to);
  const good = inside.filter((one) => !isBad(one)).map(({ value }) => Number(value));
  const cells = Array.from({ length: to - from }, (_unused, n) => nanosecond(described, from + n, now));
  return { inside, good, cells, over: Math.min(Math.max(now - from, 0), to - from) };
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** The statistics of one interval the slow way; undefined where there is no value. */
function slowly(
  described: Described,
  from: number,
  to: number,
  now: number,
  basis: Basis,
): Partial<Record<AggregateMethod, number>> {
  const { inside, good, cells, over } = lookAt(described, from, to, now);
  const lines = cells.flatMap(({ line }) => (line ? [line] : []));
  const unknown = cells.slice(0, over).filter(({ line }) => !line).length;
  const bad = inside.length - good.length;
  if (over === 0 && inside.length === 0 && lines.length === 0) return {};
  const byTime = basis === 'time';
  const used = byTime ? [...good, ...lines.flat()] : good;
  const mean = sum(good) / good.length;
  const area = sum(lines.map(([p, q]) => (p + q) / 2));
  const m = area / lines.length;
  const squares = sum(lines.map(([p, q]) => ((p - m) ** 2 + (p - m) * (q - m) + (q - m) ** 2) / 3));
  const deviation = (divisor: number): number => Math.sqrt(sum(good.map((value) => (value - mean) ** 2)) / divisor);
  const quality = {
    count: good.length,
    countGood: good.length,
    countBad: bad,
    durationGood: lines.length / 1e9,
    durationBad: unknown / 1e9,
    ...percent(byTime ? [lines.length, unknown] : [good.length, bad]),
  };
  if (used.length === 0) return quality.durationGood > 0 ? { ...quality, transitions: 0 } : quality;
  const [min, max] = [Math.min(...used), Math.max(...used)];
  const atStart = inside.filter((one) => offset(one) === from).at(-1);
  const first = atStart && !isBad(atStart) ? Number(atStart.value) : cells[0]?.line?.[0];
  const before = described.samples.filter((one) => offset(one) < from && !isBad(one)).at(-1);
  const all = before ? [Number(before.value), ...good] : good;
  const lastCell = cells.findLastIndex(({ line }) => line);
  const lastGood = inside.filter((one) => !isBad(one)).at(-1);
  const last =
    lastGood && offset(lastGood) >= from + lastCell + 1 ? Number(lastGood.value) : cells[lastCell]?.line?.[1];
  return {
    ...quality,
    min,
    max,
    range: max - min,
    average: byTime && lines.length > 0 ? m : mean,
    ...(byTime ? (lines.length > 0 ? { total: area / 1e9 } : {}) : { total: sum(good) }),
    ...(byTime
      ? { stdDev: lines.length > 0 ? Math.sqrt(squares / lines.length) : deviation(good.length) }
      : good.length > 1
        ? { stdDev: deviation(good.length - 1) }
        : {}),
    first: byTime ? (first ?? good[0]) : good[0],
    last: byTime ? last : good.at(-1),
    transitions: all.filter((value, n) => n > 0 && value !== all[n - 1]).length,
  } as Partial<Record<AggregateMethod, number>>;
}

const percent = ([good, bad]: [number, number]): { percentGood?: number } =>
  good + bad === 0 ? {} : { percentGood: (100 * good) / (good + bad) };

describe('for any series', () => {
  const cases = fc.record({
    described: series('numbers'),
    interval: fc.integer({ min: 1, max: 60 }),
    now: fc.integer({ min: -20, max: 400 }),
    basis: fc.constantFrom<Basis>('time', 'samples'),
  });

  it('every statistic of every interval is that of its nanoseconds and samples', () => {
    fc.assert(
      fc.property(cases, ({ described, interval, now, basis }) => {
        const { length } = described;
        const results = aggregate(described, interval, { now: START + BigInt(now), basis });
        expect(results).toHaveLength(Math.ceil(length / interval));
        for (const [n, result] of results.entries()) {
          const [from, to] = [n * interval, Math.min((n + 1) * interval, length)];
          const expected = slowly(described, from, to, now, basis);
          for (const method of methods) {
            const { value, time, status } = result[method];
            expect(time).toBe(formatInstant(START + BigInt(from)));
            expect([method, status === 'Bad Data']).toEqual([method, value === null]);
            if (method === 'minTime' || method === 'maxTime') continue;
            expect([method, value === null]).toEqual([method, expected[method] === undefined]);
            if (value !== null) {
              const scale = ['total', 'durationGood', 'durationBad'].includes(method) ? 1e9 : 1;
              expect([method, Number(value) * scale]).toEqual([
                method,
                expect.closeTo((expected[method] ?? NaN) * scale, 7),
              ]);
            }
          }
          const [low, average, high] = [result.min.value, result.average.value, result.max.value].map(Number);
          expect(average).toBeGreaterThanOrEqual(low ?? NaN);
          expect(average).toBeLessThanOrEqual(high ?? NaN);
        }
      }),
      { numRuns: propertyRuns(250) },
    );
  });

  it('a result is questionable exactly where a part of it is open, bad, missing or not over', () => {
    fc.assert(
      fc.property(cases, ({ described, interval, now, basis }) => {
        const { length } = described;
        const results = aggregate(described, interval, { now: START + BigInt(now), basis });
        for (const [n, result] of results.entries()) {
          const [from, to] = [n * interval, Math.min((n + 1) * interval, length)];
          const { inside, cells, over } = lookAt(described, from, to, now);
          const open = now < to || inside.some(({ status }) => status === 'Questionable');
          const openInTime = cells.some((cell) => cell.open);
          const bad = inside.some(isBad);
          const missing = cells.slice(0, over).some(({ line }) => !line);
          for (const method of methods) {
            const { status } = result[method];
            if (status === 'Bad Data') continue;
            const expected = describesQuality(method)
              ? open || (openInTime && !countsSamples(method, basis))
              : open || bad || (basis === 'time' && (openInTime || missing));
            expect([method, status]).toEqual([method, expected ? 'Questionable' : 'Good']);
          }
        }
      }),
      { numRuns: propertyRuns(250) },
    );
  });

  it('the lowest and the highest value are the earliest ones of their kind', () => {
    fc.assert(
      fc.property(cases, ({ described, interval, now }) => {
        const { length, samples } = described;
        const results = aggregate(described, interval, { now: START + BigInt(now) });
        for (const [n, result] of results.entries()) {
          const [from, to] = [n * interval, Math.min((n + 1) * interval, length)];
          const { cells } = lookAt(described, from, to, now);
          for (const [method, extreme] of [
            ['minTime', result.min],
            ['maxTime', result.max],
          ] as const) {
            if (extreme.value === null) continue;
            const found = [
              ...samples
                .filter((one) => offset(one) >= from && offset(one) < to && !isBad(one))
                .map((one) => [offset(one), one.value]),
              ...cells.flatMap(({ line }, at) =>
                line
                  ? [
                      [from + at, line[0]],
                      [from + at + 1, line[1]],
                    ]
                  : [],
              ),
            ].filter(([, value]) => Math.abs(Number(value) - Number(extreme.value)) < 1e-12);
            const earliest = Math.min(...found.map(([at]) => Number(at)));
            expect([method, result[method].value]).toEqual([method, formatInstant(START + BigInt(earliest))]);
          }
        }
      }),
      { numRuns: propertyRuns(150) },
    );
  });
});

describe('an interval', () => {
  const linear = { interpolation: 'linear', maximumInterpolation: undefined } as const;
  const of = (samples: Described['samples'], length: number, interval = length) =>
    aggregate({ samples, shape: linear, length }, interval);
  const SECOND = 1_000_000_000;

  it('without data is Bad Data, and counts none', () => {
    const [result] = of([], 10);
    expect(result?.count).toMatchObject({ value: 0, status: 'Good' });
    expect(result?.percentGood).toMatchObject({ value: 0, status: 'Good' });
    for (const method of methods.filter((one) => !describesQuality(one))) {
      expect(result?.[method]).toMatchObject({ value: null, status: 'Bad Data' });
    }
  });

  it('with bad samples only is Bad Data, and counts them', () => {
    const [result] = of([sample(3, null)], 10);
    expect([result?.count.value, result?.countBad.value, result?.countBad.status]).toEqual([0, 1, 'Good']);
    expect(result?.average).toMatchObject({ value: null, status: 'Bad Data' });
  });

  it('weighs by time, from border to border', () => {
    // 0 at the start, up to 10 in a second, and there for three seconds.
    const [result] = of([sample(0, 0), sample(SECOND, 10), sample(4 * SECOND, 10)], 4 * SECOND);
    expect(result?.average.value).toBe(8.75);
    expect(result?.total.value).toBe(35);
  });

  it('does not take a gap for time, nor for zero', () => {
    const samples = [sample(0, 2), sample(SECOND, 2), sample(9 * SECOND, 4), sample(10 * SECOND, 4)];
    const shape = { interpolation: 'linear', maximumInterpolation: 2_000_000_000n } as const;
    const [result] = aggregate({ samples, shape, length: 10 * SECOND }, 10 * SECOND);
    expect(result?.average).toMatchObject({ value: 3, status: 'Questionable' });
    expect(result?.total.value).toBe(6);
  });

  it('has the percentage nearest to the exact one', () => {
    const shape = { interpolation: 'linear', maximumInterpolation: 2_000_000_000n } as const;
    const length = 100_000 * SECOND;
    const samples = Array.from({ length: 8 }, (_unused, at) => sample(at * SECOND, 1));
    const [result] = aggregate({ samples, shape, length }, length, { now: START + BigInt(length) });
    // Divided first and multiplied then it is 0.006999999999999999.
    expect(result?.percentGood.value).toBe(0.007);
  });

  it('at the end may be shorter; a sample at the end of the range is in none', () => {
    const results = of([sample(0, 1), sample(10, 1), sample(25, 9)], 25, 10);
    expect(results.map(({ count }) => count.value)).toEqual([1, 1, 0]);
    expect(results.at(-1)?.average.value).toBeCloseTo(1 + (8 * 12.5) / 15, 12);
  });

  it('keeps the digits of large numbers that lie near each other', () => {
    const values = [4, 7, 13, 16].map((value, n) => sample(n * 10, 1e9 + value));
    const all = [...values, sample(40, 1e9 + 16)];
    expect(of(all, 40)[0]?.stdDev.value).toBeCloseTo(Math.sqrt(18), 9);
    const [bySamples] = aggregate({ samples: all, shape: linear, length: 40 }, 40, { basis: 'samples' });
    expect(bySamples?.stdDev.value).toBeCloseTo(Math.sqrt(30), 9);
  });

  it('of a constant has just that average', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), steps, (value, all) => {
        let at = 0;
        const samples = [sample(0, value), ...all.map((step) => sample((at += step), value))];
        expect(Number(of(samples, at)[0]?.average.value) + 0).toBe(value + 0);
      }),
    );
  });

  it('sums a million samples without losing any of them', () => {
    const aggregator = new Aggregator({
      borders: bordersOf(1_000_000, 1_000_000),
      shape: { interpolation: 'step', maximumInterpolation: undefined },
      now: START + 10_000_000n,
      basis: 'time',
      stamp: 'start',
      numeric: true,
      deviation: false,
      states: false,
    });
    // 0.1 has no exact form; a plain sum of a million of them is off in the eleventh digit.
    const samples = [sample(0, 0.1), sample(1, 1e8)] as const;
    let ended = 0;
    for (let n = 0; n < 1_000_000; n++) {
      const one = samples[n % 2 === 0 ? 0 : 1];
      ended += [...aggregator.take({ ...one, at: START + BigInt(n) })].length;
    }
    expect(ended).toBe(0);
    const [result] = [...aggregator.rest()].map((one) => [one.result('average').value, one.result('count').value]);
    expect(result).toEqual([50_000_000.05, 1_000_000]);
  });

  it('whose result is too large for a number is Bad Data, never another number', () => {
    const most = Number.MAX_VALUE;
    const [result] = of([sample(0, most), sample(5 * SECOND, -most), sample(10 * SECOND, most)], 10 * SECOND);
    expect(result?.range).toMatchObject({ value: null, status: 'Bad Data' });
    expect(result?.max.value).toBe(most);
    expect(Math.abs(Number(result?.average.value)) / most).toBeLessThan(1e-15);
    // Its square would be too large, it itself is not.
    expect(Number(result?.stdDev.value) / most).toBeCloseTo(Math.sqrt(1 / 3), 14);
  });

  it('has a total in the unit of time that is asked for, also where that in seconds is too large for a number', () => {
    const options = { basis: 'time', stamp: 'start', now: undefined, deviation: false, states: false } as const;
    const [from, to] = [START, START + 864_000n * 1_000_000_000n];
    const interval = new IntervalStatistics(from, to, options);
    interval.addStretch({ from, to, begin: 1e305, end: 1e305, state: null, isOpen: false });
    expect(interval.result('total').value).toBeNull();
    expect(Number(interval.result('total', 3600).value) / 2.4e307).toBeCloseTo(1, 14);
  });

  it('by samples averages numbers whose sum is too large for a number', () => {
    const most = Number.MAX_VALUE;
    const shape = { interpolation: 'discrete', maximumInterpolation: undefined } as const;
    const samples = [sample(0, most), sample(1, most), sample(2, -most), sample(3, most)];
    const [result] = aggregate({ samples, shape, length: 100 }, 100, { basis: 'samples' });
    expect(result?.average.value).toBe(most / 2);
  });

  it('by samples averages and sums them', () => {
    const samples = [sample(0, 1), sample(1, 2), sample(90, 6)];
    const shape = { interpolation: 'discrete', maximumInterpolation: undefined } as const;
    const [result] = aggregate({ samples, shape, length: 100 }, 100, { basis: 'samples' });
    expect([result?.average.value, result?.total.value, result?.stdDev.value]).toEqual([3, 9, Math.sqrt(7)]);
  });

  it('of text is refused where numbers are needed, and counted where not', () => {
    const options = { now: START + 5n, basis: 'time', stamp: 'start', deviation: false, states: false } as const;
    const shape = { interpolation: 'step', maximumInterpolation: undefined } as const;
    const text = sample(2, 'RUN', 'Good', 7);
    expect(() => [
      ...new Aggregator({ ...options, borders: bordersOf(10, 10), shape, numeric: true }).take(text),
    ]).toThrow(/no numbers/);
    const counting = new Aggregator({ ...options, borders: bordersOf(10, 10), shape, numeric: false });
    expect([...counting.take(text)]).toEqual([]);
    const [only] = counting.rest();
    expect(only?.result('first')).toMatchObject({ value: 'RUN', state: 7 });
    expect(only?.result('count').value).toBe(1);
  });
});
