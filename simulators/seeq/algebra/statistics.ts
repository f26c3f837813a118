/**
 * Statistics of a signal over a time range. The names are those that the vendor's clients use. Inferred are the exact
 * meanings: an average weighs by time, as do totals, along the interpolated signal; the others take the samples from
 * the start of the range to just before its end.
 */
import type { SignalData } from '../plant/item.ts';
import type { Sample } from '../series/series.ts';
import { interpolate, samplesOf } from '../series/window.ts';
import { paced, type Work } from './work.ts';

export interface Range {
  readonly start: bigint;
  readonly end: bigint;
}

export interface Statistic {
  /** As the vendor writes it. */
  readonly name: string;
  /** Text signals have it too. */
  readonly ofText?: boolean;
  /** Unit of the result from the unit of the signal. */
  readonly unit: (unit: string) => string;
  /** Undefined where there is nothing to tell. */
  readonly over: (signal: SignalData, range: Range) => Work<number | string | undefined>;
}

const NANOS = 1e9;
const same = (unit: string): string => unit;
const none = (): string => '';

/** Values of the samples in the range, valid ones only. */
function* valuesIn({ series }: SignalData, { start, end }: Range): Work<number[]> {
  const values: number[] = [];
  yield* paced(series.between(start, start === end ? end : end - 1n), ({ value }) => {
    if (typeof value === 'number') values.push(value);
  });
  return values;
}

function ofValues(compute: (values: readonly number[]) => number | undefined): Statistic['over'] {
  return function* over(signal, range) {
    return compute(yield* valuesIn(signal, range));
  };
}

/** Area under the signal in value times seconds, and the seconds for which it has a value. */
function* area(signal: SignalData, range: Range): Work<{ area: number; seconds: number; last: number | undefined }> {
  let sum = 0;
  let seconds = 0;
  let left: Sample | undefined;
  let last: number | undefined;
  const isRecorded = signal.series.before(range.end, true)?.key === range.end;
  yield* paced(samplesOf(signal, { ...range, boundary: 'Interpolate' }), (right) => {
    // Where the signal has no value at the end of the range, it has none since the sample before that.
    const isOver = right.key === range.end && right.value === undefined && !isRecorded;
    if (left !== undefined && typeof left.value === 'number') {
      last = left.value;
      const gap = right.key - left.key;
      const width = Number(gap) / NANOS;
      const ending = endOfPart(signal, left.value, right);
      if (gap <= signal.maxInterpolation && ending !== undefined && !isOver) {
        sum += ((left.value + ending) / 2) * width;
        seconds += width;
      }
    }
    left = right;
  });
  return { area: sum, seconds, last: typeof left?.value === 'number' ? left.value : last };
}

/** The value just before the next sample; undefined where the signal has none between the two. */
function endOfPart({ interpolation }: SignalData, value: number, next: Sample): number | undefined {
  if (interpolation === 'Discrete') return undefined;
  if (interpolation === 'Step') return value;
  if (typeof next.value === 'number') return next.value;
  return interpolation === 'PILinear' ? value : undefined;
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}

function quantile(values: readonly number[], share: number): number | undefined {
  const order = sorted(values);
  const place = share * (order.length - 1);
  const low = order[Math.floor(place)];
  const high = order[Math.ceil(place)];
  return low === undefined || high === undefined ? undefined : low + (high - low) * (place - Math.floor(place));
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : total(values) / values.length;
}

function deviation(values: readonly number[]): number | undefined {
  if (values.length < 2) return undefined;
  const middle = total(values) / values.length;
  return Math.sqrt(total(values.map((value) => (value - middle) ** 2)) / (values.length - 1));
}

/** A rate per hour that is totalled loses the time, another unit gains seconds. [Inferred.] */
const PER_TIME: Readonly<Record<string, number>> = { h: 3600, min: 60, s: 1 };

