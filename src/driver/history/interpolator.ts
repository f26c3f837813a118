/** Values of a signal at given times, computed from a stream of samples. Only the newest sample is kept. */
import { formatInstant, type Nanoseconds } from '../../contract/time/instant.ts';
import type { WrittenSample } from './series-chunks.ts';
import type { Sample } from './sample.ts';
import { type Bridging, holdsUntil, onLine, spanBetween, statusBetween } from './signal.ts';

export class Interpolator {
  readonly #times: Iterator<Nanoseconds>;
  readonly #shape: Bridging;
  readonly #now: Nanoseconds;
  /** The next time that needs a value. Undefined after the last. */
  #at: Nanoseconds | undefined;
  #left: Sample | undefined;

  /**
   * @param times ascending
   * @param now a step is not held beyond it
   */
  constructor(times: Iterator<Nanoseconds>, shape: Bridging, now: Nanoseconds) {
    this.#times = times;
    this.#shape = shape;
    this.#now = now;
    this.#step();
  }

  /** Adds the next sample, and returns the values at all times before it. */
  *take(right: Sample): Generator<WrittenSample> {
    while (this.#at !== undefined && this.#at < right.at) {
      yield this.#between(this.#at, right);
      this.#step();
    }
    // Of several samples at one time the last one counts.
    this.#left = right;
  }

  /** The values at the remaining times, when there are no more samples. */
  *rest(): Generator<WrittenSample> {
    while (this.#at !== undefined) {
      yield this.#behind(this.#at);
      this.#step();
    }
  }

  #step(): void {
    const next = this.#times.next();
    this.#at = next.done === true ? undefined : next.value;
  }

  #between(at: Nanoseconds, right: Sample): WrittenSample {
    const left = this.#left;
    if (left === undefined) return nothing(at);
    if (left.at === at) return moved(left, at);
    const span = spanBetween(left, right, this.#shape);
    if (span === 'none') return nothing(at);
    const status = statusBetween(left, right);
    if (span === 'hold') return { ...moved(left, at), status };
    return { time: formatInstant(at), value: onLine(left, right, at), status, state: null };
  }

  #behind(at: Nanoseconds): WrittenSample {
    const left = this.#left;
    if (left === undefined) return nothing(at);
    if (left.at === at) return moved(left, at);
    const until = holdsUntil(left, this.#shape, this.#now);
    if (until === undefined || at > until) return nothing(at);
    if (this.#shape.constant !== undefined) return moved(left, at);
    // A newer sample may still end the step earlier.
    return { ...moved(left, at), status: 'Questionable' };
  }
}

const nothing = (at: Nanoseconds): WrittenSample => ({
  time: formatInstant(at),
  value: null,
  status: 'Bad Data',
  state: null,
});

const moved = ({ value, status, state }: Sample, at: Nanoseconds): WrittenSample => ({
  time: formatInstant(at),
  value,
  status,
  state,
});
