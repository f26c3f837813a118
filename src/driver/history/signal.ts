/**
 * What a signal is between two neighbouring samples.
 *
 * | | between two good samples | next to a bad sample | after the newest sample |
 * | --- | --- | --- | --- |
 * | linear | a line | no value | no value |
 * | pilinear | a line | holds its value from a good sample up to a bad one | no value |
 * | step, and all text | holds its value | the same | holds its value, but not beyond now |
 * | discrete | no value | no value | no value |
 *
 * Nowhere is anything bridged that is longer than the signal's maximum interpolation. That lines and steps work so is
 * the vendor's published description; inferred are the rule of pilinear next to a bad sample, and that samples further
 * apart than the maximum interpolation have no value between them at all.
 */
import type { Nanoseconds } from '../../contract/instant.ts';
import type { ValueStatus } from '../../contract/values.ts';
import type { SeriesShape } from '../../sources/source.ts';
import { isBad, type Sample } from './sample.ts';

/** `line` from one to the other, `hold` the value of the left one, or `none`. */
export type Span = 'line' | 'hold' | 'none';

export type Bridging = Pick<SeriesShape, 'interpolation' | 'maximumInterpolation'>;

export function spanBetween(left: Sample, right: Sample, { interpolation, maximumInterpolation }: Bridging): Span {
  if (isBad(left) || interpolation === 'discrete') return 'none';
  if (maximumInterpolation !== undefined && right.at - left.at > maximumInterpolation) return 'none';
  if (interpolation === 'step' || typeof left.value !== 'number') return 'hold';
  if (typeof right.value === 'number' && !isBad(right)) return 'line';
  return interpolation === 'pilinear' ? 'hold' : 'none';
}

/** How far the newest sample holds; undefined when it does not. */
export function holdsUntil(newest: Sample, shape: Bridging, now: Nanoseconds): Nanoseconds | undefined {
  const { interpolation, maximumInterpolation } = shape;
  const holds = interpolation === 'step' || (interpolation !== 'discrete' && typeof newest.value !== 'number');
  if (!holds || isBad(newest) || newest.at >= now) return undefined;
  const longest = maximumInterpolation === undefined ? now : newest.at + maximumInterpolation;
  return longest < now ? longest : now;
}

/** The value of the line from one sample to another at a time between them. */
export function onLine(left: Sample, right: Sample, at: Nanoseconds): number {
  const [from, to] = [Number(left.value), Number(right.value)];
  return between(from, to, Number(at - left.at) / Number(right.at - left.at));
}

/** The mean of that line from one time to another, which is its value halfway. */
export function meanOfLine(left: Sample, right: Sample, from: Nanoseconds, to: Nanoseconds): number {
  const [a, b] = [Number(left.value), Number(right.value)];
  return between(a, b, Number(from - left.at + (to - left.at)) / (2 * Number(right.at - left.at)));
}

function between(from: number, to: number, share: number): number {
  const difference = to - from;
  // The difference of two numbers may be too large for a number, while everything between them is not.
  return Number.isFinite(difference) ? from + difference * share : from * (1 - share) + to * share;
}

/** Status of what lies between two samples and has a value: it may still change as long as one of them may. */
export function statusBetween(left: Sample, right: Sample): ValueStatus {
  return left.status === 'Questionable' || right.status === 'Questionable' ? 'Questionable' : 'Good';
}