function totalOf(unit: string): { unit: string; seconds: number } {
  const [, amount, per] = /^(.+)\/(h|min|s)$/.exec(unit) ?? [];
  if (amount !== undefined && per !== undefined) return { unit: amount, seconds: PER_TIME[per] ?? 1 };
  return { unit: unit === '' ? 's' : `${unit}·s`, seconds: 1 };
}

const extreme = (better: (a: number, b: number) => boolean): Statistic['over'] =>
  ofValues((values) =>
    values.reduce<number | undefined>((best, v) => (best === undefined || better(v, best) ? v : best), undefined),
  );

export const average: Statistic = {
  name: 'average',
  unit: same,
  *over(signal, range) {
    // Between discrete samples there is no time to weigh by. [Inferred.]
    if (signal.interpolation === 'Discrete') return mean(yield* valuesIn(signal, range));
    const { area: sum, seconds, last } = yield* area(signal, range);
    return seconds > 0 ? sum / seconds : last;
  },
};

export const totalized: Statistic = {
  name: 'totalized',
  unit: (unit) => totalOf(unit).unit,
  *over(signal, range) {
    const { area: sum, seconds } = yield* area(signal, range);
    return seconds > 0 ? sum / totalOf(signal.unit ?? '').seconds : undefined;
  },
};

export const count: Statistic = {
  name: 'count',
  ofText: true,
  unit: none,
  *over({ series }, { start, end }) {
    let found = 0;
    yield* paced(series.between(start, start === end ? end : end - 1n), ({ value }) => {
      if (value !== undefined) found += 1;
    });
    return found;
  },
};

export const maximum: Statistic = { name: 'maxValue', unit: same, over: extreme((a, b) => a > b) };
export const minimum: Statistic = { name: 'minValue', unit: same, over: extreme((a, b) => a < b) };
export const median: Statistic = { name: 'median', unit: same, over: ofValues((values) => quantile(values, 0.5)) };
export const standardDeviation: Statistic = { name: 'stdDev', unit: same, over: ofValues(deviation) };
export const sum: Statistic = {
  name: 'sum',
  unit: same,
  over: ofValues((values) => (values.length === 0 ? undefined : total(values))),
};
export const range: Statistic = {
  name: 'range',
  unit: same,
  over: ofValues((values) =>
    values.length === 0 ? undefined : (sorted(values).at(-1) ?? 0) - (sorted(values)[0] ?? 0),
  ),
};

/** @param percent 0 to 100 */
export function percentile(percent: number): Statistic {
  return { name: 'percentile', unit: same, over: ofValues((values) => quantile(values, percent / 100)) };
}

/** The value at one end of the range: interpolated, or of the nearest sample inside. */
export function valueAt(end: 'start' | 'end', interpolated: boolean): Statistic {
  return {
    name: `${end}Value`,
    ofText: true,
    unit: same,
    *over(signal, window) {
      if (interpolated) return interpolate(signal, window[end]).value;
      const found = end === 'start' ? signal.series.after(window.start, true) : signal.series.before(window.end, true);
      yield;
      return found === undefined || found.key < window.start || found.key > window.end ? undefined : found.value;
    },
  };
}

function* change(signal: SignalData, window: Range): Work<number | undefined> {
  const first = yield* valueAt('start', true).over(signal, window);
  const last = yield* valueAt('end', true).over(signal, window);
  return typeof first === 'number' && typeof last === 'number' ? last - first : undefined;
}

export const delta: Statistic = { name: 'delta', unit: same, over: change };

/** @param per unit of time that the change is related to */
export function rate(per: 's' | 'min' | 'h' | 'day'): Statistic {
  const seconds = { s: 1, min: 60, h: 3600, day: 86_400 }[per];
  return {
    name: 'rate',
    unit: (unit) => (unit === '' ? `1/${per}` : `${unit}/${per}`),
    *over(signal, window) {
      const difference = yield* change(signal, window);
      const width = Number(window.end - window.start) / NANOS;
      return difference === undefined || width === 0 ? undefined : (difference / width) * seconds;
    },
  };
}
