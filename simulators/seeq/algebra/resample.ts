/**
 * A signal on an even grid, interpolated from another one. Its maximum interpolation is the period. There are no
 * points outside the data; a point in a gap that is too long to interpolate over is invalid. Every point of a signal
 * without samples is invalid. [The maximum interpolation and the last are attested, the rest inferred.]
 */
import type { SignalData } from '../plant/item.ts';
import type { Sample, Series } from '../series/series.ts';
import { floorDiv } from '../series/time.ts';
import { heldUntil, interpolate } from '../series/window.ts';

/** @param origin one point of the grid, nanoseconds since 1970 */
export function resampled(signal: SignalData, period: bigint, origin = 0n): SignalData {
  // What the unit was in the source says nothing about calculated values.
  const { sourceUnit: _source, ...rest } = signal;
  return { ...rest, series: grid(signal, period, origin), maxInterpolation: period };
}

function grid(signal: SignalData, period: bigint, origin: bigint): Series {
  const { series } = signal;
  const keyAtOrBefore = (time: bigint): bigint => floorDiv(time - origin, period) * period + origin;
  const keyAtOrAfter = (time: bigint): bigint => -floorDiv(-(time - origin), period) * period + origin;
  /** The last time up to `time` that the data covers; undefined where all data come later. */
  const coveredBefore = (time: bigint): bigint | undefined => {
    if (series.after(time, true) !== undefined) return series.before(time, true) === undefined ? undefined : time;
    const last = series.before(time, true);
    if (last === undefined) return undefined;
    // A step may hold beyond the newest sample, a line does not.
    const until = heldUntil(signal, last) ?? last.key;
    return until < time ? until : time;
  };
  /** The first time from `time` on that the data covers; undefined where all data are earlier. */
  const coveredAfter = (time: bigint): bigint | undefined => {
    const left = series.before(time, true);
    const right = series.after(time, true);
    if (left === undefined) return right?.key;
    if (right !== undefined) return time;
    return (heldUntil(signal, left) ?? left.key) >= time ? time : undefined;
  };
  const isEmpty = (time: bigint): boolean =>
    series.before(time, true) === undefined && series.after(time, true) === undefined;
  return {
    *between(from, to) {
      if (isEmpty(from)) {
        for (let key = keyAtOrAfter(from); key <= to; key += period) yield { key };
        return;
      }
      const first = coveredAfter(from);
      const last = coveredBefore(to);
      if (first === undefined || last === undefined) return;
      for (let key = keyAtOrAfter(first); key <= last; key += period) yield interpolate(signal, key);
    },
    before(time, inclusive) {
      if (isEmpty(time)) return { key: keyAtOrBefore(inclusive ? time : time - 1n) };
      const covered = coveredBefore(inclusive ? time : time - 1n);
      if (covered === undefined) return undefined;
      return pointIn(signal, keyAtOrBefore(covered), coveredAfter);
    },
    after(time, inclusive) {
      if (isEmpty(time)) return { key: keyAtOrAfter(inclusive ? time : time + 1n) };
      const covered = coveredAfter(inclusive ? time : time + 1n);
      if (covered === undefined) return undefined;
      return pointIn(signal, keyAtOrAfter(covered), (key) => coveredBefore(key));
    },
  };
}

/** The point at a key, unless the data ends between it and where it was looked for. */
function pointIn(signal: SignalData, key: bigint, covered: (key: bigint) => bigint | undefined): Sample | undefined {
  return covered(key) === key ? interpolate(signal, key) : undefined;
}
