/** What a plot promises, for any series: the same envelope, ends, order and gaps; real samples only; never too many. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TimeRange } from '../../../../src/contract/time/time.ts';
import { type Intervals, intervalsOf } from '../../../../src/driver/history/grid.ts';
import { isGap, type Plot, PlotReducer } from '../../../../src/driver/history/plot-reducer.ts';
import type { Sample } from '../../../../src/driver/history/sample.ts';
import { limits } from '../../../support/driver.ts';
import { type Described, isBad, offset, sample, series, START } from './support.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const evenly = (range: TimeRange, count: number): Intervals => intervalsOf({ count }, range, 'UTC', limits);

function reduce({ samples, shape, length }: Described, intervals: number): Plot {
  const range = { start: START, end: START + BigInt(length) };
  const reducer = new PlotReducer(range, evenly(range, intervals), shape);
  for (const one of samples) reducer.add(one);
  return reducer.end();
}

/** The samples of which a plot may show any: those in the range, and the nearest one on either side. */
function shown({ samples, length }: Described): Sample[] {
  const before = samples.filter((one) => offset(one) < 0).slice(-1);
  const inside = samples.filter((one) => offset(one) >= 0 && offset(one) <= length);
  return [...before, ...inside, ...samples.filter((one) => offset(one) > length).slice(0, 1)];
}

/** The samples of each interval, those outside of the range left out. */
function byInterval(samples: Sample[], length: number, intervals: number): Map<number, Sample[]> {
  const groups = new Map<number, Sample[]>();
  const all = Array.from({ length: intervals }, (_unused, n) => Math.floor((length * n) / intervals));
  // The end belongs to the last interval.
  const borders = all.filter((border) => border === 0 || border < length);
  for (const one of samples) {
    const at = offset(one);
    if (at < 0 || at > length) continue;
    const index = borders.findLastIndex((border) => border <= at);
    groups.set(index, [...(groups.get(index) ?? []), one]);
  }
  return groups;
}

const numbersOf = (samples: Sample[]): number[] =>
  samples.filter((one) => !isBad(one)).flatMap(({ value }) => (typeof value === 'number' ? [value] : []));

/** Without what the reducer adds. */
const plain = ({ time, at, value, status, state }: Sample): Sample => ({ time, at, value, status, state });

const cases = fc.tuple(
  series('numbers and text'),
  fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12 })),
);

function check(property: (described: Described, intervals: number, plot: Plot) => void): void {
  fc.assert(
    fc.property(cases, ([described, intervals]) => {
      property(described, intervals, reduce(described, intervals));
    }),
    { numRuns: propertyRuns(1000) },
  );
}

describe('for any series and any number of intervals', () => {
  it('the envelope of each interval is that of all samples', () => {
    check(({ samples, length }, intervals, plot) => {
      const raw = byInterval(samples, length, intervals);
      const kept = byInterval(plot.samples, length, intervals);
      expect([...kept.keys()]).toEqual([...raw.keys()]);
      for (const [index, all] of raw) {
        const [want, have] = [numbersOf(all), numbersOf(kept.get(index) ?? [])];
        expect([Math.min(...have), Math.max(...have)]).toEqual([Math.min(...want), Math.max(...want)]);
      }
    });
  });

  it('there are never more samples than 5 x intervals + 2, and all of them while they are not more', () => {
    check((described, intervals, plot) => {
      const most = 5 * (described.length === 0 ? 1 : intervals) + 2;
      const all = shown(described);
      expect(plot.samples.length).toBeLessThanOrEqual(most);
      expect(plot.reduced).toBe(all.length > most);
      if (!plot.reduced) expect(plot.samples.map(plain)).toEqual(all);
    });
  });

  it('only real samples are kept, in their order, each once, with their status', () => {
    check(({ samples }, _intervals, plot) => {
      for (const [n, one] of plot.samples.entries()) {
        expect(plain(one)).toEqual(samples[one.position]);
        expect(one.position).toBeGreaterThan(plot.samples[n - 1]?.position ?? -1);
      }
    });
  });

  it('the newest sample of all is kept, and so is the one before the range', () => {
    check((described, _intervals, { samples }) => {
      const all = shown(described);
      expect(samples.map(plain).at(-1)).toEqual(all.at(-1));
      const before = all.find((one) => offset(one) < 0);
      if (before) expect(samples.map(plain).at(0)).toEqual(before);
    });
  });

  it('each interval keeps its first and its last good sample, also beside bad ones', () => {
    check(({ samples, length }, intervals, plot) => {
      const kept = byInterval(plot.samples, length, intervals);
      for (const [index, all] of byInterval(samples, length, intervals)) {
        const [want, have] = [all, (kept.get(index) ?? []).map(plain)].map((some) => some.filter((one) => !isBad(one)));
        expect([have?.at(0), have?.at(-1)]).toEqual([want?.at(0), want?.at(-1)]);
      }
    });
  });

  it('zooming out never removes the newest good sample', () => {
    check((described, intervals) => {
      for (const out of [0, 7, 100, 5000]) {
        const range = { start: START - BigInt(out), end: START + BigInt(described.length) };
        const reducer = new PlotReducer(range, evenly(range, intervals), described.shape);
        for (const one of described.samples) reducer.add(one);
        const newest = shown(described).findLast((one) => !isBad(one) && offset(one) <= described.length);
        if (newest) expect(reducer.end().samples.map(plain)).toContainEqual(newest);
      }
    });
  });

  it('an interval with bad samples shows one of them', () => {
    check(({ samples, length }, intervals, plot) => {
      const kept = byInterval(plot.samples, length, intervals);
      for (const [index, all] of byInterval(samples, length, intervals)) {
        expect((kept.get(index) ?? []).some(isBad)).toBe(all.some(isBad));
      }
    });
  });

  it('a gap is marked between two kept samples where one or a bad sample lies between them, and nowhere else', () => {
    check((described, _intervals, { samples: kept }) => {
      const { samples, shape } = described;
      const longest = shape.interpolation === 'discrete' ? 0n : shape.maximumInterpolation;
      for (const [n, right] of kept.entries()) {
        const left = kept[n - 1];
        if (!left) continue;
        const between = samples.slice(left.position, right.position + 1);
        const isTooFar = between.some((one, at) => {
          const next = between[at + 1];
          return next !== undefined && longest !== undefined && next.at - one.at > longest;
        });
        const hidesBad = between.slice(1, -1).some(isBad);
        expect(isGap(left, right)).toBe(isTooFar || hidesBad);
      }
    });
  });

  it('text and steps keep all changes of an interval whose samples of note are not more than five', () => {
    check((described, intervals, plot) => {
      const { samples, length, shape } = described;
      const kept = new Set(plot.samples.map(({ position }) => position));
      const positions = new Map(samples.map((one, position) => [one, position]));
      for (const all of byInterval(samples, length, intervals).values()) {
        const changes = all.filter((one) => {
          const before = samples[(positions.get(one) ?? 0) - 1];
          return before && (isBad(before) !== isBad(one) || (steps(shape, one) && before.value !== one.value));
        });
        const numbers = numbersOf(all);
        const lowest = all.find(({ value }) => value === Math.min(...numbers));
        const highest = all.find(({ value }) => value === Math.max(...numbers));
        const good = all.filter((one) => !isBad(one));
        const bad = all.slice(-1).find(isBad) ?? all.find(isBad);
        const note = new Set([all[0], good[0], good.at(-1), lowest, highest, bad, ...changes]);
        note.delete(undefined);
        if (note.size > 5) continue;
        for (const change of changes) expect(kept.has(positions.get(change) ?? -1)).toBe(true);
      }
    });
  });
});

