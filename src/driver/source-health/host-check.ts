/**
 * Finds out whether a failed poll means the tag or its whole server. A server that is down gets one small call now and
 * then in place of all polls, and all of its tags are told at once.
 */
import { DriverError, type ErrorCode } from '../../contract/errors.ts';
import type { Host } from '../hosts.ts';
import { probe } from './probe.ts';

export interface HostCheckResults {
  /** The server is not well; told with each check that finds so. */
  down: (error: DriverError) => void;
  /** The server is well; polls may go on. */
  up: () => void;
}

/** Errors of a poll that may come from the server as a whole. */
const SUSPICIOUS = new Set<ErrorCode>(['sourceUnavailable', 'timeout', 'unauthorized']);
/** So long a server counts as well that was found so: failures are those of single tags. */
const TRUST_MS = 10_000;
/** Between two checks: at first, and at the longest; doubling in between. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

export class HostCheck {
  readonly #host: Host;
  readonly #ended: AbortSignal;
  readonly #results: HostCheckResults;
  #active = false;
  #wellAt = -Infinity;
  #down: DriverError | undefined;

  /** @param ended ends a check without a result */
  constructor(host: Host, ended: AbortSignal, results: HostCheckResults) {
    this.#host = host;
    this.#ended = ended;
    this.#results = results;
  }

  /** While it checks, nothing is polled. */
  get active(): boolean {
    return this.#active;
  }

  /** Why the server is not well, as the last check found; undefined when it is. */
  get down(): DriverError | undefined {
    return this.#down;
  }

  /** Looks into the failure of a poll, if it may be one of the server. */
  suspect({ code }: DriverError): void {
    if (this.#active || !SUSPICIOUS.has(code) || performance.now() - this.#wellAt < TRUST_MS) return;
    this.#active = true;
    this.#check().catch((error: unknown) => {
      // Ended, or a fault of the source that its polls will show as well.
      if (!this.#ended.aborted) this.#well();
      return error;
    });
  }

  async #check(): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
      const { state, message } = await probe(this.#host, (signal) => ({ signal, run: (call) => call() }), this.#ended);
      if (this.#ended.aborted) return;
      if (state === 'up') break;
      const text = message ?? `Server "${this.#host.source.name}" is ${state}.`;
      this.#down = new DriverError(state === 'unauthorized' ? state : 'sourceUnavailable', text);
      this.#results.down(this.#down);
      // Jitter: replicas that saw the same failure must not come back at the same moment.
      if (!(await pause(pauseMs * (0.75 + Math.random() / 2), this.#ended))) return;
    }
    this.#well();
  }

  #well(): void {
    this.#active = false;
    this.#down = undefined;
    this.#wellAt = performance.now();
    this.#results.up();
  }
}

/** Resolves with true after a while, or at once with false when the signal is aborted. */
function pause(ms: number, ended: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    const timer = setTimeout(() => {
      ended.removeEventListener('abort', end);
      resolve(true);
    }, ms);
    ended.addEventListener('abort', end, { once: true });
  });
}
