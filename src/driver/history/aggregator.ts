/** Cuts a series into intervals while its samples pass by; only one interval is in work at a time. */
import { DriverError } from '../../contract/errors.ts';
import type { Nanoseconds } from '../../contract/instant.ts';
import { isBad, type Sample } from './sample.ts';
import { type Bridging, holdsUntil, meanOfLine, type Span, spanBetween, statusBetween } from './signal.ts';
import { IntervalStatistics } from './statistics.ts';

export interface AggregatorOptions {
  /** Of the intervals, strictly ascending. */
  borders: Iterator<Nanoseconds>;
  shape: Bridging;
  /** A step does not hold beyond it. */
  now: Nanoseconds;
  /** Whether only numbers can be used. */
  numeric: boolean;
}

export class Aggregator {
  readonly #options: AggregatorOptions;
  /** Undefined when all intervals have ended. */
  #current: IntervalStatistics | undefined;
  #left: Sample | undefined;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    const first = options.borders.next();
    this.#current = first.done === true ? undefined : this.#from(first.value);
  }

  /**
   * Takes the next sample, and gives the intervals that end at or before it.
   * @throws DriverError `unsupported` for text where numbers are needed
   */
  *take(sample: Sample): Generator<IntervalStatistics> {
    const left = this.#left;
    if (this.#options.numeric && !isBad(sample) && typeof sample.value !== 'number') throw noNumber();
    if (left) yield* this.#fill(left, sample);
    while (this.#current && this.#current.end <= sample.at) {
      yield this.#current;
      this.#next();
    }
    if (this.#current && sample.at >= this.#current.start) this.#current.add(sample);
    this.#left = sample;
  }

  /** The intervals that are left, when there are no more samples. */
  *rest(): Generator<IntervalStatistics> {
    const newest = this.#left;
    const until = newest && holdsUntil(newest, this.#options.shape, this.#options.now);
    if (newest && until !== undefined) {
      // Not a sample: only the time up to which the newest one holds. A newer one may still come and end it earlier.
      yield* this.#fill(newest, { ...newest, at: until, status: 'Questionable' }, 'hold');
    }
    while (this.#current) {
      yield this.#current;
      this.#next();
    }
  }

  /** Spreads the signal between two samples over the intervals, of which it gives those that end before the second. */
  *#fill(left: Sample, right: Sample, span: Span = spanBetween(left, right, this.#options.shape)) {
    while (this.#current && left.at < right.at) {
      const { start, end } = this.#current;
      const from = left.at > start ? left.at : start;
      const to = right.at < end ? right.at : end;
      if (from < to) {
        if (span === 'line') this.#current.addTime(to - from, meanOfLine(left, right, from, to));
        // Text holds too, but has no mean.
        if (span === 'hold' && typeof left.value === 'number') this.#current.addTime(to - from, left.value);
        if (isOpen(left, right, span)) this.#current.doubtTime();
      }
      if (right.at < end) return;
      yield this.#current;
      this.#next();
    }
  }

  #next(): void {
    this.#current = this.#current && this.#from(this.#current.end);
  }

  #from(start: Nanoseconds): IntervalStatistics | undefined {
    const end = this.#options.borders.next();
    return end.done === true ? undefined : new IntervalStatistics(start, end.value);
  }
}

/** Whether a stretch may still change, or has no value because of a bad sample. */
function isOpen(left: Sample, right: Sample, span: Span): boolean {
  if (span === 'none') return isBad(left) || isBad(right);
  return statusBetween(left, right) !== 'Good';
}

function noNumber(): DriverError {
  return new DriverError('unsupported', 'The signal has values that are no numbers: only count, first and last exist.');
}
