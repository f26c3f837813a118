/** The samples that a request for a range gets: borders, interpolation, even grids and inflation. */
import { SeeqError } from '../http/errors.ts';
import type { SignalData } from '../plant/item.ts';
import type { Sample } from './series.ts';
import { floorDiv } from './time.ts';

export type Boundary = 'Outside' | 'Inclusive' | 'Interpolate';

export interface Window {
  readonly start: bigint;
  readonly end: bigint;
  readonly boundary: Boundary;
  /** Even grid in nanoseconds; undefined for the samples as they are. */
  readonly period?: bigint | undefined;
  readonly inflate?: boolean | undefined;
}

/** No request makes more points than this; far above a page, it only keeps a grid of one nanosecond from hanging. */
const MOST_GRID_POINTS = 100_000_000n;

/**
 * The samples of a window, ascending; from a key on where a page before it has given the earlier ones.
 *
 * Outside adds the nearest sample at or before the start and at or after the end, Inclusive gives only what lies
 * inside, Interpolate makes samples at start and end. [Inferred from the names; one sample outside each border is
 * attested.] The points of a grid are whole multiples of the period since 1970. [Inferred.]
 */
export function samplesOf(signal: SignalData, window: Window, from?: bigint): Iterable<Sample> {
  if (window.end < window.start) throw new SeeqError(400, 'The end of the range lies before its start');
  // Inflation needs the sample before each one, so it begins at the start and skips.
  const resume = window.inflate === true ? undefined : from;
  const samples =
    window.period === undefined ? recorded(signal, window, resume) : onGrid(signal, window, window.period, resume);
  return window.inflate === true ? skipTo(inflated(signal, samples), from) : samples;
}

function* recorded(signal: SignalData, { start, end, boundary }: Window, from = -(2n ** 80n)): Generator<Sample> {
  const { series } = signal;
  let last: bigint | undefined;
  const first = boundary === 'Outside' ? series.before(start, true) : undefined;
  if (first !== undefined && first.key < start && first.key >= from) yield first;
  if (boundary === 'Interpolate' && from <= start && series.before(start, true)?.key !== start) {
    yield interpolate(signal, start);
  }
  for (const sample of series.between(from > start ? from : start, end)) {
    last = sample.key;
    yield sample;
  }
  if (last === end) return;
  if (boundary === 'Interpolate' && start !== end) yield interpolate(signal, end);
  if (boundary === 'Outside') {
    const next = series.after(end, false);
    if (next !== undefined) yield next;
  }
}

function* onGrid(
  signal: SignalData,
  { start, end, boundary }: Window,
  period: bigint,
  from?: bigint,
): Generator<Sample> {
  if (period <= 0n) throw new SeeqError(400, 'The period must be longer than nothing');
  if ((end - start) / period > MOST_GRID_POINTS) throw new SeeqError(400, 'The period is too short for this range');
  const inner = -floorDiv(-start, period);
  const outer = boundary === 'Outside' ? floorDiv(start, period) : inner;
  const last = boundary === 'Outside' ? -floorDiv(-end, period) : floorDiv(end, period);
  const resume = from === undefined ? outer : -floorDiv(-from, period);
  for (let index = resume > outer ? resume : outer; index <= last; index += 1n)
    yield interpolate(signal, index * period);
}

/** The value at a time by the signal's own interpolation; without value outside the data or in a gap. */
export function interpolate(signal: SignalData, key: bigint): Sample {
  const left = signal.series.before(key, true);
  if (left?.key === key) return left;
  return interpolateBetween(signal, left, signal.series.after(key, true), key);
}

/** The same, with the samples next to the key known: the one before it and the one after it. */
export function interpolateBetween(
  signal: SignalData,
  left: Sample | undefined,
  right: Sample | undefined,
  key: bigint,
): Sample {
  if (left?.value === undefined || signal.interpolation === 'Discrete') return { key };
  if (right === undefined) {
    const until = heldUntil(signal, left);
    return until !== undefined && key <= until ? { key, value: left.value, uncertain: true } : { key };
  }
  if (right.key - left.key > signal.maxInterpolation) return { key };
  const uncertain = left.uncertain === true || right.uncertain === true;
  if (signal.interpolation === 'Step' || typeof left.value === 'string') return { key, value: left.value, uncertain };
  if (typeof right.value !== 'number') {
    // [Inferred: up to a bad sample the last good value holds.]
    return signal.interpolation === 'PILinear' ? { key, value: left.value } : { key };
  }
  const share = Number(key - left.key) / Number(right.key - left.key);
  return { key, value: left.value + (right.value - left.value) * share, uncertain };
}

/**
 * Up to when the newest sample of a signal holds: that of a step to the present, unless its age is more than the maximum
 * interpolation, as the vendor's page on interpolation says. That text holds like a step is inferred.
 */
export function heldUntil(signal: SignalData, newest: Sample): bigint | undefined {
  const { interpolation, maxInterpolation, now } = signal;
  const holds = interpolation === 'Step' || (interpolation !== 'Discrete' && typeof newest.value === 'string');
  if (newest.value === undefined || !holds) return undefined;
  if (now === undefined) return newest.key + maxInterpolation;
  const moment = now();
  return moment > newest.key && moment - newest.key <= maxInterpolation ? moment : undefined;
}

/**
 * Adds samples so that straight lines through them draw the signal: the old value just before a step, and an invalid
 * sample in a gap longer than the maximum interpolation. [Inferred: where exactly they go is not documented.]
 */
function* inflated(signal: SignalData, samples: Iterable<Sample>): Generator<Sample> {
  let left: Sample | undefined;
  for (const sample of samples) {
    if (left?.value !== undefined) {
      if (sample.key - left.key > signal.maxInterpolation) yield { key: left.key + 1n };
      else if (signal.interpolation === 'Step' && sample.value !== left.value && sample.key - left.key > 1n) {
        yield { key: sample.key - 1n, value: left.value, uncertain: left.uncertain === true };
      }
    }
    yield sample;
    left = sample;
  }
}

function* skipTo(samples: Iterable<Sample>, from: bigint | undefined): Generator<Sample> {
  for (const sample of samples) if (from === undefined || sample.key >= from) yield sample;
}

export type Lookup = 'Interpolate' | 'Before' | 'AtOrBefore' | 'At' | 'AtOrAfter' | 'After';

/** The sample at, before or after a time; undefined where there is none. */
export function lookUp(signal: SignalData, key: bigint, lookup: Lookup): Sample | undefined {
  const { series } = signal;
  switch (lookup) {
    case 'Before':
      return series.before(key, false);
    case 'AtOrBefore':
      return series.before(key, true);
    case 'At': {
      const sample = series.before(key, true);
      return sample?.key === key ? sample : undefined;
    }
    case 'AtOrAfter':
      return series.after(key, true);
    case 'After':
      return series.after(key, false);
    case 'Interpolate': {
      const sample = interpolate(signal, key);
      return sample.value === undefined && sample.key !== series.before(key, true)?.key ? undefined : sample;
    }
  }
}
