/** Statistics of intervals, compared with sums over every single nanosecond, and at the limits of numbers. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type AggregateMethod, aggregateMethods } from '../../../src/contract/functions/data.ts';
import { formatInstant } from '../../../src/contract/instant.ts';
import { Aggregator } from '../../../src/driver/history/aggregator.ts';
import type { WrittenSample } from '../../../src/driver/history/pieces.ts';
import { bordersOf, type Described, isBad, offset, sample, series, START } from './support.ts';

type Results = Record<AggregateMethod, WrittenSample>;

const NOW = START + 1_000_000n;

function aggregate({ samples, shape, length }: Described, interval: number, now = NOW): Results[] {
  const aggregator = new Aggregator({ borders: bordersOf(interval, length), shape, now, numeric: true });
  const results: Results[] = [];
  const take = (ended: ReturnType<Aggregator['rest']>): void => {
    for (const one of ended) {
      results.push(Object.fromEntries(aggregateMethods.map((method) => [method, one.result(method)])) as Results);
    }
  };
  for (const one of samples) take(aggregator.take(one));
  take(aggregator.rest());
  return results;
}

/** What the signal is in the nanosecond that begins at an offset: its mean, and whether that is open. */
function nanosecond({ samples, shape }: Described, at: number): { mean: number | undefined; open: boolean } {
  const left = samples.filter((one) => offset(one) <= at).at(-1);
  const right = samples.find((one) => offset(one) > at);
  const { interpolation, maximumInterpolation = 10n ** 20n } = shape;
  if (!left) return { mean: undefined, open: false };
  if (!right) {
    const holds = interpolation === 'step' && !isBad(left) && NOW - left.at <= maximumInterpolation;
    return { mean: holds ? Number(left.value) : undefined, open: holds };
  }
  const bad = isBad(left) || isBad(right);
  const open = [left, right].some(({ status }) => status === 'Questionable');
  if (isBad(left) || interpolation === 'discrete' || right.at - left.at > maximumInterpolation) {
    return { mean: undefined, open: bad };
  }
  if (interpolation === 'step' || (interpolation === 'pilinear' && isBad(right))) {
    return { mean: Number(left.value), open };
  }
  if (isBad(right)) return { mean: undefined, open: true };
  const share = (at + 0.5 - offset(left)) / (offset(right) - offset(left));
  return { mean: Number(left.value) + (Number(right.value) - Number(left.value)) * share, open };
}

/** The statistics of one interval the slow way; undefined where there is nothing to tell. */
function slowly(described: Described, from: number, to: number): Record<AggregateMethod, number | undefined> {
  const inside = described.samples.filter((one) => offset(one) >= from && offset(one) < to && !isBad(one));
  const values = inside.map(({ value }) => Number(value));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const means = Array.from({ length: to - from }, (_unused, n) => nanosecond(described, from + n).mean).filter(
    (one) => one !== undefined,
  );
  const area = means.reduce((sum, value) => sum + value, 0);
  const some = <T>(value: T): T | undefined => (values.length > 0 ? value : undefined);
  return {
    average: means.length > 0 ? area / means.length : some(mean),
    total: means.length > 0 ? area / 1e9 : undefined,
    min: some(Math.min(...values)),
    max: some(Math.max(...values)),
    range: some(Math.max(...values) - Math.min(...values)),
    count: values.length,
    stdDev: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : undefined,
    first: values[0],
    last: values.at(-1),
  };
}

