/**
 * Remembers that a server is sick, so that calls to it fail at once and only one small call at a time looks whether it
 * is well again. Without it a dashboard of a hundred tags would wait a hundred timeouts, and a starting server would be
 * hammered.
 */
import type { DriverError } from '../contract/errors.ts';
import { doubledMs, type RetryDelays } from '../lib/backoff.ts';

/** Between looks at a server that is sick. */
const PAUSES: RetryDelays = { minMs: 250, maxMs: 10_000 };
/**
 * So many failed answers in a row, over at least such a time, and not one good one between: nothing stands behind the
 * proxy. Where every second answer fails by chance, a thousand such rows begin before one gets so long.
 */
const FAILED_IN_A_ROW = 10;
const FAILED_FOR_MS = 5000;

export class CircuitBreaker {
  #failure: DriverError | undefined;
  #failedLooks = 0;
  #nextLookMs = 0;
  #looking = false;
  #inARow = 0;
  #inARowSinceMs = 0;
  readonly #now: () => number;
  readonly #random: () => number;

  /** @param now milliseconds of a clock that only runs forward */
  constructor(now: () => number = performance.now.bind(performance), random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  /** Calls fail at once. */
  get isOpen(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Passes while the circuit is closed. While it is open it throws what was found; after a pause one caller at a time
   * has to wait for a look at the server, and passes if that is well.
   * @param look resolves when the server is well; has to settle within bounded time
   * @throws DriverError
   */
  async admit(look: () => Promise<void>): Promise<void> {
    if (this.#failure === undefined) return;
    if (this.#looking || this.#now() < this.#nextLookMs) throw this.#failure;
    this.#looking = true;
    try {
      await look();
      this.close();
    } catch (error) {
      this.#wait(error as DriverError);
      throw error;
    } finally {
      this.#looking = false;
    }
  }

  /** The server is well: it gave a good answer, or one that only it can give. */
  close(): void {
    this.#failure = undefined;
    this.#failedLooks = 0;
    this.#inARow = 0;
  }

  /** The server is sick for sure. Failures of calls that were under way together count once. */
  open(failure: DriverError): void {
    if (this.#failure !== undefined) return;
    this.#wait(failure);
  }

  /** An answer failed in a way that passes by itself; only many in a row mean that the server is sick. */
  failed(failure: DriverError): void {
    if (this.#inARow++ === 0) this.#inARowSinceMs = this.#now();
    if (this.#inARow >= FAILED_IN_A_ROW && this.#now() - this.#inARowSinceMs >= FAILED_FOR_MS) this.open(failure);
  }

  #wait(failure: DriverError): void {
    this.#failure = failure;
    // Jitter: replicas that saw the same failure must not come back at the same moment.
    this.#nextLookMs = this.#now() + doubledMs(this.#failedLooks++, PAUSES) * (0.75 + this.#random() / 2);
  }
}
