/**
 * The calls to one server, with recovery from temporary failures: retries, a second try beside a call that hangs, and
 * no try while the server is known to be failing. Every call only reads.
 */
import { DriverError } from '../../contract/errors.ts';
import { CLOCK, type Clock } from '../../lib/clock.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { CallTimeout } from '../exchange.ts';
import { fromThrown, isBrokenConnection, isPassing, Unreachable } from '../errors.ts';
import { parseRetryAfter, waitMs } from './retry.ts';
import { SilenceWatch } from './silence-watch.ts';
import { UnreadableResponse } from '../unreadable-response.ts';

/** The result type of openapi-fetch. */
export interface Outcome<T = unknown> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: {
    readonly ok: boolean;
    readonly status: number;
    readonly headers: { get(name: string): string | null };
  };
}

export interface ServerCallsOptions {
  /** Name of the server in errors: `Server "plant"`. */
  readonly label: string;
  /** Concurrent calls. */
  readonly connections: number;
  /** Timeout of one call. */
  readonly requestTimeoutMs: number;
  /** Converts any error thrown by a call to an error of the contract. */
  readonly failure: (thrown: unknown, signal?: AbortSignal) => DriverError;
  /** Converts an answer other than 2xx to an error of the contract. */
  readonly refused: (outcome: Outcome) => DriverError;
  /** One small probe call on a new connection, without a login. */
  readonly small: (signal: AbortSignal) => Promise<Outcome>;
  /** Called when the server was found to be failing. */
  readonly onFailing?: () => void;
  /** Called before a second try, because all connections may be dead. */
  readonly onSecond: () => void;
  /** The clock for delays between tries. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** Limits for the retries of a call. */
export interface CallLimits {
  readonly signal: AbortSignal;
  /** End of the time budget, by `performance.now()`. Undefined if there is none. */
  readonly deadlineMs?: number | undefined;
  /** Call even if the server was found to be down a moment ago, and return the result soon. */
  readonly probe?: boolean | undefined;
  /** Waits between tries. By default the call keeps its slot meanwhile. */
  readonly pause?: ((ms: number) => Promise<void>) | undefined;
}

/** Time for retries if the caller sets no deadline. */
const PATIENCE_MS = 20_000;
/** A probe reports the current state and does not wait for a later one. */
const PROBE_CALL_MS = 1000;
/** A server that does not answer a probe in this time, or after this many tries, is failing. */
const PROBE_MS = 5000;
const PROBE_TRIES = 3;
/** A call counts as slow after this part of its time, so that at least the same time is left for a second one. */
const SLOW_PART = 1 / 3;
/** Concurrent second tries, as a part of the connections. */
const SECOND_PART = 1 / 4;
/** A body that is damaged this often is not damaged in transit. */
const MOST_DAMAGED = 12;

/** Answers of a proxy without a server behind it. */
const WITHOUT_SERVER = new Set<unknown>([502, 503, 504]);

/**
 * Calls that wait for a retry release their slot, unless nearly every answer fails: then they keep it, so that a
 * failing server gets fewer calls. The failure rate covers about the last ANSWERS_REMEMBERED answers.
 */
const NEARLY_ALL = 0.85;
const ANSWERS_REMEMBERED = 32;

export class ServerCalls {
  readonly #options: ServerCallsOptions;
  readonly #clock: Clock;
  readonly #circuit: CircuitBreaker;
  readonly #watch: SilenceWatch;
  #failing = 0;
  readonly #numbers = { retries: 0, secondTries: 0, outages: 0 };

