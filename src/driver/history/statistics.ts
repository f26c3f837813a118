/**
 * The statistics of one interval, computed from a stream of samples. docs/statistics.md defines them.
 *
 * By time they describe the signal in the interval: the time ranges in which it has a value, from border to border, and
 * the recorded samples. By samples they describe the recorded samples alone.
 */
import type { AggregateMethod, Basis } from '../../contract/functions/data.ts';
import type { Stamp } from '../../contract/functions/grid.ts';
import { formatInstant, type Nanoseconds } from '../../contract/time/instant.ts';
import type { ScalarValue } from '../../contract/values.ts';
import { countsSamples, describesQuality, type StateMethod } from './methods.ts';
import type { WrittenSample } from './series-chunks.ts';
import { isBad, type Sample } from './sample.ts';
import { States } from './states.ts';
import { Spread, Sum } from './sum.ts';

/** What is computed, the same for all intervals of a series. */
export interface StatisticsOptions {
  basis: Basis;
  stamp: Stamp;
  /** Later times are not over. Undefined for a constant, which has its value at every time. */
  now: Nanoseconds | undefined;
  /** Also compute the standard deviation, which is slow. */
  deviation: boolean;
  /** Also compute the time and the samples of each state. */
  states: boolean;
}

/** A time range in which a signal has a value: a line between two values, or a held value. */
export interface Stretch {
  from: Nanoseconds;
  /** Exclusive. The signal approaches `end` there. */
  to: Nanoseconds;
  begin: ScalarValue;
  end: ScalarValue;
  /** Number of a held enumeration value. */
  state: number | null;
  /** The value may still change. */
  isOpen: boolean;
}

interface Known {
  readonly value: ScalarValue;
  readonly state: number | null;
}

interface Extreme {
  value: number;
  at: Nanoseconds;
}

const NS_PER_S = 1e9;
/** Empty placeholder if states are not required. */
const NO_STATES = new States();

export class IntervalStatistics {
  readonly start: Nanoseconds;
  /** Exclusive. */
  readonly end: Nanoseconds;
  readonly #options: StatisticsOptions;
  readonly #byTime: boolean;
  /** Until when the interval is over. */
  readonly #over: Nanoseconds;
  /** Scale of the weights: a power of two, so that scaling is exact, and the sum of the weights is at most 1. */
  readonly #scale: number;

  #good = 0;
  #bad = 0;
  #changes = 0;
  #firstGood: Known | undefined;
  /** Value at the exact start. */
  #atStart: Known | undefined;
  #last: Known | undefined;
  #lowest: Extreme | undefined;
  #highest: Extreme | undefined;
  /** Sum of the recorded samples. */
  readonly #sum = new Sum();
  readonly #spread = new Spread();
  /** Sum over the time ranges, each weighted by its scaled length, so that it cannot exceed its terms. */
  readonly #area = new Sum();
  readonly #weight = new Sum();
  readonly #spreadInTime = new Spread();
  /** Time with a value: up to now, and after it. */
  #known: Nanoseconds = 0n;
  #knownAhead: Nanoseconds = 0n;
  #time: string | undefined;
  #hasOpenSample = false;
  #hasOpenStretch = false;
  readonly states: States;

  constructor(start: Nanoseconds, end: Nanoseconds, options: StatisticsOptions) {
    this.start = start;
    this.end = end;
    this.#options = options;
    this.#byTime = options.basis === 'time';
    this.states = options.states ? new States() : NO_STATES;
    const now = options.now ?? end;
    this.#over = now <= start ? start : now < end ? now : end;
    this.#scale = 2 ** -(end - start).toString(2).length;
  }

