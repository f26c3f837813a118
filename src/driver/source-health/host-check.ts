/**
 * Determines whether a failed poll concerns the tag or its whole server. A server that is down gets one small call
 * periodically instead of all polls, and all of its tags get the error at once.
 */
import { DriverError, type ErrorCode } from '../../contract/errors.ts';
import { doubledMs, type RetryDelays } from '../../lib/backoff.ts';
import { sleep } from '../../lib/clock.ts';
import type { SourceStatus } from '../../sources/source.ts';
import type { Host } from '../hosts.ts';
import { probe } from './probe.ts';

export interface HostCheckResults {
  /** The server is failing. Called for each check with this result. */
  down: (error: DriverError) => void;
  /** The server is healthy. Polls may continue. */
  up: () => void;
}

/** Errors of a poll that may concern the server as a whole. */
const SUSPICIOUS = new Set<ErrorCode>(['sourceUnavailable', 'timeout', 'unauthorized']);
/** How long a server counts as healthy after a check: failures are then those of single tags. */
const TRUST_MS = 10_000;
/** Between two checks. */
const PAUSES: RetryDelays = { minMs: 500, maxMs: 30_000 };

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

  /** True during a check. Nothing is polled meanwhile. */
  get active(): boolean {
    return this.#active;
  }

  /** Why the server is failing, as the last check found. Undefined if it is healthy. */
  get down(): DriverError | undefined {
    return this.#down;
  }

  /** Checks the server after a failed poll, if the failure may concern the server. */
  suspect({ code }: DriverError): void {
    if (this.#active || !SUSPICIOUS.has(code) || performance.now() - this.#wellAt < TRUST_MS) return;
    this.#active = true;
    this.#check().catch((error: unknown) => {
      // Ended, or a fault of the source that its polls also show.
      if (!this.#ended.aborted) this.#well();
      return error;
    });
  }

  async #check(): Promise<void> {
    for (let failures = 0; !this.#ended.aborted; failures++) {
      const status = await probe(this.#host, (signal) => ({ signal, run: (call) => call() }), this.#ended);
      if (!this.#note(status)) return;
      // Jitter: replicas that saw the same failure must not return at the same moment.
      await sleep(doubledMs(failures, PAUSES) * (0.75 + Math.random() / 2), this.#ended);
    }
  }

  /** Reports a result. Returns true if the server must be checked again. */
  #note({ state, message }: SourceStatus): boolean {
    if (this.#ended.aborted) return false;
    if (state === 'up') {
      this.#well();
      return false;
    }
    const text = message ?? `Server "${this.#host.source.name}" is ${state}.`;
    this.#down = new DriverError(state === 'unauthorized' ? state : 'sourceUnavailable', text);
    this.#results.down(this.#down);
    return true;
  }

  #well(): void {
    this.#active = false;
    this.#down = undefined;
    this.#wellAt = performance.now();
    this.#results.up();
  }
}
