/**
 * The value of a signal between two adjacent samples.
 *
 * | | between two good samples | next to a bad sample | after the newest sample | | --- | --- | --- | --- | | linear |
 * a line | no value | no value | | pilinear | a line | holds its value from a good sample up to a bad one | no value |
 * | step, and all text | holds its value | the same | holds its value up to now | | discrete | no value | no value | no
 * value |
 *
 * Between samples that are further apart than the signal's maximum interpolation there is no value. After the newest
 * sample a value is held only if the sample is not older than the maximum interpolation: a step whose source has been
 * silent for longer has no value since that sample. The vendor's published description covers lines, steps and the
 * newest sample. Inferred are the rule of pilinear next to a bad sample, and that samples further apart than the
 * maximum interpolation have no value between them. A constant has its value at every instant.
 */
import { MAX_INSTANT, type Nanoseconds } from '../../contract/time/instant.ts';
import type { ValueStatus } from '../../contract/values.ts';
import type { SeriesShape } from '../../sources/source.ts';
import { isBad, type Sample } from './sample.ts';

/** `line` between both values, `hold` the value of the left one, or `none`. */
export type Span = 'line' | 'hold' | 'none';

export type Bridging = Pick<SeriesShape, 'interpolation' | 'maximumInterpolation' | 'constant'>;

export function spanBetween(left: Sample, right: Sample, { interpolation, maximumInterpolation }: Bridging): Span {
  if (isBad(left) || interpolation === 'discrete') return 'none';
  if (maximumInterpolation !== undefined && right.at - left.at > maximumInterpolation) return 'none';
  if (interpolation === 'step' || typeof left.value !== 'number') return 'hold';
  if (typeof right.value === 'number' && !isBad(right)) return 'line';
  return interpolation === 'pilinear' ? 'hold' : 'none';
}

/** Until when the newest sample of the series is held, inclusive. Undefined if it is not. */
export function holdsUntil(newest: Sample, shape: Bridging, now: Nanoseconds): Nanoseconds | undefined {
  const { interpolation, maximumInterpolation, constant } = shape;
  const holds = interpolation === 'step' || (interpolation !== 'discrete' && typeof newest.value !== 'number');
  if (!holds || isBad(newest)) return undefined;
  if (constant !== undefined) return MAX_INSTANT;
  const age = now - newest.at;
  if (age <= 0n || (maximumInterpolation !== undefined && age > maximumInterpolation)) return undefined;
  return now;
}

/** The value on the line between two samples at a time between them. */
export function onLine(left: Sample, right: Sample, at: Nanoseconds): number {
  const [from, to] = [Number(left.value), Number(right.value)];
  return between(from, to, Number(at - left.at) / Number(right.at - left.at));
}

/** The mean of that line between two times, which is its value halfway. */
export function meanOfLine(left: Sample, right: Sample, from: Nanoseconds, to: Nanoseconds): number {
  const [a, b] = [Number(left.value), Number(right.value)];
  return between(a, b, Number(from - left.at + (to - left.at)) / (2 * Number(right.at - left.at)));
}

/** A value on the line. Rounding must not move it outside of its ends, nor beyond the largest number. */
function between(from: number, to: number, share: number): number {
  const difference = to - from;
  // The difference of two numbers may overflow, while all values between them are finite.
  const value = Number.isFinite(difference) ? from + difference * share : from * (1 - share) + to * share;
  return Math.min(Math.max(value, Math.min(from, to)), Math.max(from, to));
}

/** Status of a value between two samples: it may still change as long as one of them may. */
export function statusBetween(left: Sample, right: Sample): ValueStatus {
  return left.status === 'Questionable' || right.status === 'Questionable' ? 'Questionable' : 'Good';
}
