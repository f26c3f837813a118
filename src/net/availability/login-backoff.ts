/** Delays repeated logins after a refusal, which would lock the account. */
import type { DriverError } from '../../contract/errors.ts';
import { doubledMs, type RetryDelays } from '../../lib/backoff.ts';

const DELAYS: RetryDelays = { minMs: 5_000, maxMs: 300_000 };

export class LoginBackoff {
  readonly #now: () => number;
  #refusal: { readonly error: DriverError; readonly tried: string; refusals: number; untilMs: number } | undefined;

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
    const refusals = this.#refusal?.tried === tried ? this.#refusal.refusals + 1 : 1;
    const untilMs = forGood ? Infinity : this.#now() + doubledMs(refusals - 1, DELAYS);
    this.#refusal = { error, tried, refusals, untilMs };
    return error;
  }

  accepted(): void {
    this.#refusal = undefined;
  }
}