describe('for any series', () => {
  const cases = fc.tuple(series('numbers'), fc.integer({ min: 1, max: 60 }));

  it('every statistic of every interval is that of its nanoseconds and samples', () => {
    fc.assert(
      fc.property(cases, ([described, interval]) => {
        const { length } = described;
        const results = aggregate(described, interval);
        expect(results).toHaveLength(Math.ceil(length / interval));
        for (const [n, result] of results.entries()) {
          const [from, to] = [n * interval, Math.min((n + 1) * interval, length)];
          const expected = slowly(described, from, to);
          for (const method of aggregateMethods) {
            const { value, time, status } = result[method];
            expect(time).toBe(formatInstant(START + BigInt(from)));
            expect([method, value === null]).toEqual([method, expected[method] === undefined]);
            expect([method, status === 'Bad Data']).toEqual([method, value === null]);
            if (value !== null) {
              const scale = method === 'total' ? 1e9 : 1;
              expect(Number(value) * scale).toBeCloseTo((expected[method] ?? NaN) * scale, 9);
            }
          }
        }
      }),
      { numRuns: 600 },
    );
  });

  it('what bad or uncertain samples take part in is questionable, and nothing else', () => {
    fc.assert(
      fc.property(cases, ([described, interval]) => {
        const { samples, length } = described;
        for (const [n, result] of aggregate(described, interval).entries()) {
          const [from, to] = [n * interval, Math.min((n + 1) * interval, length)];
          const own = samples.some((one) => offset(one) >= from && offset(one) < to && one.status !== 'Good');
          const time = Array.from({ length: to - from }, (_unused, at) => nanosecond(described, from + at));
          for (const method of aggregateMethods) {
            const { status } = result[method];
            const inTime = (method === 'average' || method === 'total') && time.some(({ open }) => open);
            if (status !== 'Bad Data')
              expect([method, status]).toEqual([method, own || inTime ? 'Questionable' : 'Good']);
          }
        }
      }),
      { numRuns: 600 },
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
    for (const method of aggregateMethods.filter((one) => one !== 'count')) {
      expect(result?.[method]).toMatchObject({ value: null, status: 'Bad Data' });
    }
  });

  it('with bad samples only is Bad Data, and its count questionable', () => {
    const [result] = of([sample(3, null)], 10);
    expect(result?.count).toMatchObject({ value: 0, status: 'Questionable' });
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
    expect(result?.average).toMatchObject({ value: 3, status: 'Good' });
    expect(result?.total.value).toBe(6);
  });

  it('at the end may be shorter; a sample at the end of the range is in none', () => {
    const results = of([sample(0, 1), sample(10, 1), sample(25, 9)], 25, 10);
    expect(results.map(({ count }) => count.value)).toEqual([1, 1, 0]);
    expect(results.at(-1)?.average.value).toBeCloseTo(1 + (8 * 12.5) / 15, 12);
  });

  it('keeps the digits of large numbers that lie near each other', () => {
    const values = [4, 7, 13, 16].map((value, n) => sample(n * 10, 1e9 + value));
    const [result] = of([...values, sample(40, 1e9 + 16)], 40);
    expect(result?.stdDev.value).toBeCloseTo(Math.sqrt(30), 9);
  });

  it('of a constant has just that average', () => {
    const steps = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), steps, (value, all) => {
        let at = 0;
        const samples = [sample(0, value), ...all.map((step) => sample((at += step), value))];
        expect(of(samples, at)[0]?.average.value).toBe(value + 0);
      }),
    );
  });

  it('sums a million samples without losing any of them', () => {
    const aggregator = new Aggregator({
      borders: bordersOf(1_000_000, 1_000_000),
      shape: { interpolation: 'step', maximumInterpolation: undefined },
      now: START + 10_000_000n,
      numeric: true,
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
    expect(result?.stdDev).toMatchObject({ value: null, status: 'Bad Data' });
    expect(result?.max.value).toBe(most);
    expect(Math.abs(Number(result?.average.value)) / most).toBeLessThan(1e-15);
  });

  it('of a discrete signal averages its samples and has no total', () => {
    const samples = [sample(0, 1), sample(1, 2), sample(90, 6)];
    const shape = { interpolation: 'discrete', maximumInterpolation: undefined } as const;
    const [result] = aggregate({ samples, shape, length: 100 }, 100);
    expect([result?.average.value, result?.total.value]).toEqual([3, null]);
  });

  it('of text is refused where numbers are needed, and counted where not', () => {
    const options = { now: START + 5n };
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
