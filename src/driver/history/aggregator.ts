/** Divides a stream of samples into intervals. Only one interval is in memory at a time. */
import type { Nanoseconds } from '../../contract/time/instant.ts';
import type { ScalarValue } from '../../contract/values.ts';
import { noNumber } from './methods.ts';
import { isBad, type Sample } from './sample.ts';
import { type Bridging, holdsUntil, onLine, type Span, spanBetween, statusBetween } from './signal.ts';
import { IntervalStatistics, type StatisticsOptions } from './statistics.ts';

export interface AggregatorOptions extends Omit<StatisticsOptions, 'now'> {
  /** Borders of the intervals, strictly ascending. */
  borders: Iterator<Nanoseconds>;
  shape: Bridging;
  /** A step is not held beyond it. */
  now: Nanoseconds;
  /** Whether only numbers can be used. */
  numeric: boolean;
}

export class Aggregator {
  readonly #options: AggregatorOptions;
  readonly #statistics: StatisticsOptions;
  /** Undefined when all intervals have ended. */
  #current: IntervalStatistics | undefined;
  #left: Sample | undefined;
  /** Value of the newest good sample. */
  #value: ScalarValue | undefined;

  constructor(options: AggregatorOptions) {
    this.#options = options;
    const { basis, stamp, deviation, states, now, shape } = options;
    this.#statistics = { basis, stamp, deviation, states, now: shape.constant === undefined ? now : undefined };
    const first = options.borders.next();
    this.#current = first.done === true ? undefined : this.#from(first.value);
  }

  /**
   * Adds the next sample, and returns the intervals that end at or before it.
   * @throws DriverError `unsupported` for text if numbers are required
   */
  *take(sample: Sample): Generator<IntervalStatistics> {
    const left = this.#left;
    const bad = isBad(sample);
    if (this.#options.numeric && !bad && typeof sample.value !== 'number') throw noNumber();
    if (left) yield* this.#fill(left, sample);
    while (this.#current && this.#current.end <= sample.at) {
      yield this.#current;
      this.#next();
    }
    const isChange = !bad && this.#value !== undefined && this.#value !== sample.value;
    // The samples of a constant at the borders of the range were not recorded.
    const isRecorded = this.#options.shape.constant === undefined;
    if (this.#current && sample.at >= this.#current.start && isRecorded) this.#current.add(sample, isChange);
    if (!bad) this.#value = sample.value;
    this.#left = sample;
  }

  /** The remaining intervals, when there are no more samples. */
  *rest(): Generator<IntervalStatistics> {
    const newest = this.#left;
    const until = newest && holdsUntil(newest, this.#options.shape, this.#options.now);
    if (newest && until !== undefined) {
      // Not a sample, but the time until which the newest one is held. A newer sample may still end it earlier.
      yield* this.#fill(newest, { ...newest, at: until, status: 'Questionable' }, 'hold');
    }
    while (this.#current) {
      yield this.#current;
      this.#next();
    }
  }

  /** Distributes the signal between two samples over the intervals. Returns those that end before the second. */
  *#fill(left: Sample, right: Sample, span: Span = spanBetween(left, right, this.#options.shape)) {
    const isOpen = statusBetween(left, right) === 'Questionable';
    while (this.#current && left.at < right.at) {
      const { start, end } = this.#current;
      const from = left.at > start ? left.at : start;
      const to = right.at < end ? right.at : end;
      if (from < to && span !== 'none') {
        const begin = span === 'hold' || from === left.at ? left.value : onLine(left, right, from);
        const endValue = span === 'hold' ? left.value : to === right.at ? right.value : onLine(left, right, to);
        this.#current.addStretch({
          from,
          to,
          begin,
          end: endValue,
          state: span === 'hold' ? left.state : null,
          isOpen,
        });
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
    return end.done === true ? undefined : new IntervalStatistics(start, end.value, this.#statistics);
  }
}