  /**
   * Adds a sample in the interval.
   * @param isChange its value differs from that of the previous good sample
   */
  add(sample: Sample, isChange: boolean): void {
    const { value, at, status } = sample;
    if (status === 'Questionable') this.#hasOpenSample = true;
    if (at === this.start) this.#atStart = isBad(sample) ? undefined : sample;
    if (isBad(sample)) {
      this.#bad++;
      return;
    }
    this.#good++;
    if (isChange) this.#changes++;
    this.#firstGood ??= sample;
    this.#last = sample;
    if (this.#options.states) this.states.addSample(value);
    if (typeof value !== 'number') return;
    this.#reach(value, at);
    this.#sum.add(value);
    if (this.#options.deviation) this.#spread.add(value);
  }

  /** Adds a part of the interval in which the signal has a value. */
  addStretch({ from, to, begin, end, state, isOpen }: Stretch): void {
    const length = to - from;
    const over = to <= this.#over ? length : from >= this.#over ? 0n : this.#over - from;
    this.#known += over;
    this.#knownAhead += length - over;
    if (isOpen) this.#hasOpenStretch = true;
    if (this.#options.states && begin === end) this.states.addTime(begin, length);
    if (!this.#byTime) return;
    if (from === this.start) this.#atStart = { value: begin, state };
    this.#last = { value: end, state };
    if (typeof begin !== 'number' || typeof end !== 'number') return;
    this.#reach(begin, from);
    this.#reach(end, to);
    const weight = Number(length) * this.#scale;
    const mean = middle(begin, end);
    this.#area.add(mean * weight);
    this.#weight.add(weight);
    if (this.#options.deviation) this.#spreadInTime.add(begin, weight, end);
  }

  /** @param divisor divisor of a total: the unit of time of the signal's own unit, in seconds */
  result(method: AggregateMethod, divisor = 1): WrittenSample {
    return this.#written(this.#find(method, divisor), method);
  }

  /** Time or number of samples of one state. Zero if the signal is known and has other values. */
  resultOf(state: ScalarValue, method: StateMethod): WrittenSample {
    const { length, count } = this.states.of(state);
    const value = method === 'countInState' ? count : toSeconds(length);
    return this.#written(this.#hasValue ? { value, state: null } : undefined, method);
  }

  #written(found: Known | undefined, method: AggregateMethod): WrittenSample {
    // The same for all methods and states.
    const time = (this.#time ??= formatInstant(stampOf(this.start, this.end, this.#options.stamp)));
    // A result that overflows is reported as missing, never as another value.
    if (found === undefined || (typeof found.value === 'number' && !Number.isFinite(found.value))) {
      return { time, value: null, status: 'Bad Data', state: null };
    }
    const { value, state } = found;
    return { time, value, state, status: this.#isOpen(method) ? 'Questionable' : 'Good' };
  }

  #find(method: AggregateMethod, divisor: number): Known | undefined {
    const value = this.#isAhead ? undefined : this.#value(method, divisor);
    return typeof value === 'object' || value === undefined ? value : { value, state: null };
  }

  #value(method: AggregateMethod, divisor: number): number | string | Known | undefined {
    switch (method) {
      case 'average':
        return this.#average();
      case 'total':
        return this.#total(divisor);
      case 'stdDev':
        return this.#deviation();
      case 'min':
        return this.#lowest?.value;
      case 'max':
        return this.#highest?.value;
      case 'range':
        return this.#lowest && this.#highest && this.#highest.value - this.#lowest.value;
      case 'minTime':
        return this.#lowest && formatInstant(this.#lowest.at);
      case 'maxTime':
        return this.#highest && formatInstant(this.#highest.at);
      case 'first':
        return this.#byTime ? (this.#atStart ?? this.#firstGood) : this.#firstGood;
      case 'last':
        return this.#last;
      case 'count':
      case 'countGood':
        return this.#good;
      case 'countBad':
        return this.#bad;
      case 'percentGood':
        return this.#percentGood();
      case 'durationGood':
        return toSeconds(this.#known + this.#knownAhead);
      case 'durationBad':
        return toSeconds(this.#unknown);
      case 'transitions':
        return this.#hasValue ? this.#changes : undefined;
      case 'durationInState':
      case 'countInState':
        // One series for each state, see resultOf().
        return undefined;
    }
  }

  #average(): number | undefined {
    if (!this.#byTime || this.#weight.value === 0) {
      // Isolated samples cover no time. Their mean is used.
      return this.#good === 0 ? undefined : this.#within(this.#sum.over(this.#good));
    }
    return this.#within(this.#area.value / this.#weight.value);
  }

  /** Rounding must not move a mean outside the range of its numbers. */
  #within(mean: number): number | undefined {
    if (!this.#lowest || !this.#highest) return undefined;
    return Math.min(Math.max(mean, this.#lowest.value), this.#highest.value);
  }

  /** Divided once, because an intermediate result may overflow. */
  #total(divisor: number): number | undefined {
    if (!this.#byTime) return this.#good === 0 ? undefined : this.#sum.value;
    return this.#weight.value === 0 ? undefined : this.#area.value / (this.#scale * NS_PER_S * divisor);
  }

  #deviation(): number | undefined {
    if (!this.#byTime) return this.#spread.deviation;
    return this.#weight.value === 0 ? this.#spread.deviationOfAll : this.#spreadInTime.deviationOfAll;
  }

  #percentGood(): number | undefined {
    const good = this.#byTime ? this.#known + this.#knownAhead : BigInt(this.#good);
    const bad = this.#byTime ? this.#unknown : BigInt(this.#bad);
    return good + bad === 0n ? undefined : quotient(100n * good, good + bad);
  }

  /** Past time in which the signal has no value. */
  get #unknown(): Nanoseconds {
    return this.#over - this.start - this.#known;
  }

  get #hasValue(): boolean {
    return this.#good > 0 || this.#known + this.#knownAhead > 0n;
  }

  /** It has not started, and nothing of it is known. */
  get #isAhead(): boolean {
    return this.#over === this.start && !this.#hasValue && this.#bad === 0;
  }

  /** Whether a result may still change, or omits a part of the interval. */
  #isOpen(method: AggregateMethod): boolean {
    if (this.#over < this.end || this.#hasOpenSample) return true;
    if (describesQuality(method)) return this.#hasOpenStretch && !countsSamples(method, this.#options.basis);
    if (this.#bad > 0) return true;
    return (this.#byTime || method === 'durationInState') && (this.#hasOpenStretch || this.#unknown > 0n);
  }

  #reach(value: number, at: Nanoseconds): void {
    if (!this.#lowest) this.#lowest = { value, at };
    else if (value < this.#lowest.value) Object.assign(this.#lowest, { value, at });
    if (!this.#highest) this.#highest = { value, at };
    else if (value > this.#highest.value) Object.assign(this.#highest, { value, at });
  }
}

/** The timestamp of an interval. */
export function stampOf(start: Nanoseconds, end: Nanoseconds, stamp: Stamp): Nanoseconds {
  if (stamp === 'middle') return start + (end - start) / 2n;
  return stamp === 'start' ? start : end;
}

/** Exact if the number of seconds can be. */
function toSeconds(length: Nanoseconds): number {
  return Number(length / 1_000_000_000n) + Number(length % 1_000_000_000n) / NS_PER_S;
}

/** The number nearest to `a / b`, for whole numbers of 0 or more that are too large to be exact as numbers. */
function quotient(a: bigint, b: bigint): number {
  const bits = 128n;
  const scaled = a << bits;
  // The last bit stands for the remainder, so that rounding does not see a tie where there is none.
  return Number((scaled / b) | (scaled % b === 0n ? 0n : 1n)) / 2 ** Number(bits);
}

/** The sum of two numbers may overflow, while their mean does not. */
function middle(a: number, b: number): number {
  const mean = (a + b) / 2;
  return Number.isFinite(mean) ? mean : a / 2 + b / 2;
}
