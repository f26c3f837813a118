/** Arrival times. */
import { fromMilliseconds, type Nanoseconds } from './instant.ts';

/** If the clock is set back by more than this, it was wrong before, and its new time is used. */
const FOLLOWED: Nanoseconds = 1_000_000_000n;

/**
 * Returns the time in nanoseconds, never the same twice. Two messages within a millisecond (or while the clock is
 * corrected by less than a second) get times one nanosecond apart, so that both are kept if the arrival time is their
 * timestamp. The result is never ahead of the clock by more than a second.
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
