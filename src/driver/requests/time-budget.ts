/** The time budget of a request, less a reserve so that the answer arrives before the caller gives up. */
import { DriverError } from '../../contract/errors.ts';
import { abortAfter, afterGrace } from '../../lib/abort.ts';

const RESERVE = 1 / 10;
const LONGEST_RESERVE_MS = 500;
/**
 * The shares of this reserve in which a part of a request, and then the whole function, must react to the end of the
 * budget. The rest is for sending the end.
 */
const PART_GRACE = 1 / 3;
const WHOLE_GRACE = 2 / 3;

export class TimeBudget {
  /** End of the budget, by `performance.now()`. */
  readonly deadlineMs: number;
  /** How long a part of the request may take to react to its end. */
  readonly partGraceMs: number;
  readonly #timeoutMs: number;
  readonly #reserveMs: number;

  /**
   * @param timeoutMs the caller's budget
   * @param arrived when the request arrived, by `performance.now()`
   */
  constructor(timeoutMs: number, arrived: number) {
    this.#timeoutMs = timeoutMs;
    this.#reserveMs = Math.min(LONGEST_RESERVE_MS, timeoutMs * RESERVE);
    this.deadlineMs = arrived + timeoutMs - this.#reserveMs;
    this.partGraceMs = this.#reserveMs * PART_GRACE;
  }

  /** Waits for the work within the budget, which then aborts the controller, and a grace period. */
  async run(work: Promise<void>, controller: AbortController): Promise<void> {
    const timeoutMs = this.#timeoutMs;
    const clearLimit = abortAfter(timeoutMs - this.#reserveMs, controller, () => timedOut(timeoutMs));
    try {
      await Promise.race([work, afterGrace(controller.signal, this.#reserveMs * WHOLE_GRACE)]);
    } finally {
      clearLimit();
    }
  }
}

function timedOut(timeoutMs: number): DriverError {
  return new DriverError('timeout', `Not ready within the time budget of ${timeoutMs} ms.`, { details: { timeoutMs } });
}
