/**
 * Records that a server is failing. Calls then fail at once, and one small probe at a time checks whether the server
 * has recovered. Without it a dashboard of a hundred tags waits a hundred timeouts, and a starting server is flooded.
 */
import type { DriverError } from '../../contract/errors.ts';
import { delayMs, type RetryDelays } from '../../lib/backoff.ts';

/** Delay between probes of a failing server. */
const PROBE_DELAYS: RetryDelays = { minMs: 250, maxMs: 10_000 };
/**
 * This many consecutive failures over the minimum time mean that there is no server behind the proxy. If every second
 * answer fails by chance, this is reached about once in a thousand sequences.
 */
const FAILED_IN_A_ROW = 10;
const FAILED_FOR_MS = 5000;

export class CircuitBreaker {
  #failure: DriverError | undefined;
  #failedProbes = 0;
  #nextProbeMs = 0;
  #probing = false;
  #inARow = 0;
  #inARowSinceMs = 0;
  readonly #now: () => number;
  readonly #random: () => number;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = performance.now.bind(performance), random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  /** True while calls fail at once. */
  get isOpen(): boolean {
    return this.#failure !== undefined;
  }

  /**
   * Passes while the circuit is closed. While it is open, throws the recorded failure. After a pause one caller at a
   * time waits for a probe of the server, and passes if it succeeds.
   * @param probe resolves if the server is healthy; must settle within bounded time
   * @throws DriverError
   */
  async admit(probe: () => Promise<void>): Promise<void> {
    if (this.#failure === undefined) return;
    if (this.#probing || this.#now() < this.#nextProbeMs) throw this.#failure;
    this.#probing = true;
    try {
      await probe();
      this.close();
    } catch (error) {
      this.#wait(error as DriverError);
      throw error;
    } finally {
      this.#probing = false;
    }
  }

  /** The server is healthy: it gave a good answer, or one that only the server itself can give. */
  close(): void {
    this.#failure = undefined;
    this.#failedProbes = 0;
    this.#inARow = 0;
  }

  /** The server is failing. Concurrent failures count once. */
  open(failure: DriverError): void {
    if (this.#failure !== undefined) return;
    this.#wait(failure);
  }

  /** A temporary failure. Only many in a row open the circuit. */
  failed(failure: DriverError): void {
    if (this.#inARow++ === 0) this.#inARowSinceMs = this.#now();
    if (this.#inARow >= FAILED_IN_A_ROW && this.#now() - this.#inARowSinceMs >= FAILED_FOR_MS) this.open(failure);
  }

  #wait(failure: DriverError): void {
    this.#failure = failure;
    // Jitter: replicas that saw the same failure must not return at the same moment.
    this.#nextProbeMs = this.#now() + delayMs(this.#failedProbes++, PROBE_DELAYS, this.#random);
  }
}
