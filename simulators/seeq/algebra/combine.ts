/** A signal calculated from two: at every key of either, the other one interpolated. */
import type { SignalData } from '../plant/item.ts';
import type { Sample, Series } from '../series/series.ts';
import { interpolate, interpolateBetween } from '../series/window.ts';

/** Undefined makes an invalid sample. */
export type Operation = (a: number | string, b: number | string) => number | string | undefined;

export function combined(a: SignalData, b: SignalData, operation: Operation): Series {
  const join = (key: bigint, left: Sample, right: Sample): Sample => {
    const value =
      left.value === undefined || right.value === undefined ? undefined : operation(left.value, right.value);
    const uncertain = left.uncertain === true || right.uncertain === true;
    return { key, ...(value === undefined ? {} : { value }), ...(uncertain ? { uncertain } : {}) };
  };
  const at = (key: bigint): Sample => join(key, interpolate(a, key), interpolate(b, key));
  const ends = (keys: readonly (bigint | undefined)[], better: (x: bigint, y: bigint) => boolean) => {
    const known = keys.filter((key) => key !== undefined);
    return known.length === 0 ? undefined : at(known.reduce((best, key) => (better(key, best) ? key : best)));
  };
  return {
    *between(from, to) {
      const [left, right] = [runner(a, from, to), runner(b, from, to)];
      for (const key of keysOf(a.series.between(from, to), b.series.between(from, to))) {
        yield join(key, left(key), right(key));
      }
    },
    before: (time, inclusive) =>
      ends([a.series.before(time, inclusive)?.key, b.series.before(time, inclusive)?.key], (x, y) => x > y),
    after: (time, inclusive) =>
      ends([a.series.after(time, inclusive)?.key, b.series.after(time, inclusive)?.key], (x, y) => x < y),
  };
}

/** Interpolates at ascending keys of a range in one pass over the samples. */
function runner(signal: SignalData, from: bigint, to: bigint): (key: bigint) => Sample {
  const samples = signal.series.between(from, to)[Symbol.iterator]();
  let left = signal.series.before(from, false);
  let next = samples.next();
  return (key) => {
    while (next.done !== true && next.value.key <= key) {
      left = next.value;
      next = samples.next();
    }
    if (left?.key === key) return left;
    return interpolateBetween(signal, left, next.done === true ? signal.series.after(to, false) : next.value, key);
  };
}

/** The keys of both, ascending, each once. */
function* keysOf(a: Iterable<Sample>, b: Iterable<Sample>): Generator<bigint> {
  const [left, right] = [a[Symbol.iterator](), b[Symbol.iterator]()];
  let [x, y] = [left.next(), right.next()];
  let last: bigint | undefined;
  while (x.done !== true || y.done !== true) {
    let key: bigint;
    if (y.done === true || (x.done !== true && x.value.key <= y.value.key)) {
      key = (x.value as Sample).key;
      x = left.next();
    } else {
      key = y.value.key;
      y = right.next();
    }
    if (key !== last) yield key;
    last = key;
  }
}