const steps = ({ interpolation }: Described['shape'], { value }: Sample): boolean =>
  interpolation === 'step' || typeof value !== 'number';
describe('a plot', () => {
  const linear = { interpolation: 'linear', maximumInterpolation: undefined } as const;

  it('of a saw tooth touches every tooth', () => {
    const samples = Array.from({ length: 1000 }, (_unused, n) =>
      sample(n, n % 10 === 5 ? 100 + n : n % 10 === 7 ? -n : 0),
    );
    const { samples: kept, reduced } = reduce({ samples, shape: linear, length: 1000 }, 100);
    expect(reduced).toBe(true);
    expect(numbersOf(kept).filter((value) => value >= 100)).toHaveLength(100);
    expect(numbersOf(kept).filter((value) => value < 0)).toHaveLength(100);
    expect(kept).toHaveLength(400);
  });

  it('lets what quiet intervals leave be used for a burst of changes', () => {
    const quiet = Array.from({ length: 900 }, (_unused, n) => sample(n, 'RUN'));
    const burst = Array.from({ length: 20 }, (_unused, n) => sample(900 + n, n % 2 === 0 ? 'STOP' : 'RUN'));
    const samples = [...quiet, ...burst, sample(1000, 'RUN')];
    const shape = { interpolation: 'step', maximumInterpolation: undefined } as const;
    const kept = reduce({ samples, shape, length: 1000 }, 20).samples;
    expect(kept.filter(({ at }) => at >= START + 900n).map(({ value }) => value)).toEqual([
      ...burst.map(({ value }) => value),
      'RUN',
    ]);
  });

  it('holds a bounded number of samples however long the series is', () => {
    const range = { start: START, end: START + 10_000_000n };
    const reducer = new PlotReducer(range, evenly(range, 10), linear);
    for (let n = 0; n < 300_000; n++) reducer.add(sample(n * 33, Math.sin(n)));
    expect(reducer.end().samples).toHaveLength(40);
  });

  it('of a range without length shows its only moment', () => {
    const samples = [sample(-5, 1), ...[3, 9, 1, 5, 2, 4, 7].map((value) => sample(0, value)), sample(5, 2)];
    const { samples: kept } = reduce({ samples, shape: linear, length: 0 }, 1);
    expect(kept.map(({ value }) => value)).toEqual([1, 3, 9, 1, 7, 2]);
  });

  it('of long texts has as many as fit, and the newest ones', () => {
    const text = 'x'.repeat(1_000_000);
    const shape = { interpolation: 'step', maximumInterpolation: undefined } as const;
    for (const count of [20, 40, 100]) {
      const samples = Array.from({ length: count }, (_unused, n) => sample(n, `${text}${n}`));
      const { samples: kept, reduced } = reduce({ samples, shape, length: count }, count);
      expect(reduced).toBe(true);
      expect(kept.length).toBeGreaterThan(7);
      expect(kept.length).toBeLessThan(18);
      expect(kept.at(-1)?.value).toBe(`${text}${count - 1}`);
    }
  });
});
