/** Signals from conditions and conditions from signals. Inferred are all details beyond the names of the functions. */
import { guidOf } from '../plant/guid.ts';
import type { ConditionData, SignalData } from '../plant/item.ts';
import { overlaps, type CapsuleSet } from '../series/capsules.ts';
import type { Sample, Series } from '../series/series.ts';
import { DAY } from '../series/time.ts';
import { interpolate } from '../series/window.ts';

/** Where the nearest border of a capsule is looked for. */
const REACH = 40n * DAY;

/** One signal within the capsules of a condition, another one outside. */
export function spliced(base: SignalData, insert: SignalData, capsules: CapsuleSet): SignalData {
  const isInside = (key: bigint): boolean => [...capsules.overlapping(key, key)].some(({ end }) => end !== key);
  const at = (key: bigint): Sample => ({ ...interpolate(isInside(key) ? insert : base, key), key });
  const nearest = (keys: readonly (bigint | undefined)[], better: (a: bigint, b: bigint) => boolean) => {
    const known = keys.filter((key) => key !== undefined);
    return known.length === 0 ? undefined : at(known.reduce((best, key) => (better(key, best) ? key : best)));
  };
  const series: Series = {
    *between(from, to) {
      // Day by day, so that a long range is not held at once.
      for (let start = from; start <= to; start += DAY) {
        const end = start + DAY - 1n < to ? start + DAY - 1n : to;
        const keys = new Set(bordersIn(capsules, start, end));
        for (const { key } of base.series.between(start, end)) if (!isInside(key)) keys.add(key);
        for (const { key } of insert.series.between(start, end)) if (isInside(key)) keys.add(key);
        for (const key of [...keys].sort((a, b) => (a < b ? -1 : 1))) yield at(key);
      }
    },
    before(time, inclusive) {
      const last = inclusive ? time : time - 1n;
      const border = [...bordersIn(capsules, last - REACH, last)].reduce<bigint | undefined>(
        (best, key) => (best === undefined || key > best ? key : best),
        undefined,
      );
      return nearest(
        [base.series.before(last, true)?.key, insert.series.before(last, true)?.key, border],
        (a, b) => a > b,
      );
    },
    after(time, inclusive) {
      const first = inclusive ? time : time + 1n;
      const [border] = [...bordersIn(capsules, first, first + REACH)].sort((a, b) => (a < b ? -1 : 1));
      return nearest(
        [base.series.after(first, true)?.key, insert.series.after(first, true)?.key, border],
        (a, b) => a < b,
      );
    },
  };
  return { ...base, series };
}

function* bordersIn(capsules: CapsuleSet, from: bigint, to: bigint): Generator<bigint> {
  for (const { start, end } of capsules.overlapping(from - 1n, to + 1n)) {
    for (const key of [start, end]) if (key !== undefined && key >= from && key <= to) yield key;
  }
}

/** A capsule from each sample to the next one, with its value as a property. */
export function conditionOfSamples(signal: SignalData): ConditionData {
  const { series, maxInterpolation, unit } = signal;
  return {
    maxDuration: maxInterpolation,
    declared: [{ name: 'Value', ...(unit === undefined || unit === 'string' ? {} : { unit }) }],
    capsules: {
      *overlapping(from, to) {
        let left = series.before(from, true);
        const rest = series.between(from + 1n, to)[Symbol.iterator]();
        while (left !== undefined) {
          const next = rest.next();
          const right: Sample | undefined =
            next.done === true ? series.after(to > left.key ? to : left.key, false) : next.value;
          const capsule = capsuleOf(left, right, maxInterpolation);
          if (capsule !== undefined && overlaps(capsule, from, to)) yield capsule;
          left = next.done === true ? undefined : right;
        }
      },
    },
  };
}

function capsuleOf({ key, value, uncertain }: Sample, next: Sample | undefined, longest: bigint) {
  if (value === undefined || (next !== undefined && next.key - key > longest)) return undefined;
  return {
    id: guidOf('sample', `${String(key)}/${String(value)}`),
    start: key,
    ...(next === undefined ? {} : { end: next.key }),
    ...(next === undefined || uncertain === true ? { uncertain: true } : {}),
    properties: [{ name: 'Value', value }],
  };
}
