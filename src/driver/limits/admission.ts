/**
 * The places of one source in the process: so many requests work with it at once, others wait, and callers share both.
 * Each source has its own, so that requests to one that never answers take nothing from those to another.
 */
import { count } from '../../lib/phrases.ts';
import { DriverError } from '../../contract/errors.ts';
import type { Caller } from './caller.ts';
import { Shares } from './shares.ts';
import { Turns } from './turns.ts';

interface Waiter {
  readonly caller: Caller;
  readonly start: () => void;
}

/** For each place so many requests may wait. */
export const WAITING_FOR_A_PLACE = 3;
/** What a caller is told to wait when there is no room to wait. */
const RETRY_AFTER_MS = 1000;

export class Admission {
  readonly #name: string;
  readonly #taken: Shares;
  readonly #waiting: Shares;
  readonly #turns = new Turns<Waiter>();

  /**
   * @param name of the source, for error texts
   * @param places requests that work with the source at once
   */
  constructor(name: string, places: number) {
    this.#name = name;
    this.#taken = new Shares(places);
    this.#waiting = new Shares(places * WAITING_FOR_A_PLACE);
  }

  get load(): { taken: number; waiting: number } {
    return { taken: this.#taken.used, waiting: this.#waiting.used };
  }

  /**
   * Resolves when the caller has a place, which `leave` gives back.
   * @throws DriverError `overloaded` when too many wait; the signal's reason when it is aborted before
   */
  async enter(caller: Caller, signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw signal.reason;
    const { root } = caller;
    // Who waits is not entitled to a place now, so that nobody is overtaken here.
    if (this.#taken.mayTake(root)) {
      this.#taken.take(root);
      return;
    }
    if (!this.#waiting.mayTake(root)) throw this.#overloaded();
    this.#waiting.take(root);
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    const waiter: Waiter = {
      caller,
      start: () => {
        signal.removeEventListener('abort', giveUp);
        resolve(undefined);
      },
    };
    const giveUp = (): void => {
      this.#turns.remove(waiter);
      this.#waiting.give(root);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    this.#turns.add(waiter);
    await promise;
  }

  leave({ root }: Caller): void {
    this.#taken.give(root);
    for (;;) {
      const next = this.#turns.take((other) => this.#taken.mayTake(other));
      if (next === undefined) return;
      this.#waiting.give(next.caller.root);
      this.#taken.take(next.caller.root);
      next.start();
    }
  }

  #overloaded(): DriverError {
    return new DriverError(
      'overloaded',
      `Server "${this.#name}" has ${count(this.#taken.used, 'request')} in work and ${this.#waiting.used} that wait; try again later.`,
      { details: { retryAfterMs: RETRY_AFTER_MS } },
    );
  }
}
