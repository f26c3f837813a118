/**
 * The statistics of one interval, filled while its samples pass by.
 *
 * `average` and `total` follow the signal in time, from the border of the interval on; a stretch without a value counts
 * neither as time nor as zero. All others look at the recorded samples in the interval. Bad samples are left out.
 */
import type { AggregateMethod } from '../../contract/functions/data.ts';
import type { Stamp } from '../../contract/functions/grid.ts';
import { formatInstant, type Nanoseconds } from '../../contract/instant.ts';
import type { ScalarValue } from '../../contract/values.ts';
import type { WrittenSample } from './pieces.ts';
import { isBad, type Sample } from './sample.ts';
import { Spread, Sum } from './sum.ts';

/** Methods that text has too. */
export const TEXT_METHODS: ReadonlySet<AggregateMethod> = new Set(['count', 'first', 'last']);
const OF_TIME: ReadonlySet<AggregateMethod> = new Set(['average', 'total']);

const NS_PER_S = 1e9;

type Found = { value: ScalarValue; state: number | null } | undefined;

export class IntervalStatistics {
  readonly start: Nanoseconds;
  /** Not part of it. */
  readonly end: Nanoseconds;
  /** Scale of the weights: a power of two, so that it costs no digit, and the weights together are at most 1. */
  readonly #scale: number;
  #count = 0;
  #first: Sample | undefined;
  #last: Sample | undefined;
  #lowest = Infinity;
  #highest = -Infinity;
  readonly #spread = new Spread();
  /** Of the parts of the interval, each weighted by its scaled length, so that no sum outgrows its terms. */
  readonly #area = new Sum();
  readonly #weight = new Sum();
  #lowestMean = Infinity;
  #highestMean = -Infinity;
  /** The samples leave something open. */
  #doubt = false;
  /** Time in the interval lies next to a sample that leaves something open. */
  #doubtInTime = false;

  constructor(start: Nanoseconds, end: Nanoseconds) {
    this.start = start;
    this.end = end;
    this.#scale = 2 ** -(end - start).toString(2).length;
  }

  /** A sample in the interval. */
  add(sample: Sample): void {
    if (sample.status !== 'Good') this.#doubt = true;
    if (isBad(sample)) return;
    this.#count++;
    this.#first ??= sample;
    this.#last = sample;
    const { value } = sample;
    if (typeof value !== 'number') return;
    this.#lowest = Math.min(this.#lowest, value);
    this.#highest = Math.max(this.#highest, value);
    this.#spread.add(value);
  }

  /** A part of the interval, and the mean of the signal in it. */
  addTime(length: Nanoseconds, mean: number): void {
    const weight = Number(length) * this.#scale;
    this.#area.add(mean * weight);
    this.#weight.add(weight);
    this.#lowestMean = Math.min(this.#lowestMean, mean);
    this.#highestMean = Math.max(this.#highestMean, mean);
  }

  /** Something about the signal in a part of the interval may change, or is not known because of a bad sample. */
  doubtTime(): void {
    this.#doubtInTime = true;
  }

  result(method: AggregateMethod, stamp: Stamp = 'start'): WrittenSample {
    const time = formatInstant(this.#stampedAt(stamp));
    const found = this.#find(method);
    // A number too large for a number is told as missing, never as another one.
    if (found === undefined || (typeof found.value === 'number' && !Number.isFinite(found.value))) {
      return { time, value: null, status: 'Bad Data', state: null };
    }
    const doubt = this.#doubt || (OF_TIME.has(method) && this.#doubtInTime);
    const { value, state } = found;
    return { time, value, state, status: doubt ? 'Questionable' : 'Good' };
  }

  #stampedAt(stamp: Stamp): Nanoseconds {
    if (stamp === 'middle') return this.start + (this.end - this.start) / 2n;
    return stamp === 'start' ? this.start : this.end;
  }

  #find(method: AggregateMethod): Found {
    if (method === 'count') return { value: this.#count, state: null };
    if (method === 'average') return number(this.#average());
    if (method === 'total') return number(this.#total());
    if (this.#count === 0) return undefined;
    if (method === 'first') return this.#first;
    if (method === 'last') return this.#last;
    if (method === 'min') return number(this.#lowest);
    if (method === 'max') return number(this.#highest);
    if (method === 'range') return number(this.#highest - this.#lowest);
    return number(this.#spread.deviation);
  }

  #average(): number | undefined {
    const weight = this.#weight.value;
    // Samples that stand alone fill no time; what is known of them is their mean.
    if (weight === 0) return this.#count === 0 ? undefined : this.#spread.mean;
    // Rounding must not lift a mean out of the numbers that it is the mean of.
    return Math.min(Math.max(this.#area.value / weight, this.#lowestMean), this.#highestMean);
  }

  #total(): number | undefined {
    return this.#weight.value === 0 ? undefined : this.#area.value / this.#scale / NS_PER_S;
  }
}

const number = (value: number | undefined): Found => (value === undefined ? undefined : { value, state: null });