  constructor(options: ServerCallsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? CLOCK;
    this.#circuit = new CircuitBreaker(this.#clock.now);
    this.#watch = new SilenceWatch({
      probe: () => this.#probe(),
      onFailing: (failure) => {
        this.#open(failure);
        options.onFailing?.();
      },
      onSecond: () => {
        this.#numbers.secondTries++;
        options.onSecond();
      },
      mostSeconds: Math.max(1, Math.floor(options.connections * SECOND_PART)),
    });
  }

  /** The server was found to be failing, and calls fail at once. */
  get isFailing(): boolean {
    return this.#circuit.isOpen;
  }

  /** Counts since the start, and whether calls fail at once. */
  get numbers(): { retries: number; secondTries: number; outages: number; failing: boolean } {
    return { ...this.#numbers, failing: this.isFailing };
  }

  /** Stops watching. */
  close(): void {
    this.#watch.close();
  }

  /**
   * Retries until there is a good answer, an answer that a retry does not change, or no time for another try.
   * @param attempt one try, made of calls by {@link once}; receives the end of its time, by `performance.now()`
   * @throws DriverError
   */
  async insist<T>(limits: CallLimits, attempt: (slowEndMs: number) => Promise<T>): Promise<T> {
    const { signal, deadlineMs, probe = false, pause } = limits;
    const endMs = Math.min(deadlineMs ?? Infinity, this.#clock.now() + (probe ? PROBE_CALL_MS : PATIENCE_MS));
    const slowEndMs = deadlineMs ?? endMs;
    let damages = 0;
    for (let tries = 1; ; tries++) {
      try {
        if (!probe && this.#circuit.isOpen) {
          await this.#circuit.admit(() => this.#probe());
          signal.throwIfAborted();
        }
        const result = await attempt(slowEndMs);
        this.#count(undefined);
        return result;
      } catch (thrown) {
        const error = this.#options.failure(thrown, signal);
        if (error.cause instanceof UnreadableResponse) damages++;
        const passing = isPassing(error) && damages < MOST_DAMAGED;
        this.#count(passing ? error : undefined);
        if (!passing || signal.aborted || (this.#circuit.isOpen && !probe)) throw error;
        // The server closed a kept connection as it was used: retry without delay.
        const wait = tries === 1 && isBrokenConnection(error) ? 0 : waitMs(tries, retryHintMs(error), Math.random);
        // A wait that leaves no time only hides the reason. The caller gets the hint instead.
        if (this.#clock.now() + wait >= endMs) throw error;
        this.#numbers.retries++;
        if (wait === 0) continue;
        if (pause !== undefined && this.#failing < NEARLY_ALL) await pause(wait);
        else await this.#clock.sleep(wait, signal);
        signal.throwIfAborted();
      }
    }
  }

  /**
   * Makes one call, and a second one beside it if it hangs.
   * @param make must end with its signal
   * @throws DriverError
   */
  async once<T extends Outcome>(
    make: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal,
    slowEndMs: number,
  ): Promise<T> {
    const slowMs = Math.min(this.#options.requestTimeoutMs / 2, (slowEndMs - this.#clock.now()) * SLOW_PART);
    try {
      const outcome = await this.#watch.run(make, signal, slowMs);
      this.#watch.answered();
      if (!WITHOUT_SERVER.has(outcome.response.status)) this.#circuit.close();
      return outcome;
    } catch (thrown) {
      const error = this.#options.failure(thrown, signal);
      if (error instanceof Unreachable) this.#open(error);
      throw error;
    }
  }

  #failedInARow(failure: DriverError): void {
    const wasFailing = this.isFailing;
    this.#circuit.failed(failure);
    this.#countOutage(wasFailing);
  }

  #open(failure: DriverError): void {
    const wasFailing = this.isFailing;
    this.#circuit.open(failure);
    this.#countOutage(wasFailing);
  }

  #countOutage(wasFailing: boolean): void {
    if (!wasFailing && this.isFailing) this.#numbers.outages++;
  }

  /** @throws DriverError if the server is failing */
  async #probe(): Promise<void> {
    const { label, requestTimeoutMs, small, refused } = this.#options;
    const limitMs = Math.min(PROBE_MS, requestTimeoutMs);
    const signal = AbortSignal.timeout(limitMs);
    for (let tries = 1; ; tries++) {
      try {
        const outcome = await small(signal);
        if (!WITHOUT_SERVER.has(outcome.response.status)) return;
        throw refused(outcome);
      } catch (thrown) {
        if (signal.aborted || thrown instanceof CallTimeout) throw silent(label, limitMs);
        const error = fromThrown(thrown, label);
        // An unreadable answer is an answer too.
        if (error.cause instanceof UnreadableResponse) return;
        if (!isPassing(error) || tries === PROBE_TRIES) throw error;
        await this.#clock.sleep(waitMs(tries, undefined, Math.random));
      }
    }
  }

  /** Counts an answer. Without a failure it was one that a retry does not change. */
  #count(failure: DriverError | undefined): void {
    this.#failing += ((failure === undefined ? 0 : 1) - this.#failing) / ANSWERS_REMEMBERED;
    if (failure === undefined) return;
    if (WITHOUT_SERVER.has(failure.details?.status) || isBrokenConnection(failure)) this.#failedInARow(failure);
  }
}

/** The delay that `Retry-After` of an answer requests, in milliseconds. */
export const retryAfterOf = ({ headers }: Outcome['response']): number | undefined =>
  parseRetryAfter(headers.get('retry-after'), Date.now());

/** The delay that the server requested in an error, in milliseconds. */
export const retryHintMs = ({ details }: DriverError): number | undefined =>
  typeof details?.retryAfterMs === 'number' ? details.retryAfterMs : undefined;

function silent(label: string, limitMs: number): DriverError {
  return new DriverError(
    'sourceUnavailable',
    `${label} takes connections and does not answer a small call within ${limitMs} ms; is it frozen or overloaded?`,
  );
}
