/**
 * Merges identical concurrent calls: a hundred viewers of one dashboard cause one call. The call ends early only when
 * it has no waiting caller, and its result is not cached.
 */
import { unlessAborted } from '../../../lib/abort.ts';

interface Flight {
  readonly result: Promise<unknown>;
  /**
   * Signal of the request that started it. If this request ends while the call waits for its turn, the call ends too.
   */
  readonly owner: AbortSignal;
  readonly stop: AbortController;
  waiting: number;
}

export class Flights {
  readonly #flights = new Map<string, Flight>();
  #shared = 0;

  /** Number of calls in progress. */
  get size(): number {
    return this.#flights.size;
  }

  /** Calls that were not made, because they joined another one. */
  get shared(): number {
    return this.#shared;
  }

  /**
   * Joins the call with this key, or starts it.
   * @param signal signal of the joining caller; the call itself has its own signal
   * @param begin starts the call; all callers share its result, so they must not change it
   */
  async join<T>(key: string, signal: AbortSignal, begin: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      signal.throwIfAborted();
      const flying = this.#flights.get(key);
      if (!flying) return this.#wait<T>(key, this.#begin(key, begin, signal), signal);
      this.#shared++;
      try {
        return await this.#wait<T>(key, flying, signal);
      } catch (error) {
        // The request that started it gave up before its turn. The remaining callers start again.
        if (signal.reason !== undefined || error !== flying.owner.reason) throw error;
      }
    }
  }

  #begin<T>(key: string, begin: (signal: AbortSignal) => Promise<T>, owner: AbortSignal): Flight {
    const stop = new AbortController();
    const flight: Flight = {
      owner,
      stop,
      waiting: 0,
      result: begin(stop.signal).finally(() => {
        this.#forget(key, flight);
      }),
    };
    this.#flights.set(key, flight);
    return flight;
  }

  async #wait<T>(key: string, flight: Flight, signal: AbortSignal): Promise<T> {
    flight.waiting++;
    try {
      return await (unlessAborted(flight.result, signal) as Promise<T>);
    } finally {
      if (--flight.waiting === 0 && signal.aborted) {
        this.#forget(key, flight);
        flight.stop.abort(signal.reason);
      }
    }
  }

  #forget(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
