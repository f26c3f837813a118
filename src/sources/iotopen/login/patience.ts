/** Delays repeated logins after a refusal, which would lock the account. */
import type { DriverError } from '../../../contract/errors.ts';

/** Delay after a refused login, doubled up to the longest. */
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 300_000;

export class Patience {
  readonly #now: () => number;
  #refusal: { readonly error: DriverError; readonly tried: string; pauseMs: number; untilMs: number } | undefined;

  /** @param now milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param tried the secrets of the login; secrets other than the refused ones may be tried at once
   * @throws DriverError the previous refusal, during its delay
   */
  check(tried: string): void {
    const refusal = this.#refusal;
    if (refusal?.tried === tried && this.#now() < refusal.untilMs) throw refusal.error;
  }

  /** @param forGood do not try the same secrets again */
  refused(error: DriverError, tried: string, forGood = false): DriverError {
    const before = this.#refusal?.tried === tried ? this.#refusal.pauseMs * 2 : FIRST_PAUSE_MS;
    const pauseMs = Math.min(before, LONGEST_PAUSE_MS);
    this.#refusal = { error, tried, pauseMs, untilMs: forGood ? Infinity : this.#now() + pauseMs };
    return error;
  }

  accepted(): void {
    this.#refusal = undefined;
  }
}
