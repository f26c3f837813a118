/**
 * Remembers that a server is down, so that requests to it fail at once and only now and then one call tries again.
 * Without it a dashboard of a hundred tags would wait a hundred connect timeouts, and a starting server would be
 * hammered.
 */
import type { DriverError } from '../../contract/errors.ts';

/** Pause before the next try after the first failure, and the longest pause; doubling in between. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

export class Availability {
  #failure: DriverError | undefined;
  #pauseMs = 0;
  #nextTryMs = 0;
  /** A call that may find the server up again is on its way. */
  #probing = false;
  readonly #now: () => number;
  readonly #random: () => number;

  /** @param now milliseconds of a clock that only runs forward */
  constructor(now: () => number = performance.now.bind(performance), random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  /** Throws the last failure while the pause lasts. The one call that gets through after it is the probe. */
  check(): void {
    if (!this.#failure) return;
    const now = this.#now();
    if (now < this.#nextTryMs) throw this.#failure;
    this.#nextTryMs = now + this.#pauseMs;
    this.#probing = true;
  }

  /** The server answered, whatever it said. */
  reached(): void {
    this.#failure = undefined;
    this.#pauseMs = 0;
    this.#probing = false;
  }

  /** The server could not be reached. Failures of calls that were on the way together count once. */
  failed(failure: DriverError): void {
    const now = this.#now();
    if (this.#failure && !this.#probing && now < this.#nextTryMs) return;
    this.#probing = false;
    this.#failure = failure;
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs === 0 ? FIRST_PAUSE_MS : this.#pauseMs * 2);
    // Jitter: replicas that saw the same failure must not come back at the same moment.
    this.#nextTryMs = now + this.#pauseMs * (0.75 + this.#random() / 2);
  }
}
