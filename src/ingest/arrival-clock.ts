/** Times of arrival. */
import { fromMilliseconds, type Nanoseconds } from '../contract/instant.ts';

/**
 * Tells the time in nanoseconds, never the same twice: two messages within a millisecond (or while the clock is set back)
 * get times one nanosecond apart, so that both of them are kept where the time of arrival stands for that of measurement.
 */
export class ArrivalClock {
  readonly #now: () => number;
  #last: Nanoseconds = 0n;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  now(): Nanoseconds {
    const now = fromMilliseconds(this.#now());
    this.#last = now > this.#last ? now : this.#last + 1n;
    return this.#last;
  }
}
