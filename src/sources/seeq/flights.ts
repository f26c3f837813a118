/**
 * Identical calls that are under way at once are one call: a hundred viewers of one dashboard ask the server once. The
 * call ends early only when nobody waits for it any more, and nothing is kept after it.
 */
interface Flight {
  readonly result: Promise<unknown>;
  /** Of the request that began it: while it waits for its turn, the call ends with this request. */
  readonly owner: AbortSignal;
  readonly stop: AbortController;
  waiting: number;
}

export class Flights {
  readonly #flights = new Map<string, Flight>();

  /** Calls under way. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins the call with this key, or begins it.
   * @param signal of the one who waits; the call itself gets a signal of its own
   * @param begin makes the call; all who join get the same result, so nobody may change it
   */
  async join<T>(key: string, signal: AbortSignal, begin: (signal: AbortSignal) => Promise<T>): Promise<T> {
    for (;;) {
      if (signal.aborted) throw signal.reason;
      const flying = this.#flights.get(key);
      if (!flying) return this.#wait<T>(key, this.#begin(key, begin, signal), signal);
      try {
        return await this.#wait<T>(key, flying, signal);
      } catch (error) {
        // The one who began it gave up before it was his turn; whoever still waits begins anew.
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

  #wait<T>(key: string, flight: Flight, signal: AbortSignal): Promise<T> {
    flight.waiting++;
    return new Promise<T>((resolve, reject) => {
      const leave = (): void => {
        reject(signal.reason as Error);
        if (--flight.waiting > 0) return;
        this.#forget(key, flight);
        flight.stop.abort(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      flight.result
        .finally(() => {
          signal.removeEventListener('abort', leave);
        })
        .then(resolve as (value: unknown) => void, reject);
    });
  }

  #forget(key: string, flight: Flight): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
  }
}
