/** Times of arrival. */
import { fromMilliseconds, type Nanoseconds } from './instant.ts';

/** A clock that is set back by more than this was wrong before, so that it is followed. */
const FOLLOWED: Nanoseconds = 1_000_000_000n;

/**
 * Tells the time in nanoseconds, not the same twice: two messages within a millisecond (or while the clock is corrected by
 * less than a second) get times one nanosecond apart, so that both of them are kept where the time of arrival stands for
 * that of measurement. What it tells is never ahead of the clock by more than a second.
 */
export class MonotonicClock {
  readonly #now: () => number;
  #last: Nanoseconds = 0n;

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  now(): Nanoseconds {
    const now = fromMilliseconds(this.#now());
    const ahead = this.#last - now;
    this.#last = ahead < 0n || ahead > FOLLOWED ? now : this.#last + 1n;
    return this.#last;
  }
}
