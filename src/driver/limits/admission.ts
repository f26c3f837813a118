/**
 * The request slots of one source in the process: a limited number of requests use it concurrently, others wait, and
 * callers share both. Each source has its own, so that requests to one that never answers do not block those to
 * another.
 */
import { count } from '../../lib/wording/phrases.ts';
import { DriverError } from '../../contract/errors.ts';
import type { Caller } from './caller.ts';
import { Shares } from './shares.ts';
import { Turns } from './turns.ts';

interface Waiter {
  readonly caller: Caller;
  readonly start: () => void;
}

/** Most waiting requests per slot. */
export const WAITING_PER_SLOT = 3;
/** Retry hint for callers when the queue is full. */
const RETRY_AFTER_MS = 1000;

export class Admission {
  readonly #name: string;
  readonly #taken: Shares;
  readonly #waiting: Shares;
  readonly #turns = new Turns<Waiter>();

  /**
   * @param name name of the source, for error texts
   * @param capacity concurrent requests that use the source
   */
  constructor(name: string, capacity: number) {
    this.#name = name;
    this.#taken = new Shares(capacity);
    this.#waiting = new Shares(capacity * WAITING_PER_SLOT);
  }

  get load(): { taken: number; waiting: number } {
    return { taken: this.#taken.used, waiting: this.#waiting.used };
  }

  /**
   * Resolves when the caller has a slot, which `leave` releases.
   * @throws DriverError `overloaded` if too many wait; the signal's reason if it is aborted first
   */
  async enter(caller: Caller, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { root } = caller;
    // Waiting callers may not use a slot now, so this does not overtake them.
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
