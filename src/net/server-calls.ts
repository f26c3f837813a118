/**
 * The calls to one server, with all that passes by itself settled: another try after a failure that may pass, a second
 * try beside a call that hangs, and no try at all while the server is known to be sick. Every call only reads.
 */
import { DriverError } from '../contract/errors.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { CLOCK, type Clock } from './clock.ts';
import { CallTimeout } from './exchange.ts';
import { fromThrown, isBrokenConnection, isPassing, Unreachable } from './errors.ts';
import { parseRetryAfter, waitMs } from './retry.ts';
import { StalenessWatch } from './silence-watch.ts';
import { UnreadableResponse } from './unreadable-response.ts';

/** What openapi-fetch resolves to. */
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
  /** How errors name the server: `Server "plant"`. */
  readonly label: string;
  /** Calls at once. */
  readonly connections: number;
  /** Longest time of one call. */
  readonly requestTimeoutMs: number;
  /** Any error thrown by a call, as an error of the contract. */
  readonly failure: (thrown: unknown, signal?: AbortSignal) => DriverError;
  /** An answer other than 2xx, as an error of the contract. */
  readonly refused: (outcome: Outcome) => DriverError;
  /** One small call on a new connection that needs no log-in. */
  readonly small: (signal: AbortSignal) => Promise<Outcome>;
  /** The server was found to be sick. */
  readonly onSick?: () => void;
  /** Told before a call is made once more, because the connections may all be dead. */
  readonly onSecond: () => void;
  /** The time between tries; that of the machine by default. */
  readonly clock?: Clock | undefined;
}

/** How long a call is tried. */
export interface CallLimits {
  readonly signal: AbortSignal;
  /** When the time is used up, by `performance.now()`; undefined if that is not known. */
  readonly deadlineMs?: number | undefined;
  /** Ask even if the server was found to be down a moment ago, and report soon how it is. */
  readonly probe?: boolean | undefined;
  /** Waits between tries; by default without leaving the turn to others. */
  readonly pause?: ((ms: number) => Promise<void>) | undefined;
}

/** How long a call is tried again where nobody says how much time there is. */
const PATIENCE_MS = 20_000;
/** A probe reports what it finds, and not what would be found later. */
const PROBE_PATIENCE_MS = 1000;
/** A server that does not answer a small call in this time, or not after so many tries, is sick. */
const LOOK_MS = 5000;
const LOOK_TRIES = 3;
/** A call counts as slow after such a part of its time, so that the same time is left for another one, and more. */
const SLOW_PART = 1 / 3;
/** Second tries at once, as a part of the connections. */
const SECOND_PART = 1 / 4;
/** A body that is damaged so often is not damaged on its way. */
const MOST_DAMAGED = 12;

/** Nothing stands behind a proxy that answers so. */
const WITHOUT_SERVER = new Set<unknown>([502, 503, 504]);

/**
 * Calls that wait for another try leave their turn to others, unless nearly every answer fails: then they keep it, so
 * that a server in trouble gets fewer calls. The share of failures is that of about the last so many answers.
 */
const NEARLY_ALL = 0.85;
const ANSWERS_REMEMBERED = 32;

export class ServerCalls {
  readonly #options: ServerCallsOptions;
  readonly #clock: Clock;
  readonly #circuit: CircuitBreaker;
  readonly #watch: StalenessWatch;
  #failing = 0;

  constructor(options: ServerCallsOptions) {
    this.#options = options;
    this.#clock = options.clock ?? CLOCK;
    this.#circuit = new CircuitBreaker(this.#clock.now);
    this.#watch = new StalenessWatch({
      look: () => this.#look(),
      onSick: (failure) => {
        this.#circuit.open(failure);
        options.onSick?.();
      },
      onSecond: options.onSecond,
      mostSeconds: Math.max(1, Math.floor(options.connections * SECOND_PART)),
    });
  }

  /** The server was found to be sick, and calls fail at once. */
  get isSick(): boolean {
    return this.#circuit.isOpen;
  }

  /** Stops watching. */
  close(): void {
    this.#watch.close();
  }

  /**
   * Tries until there is a good answer, one that no other try would change, or no time for another try.
   * @param attempt one try, made of calls by {@link once}; is given the end of its time, by `performance.now()`
   * @throws DriverError
   */
  async insist<T>(limits: CallLimits, attempt: (slowEndMs: number) => Promise<T>): Promise<T> {
    const { signal, deadlineMs, probe = false, pause } = limits;
    const endMs = Math.min(deadlineMs ?? Infinity, this.#clock.now() + (probe ? PROBE_PATIENCE_MS : PATIENCE_MS));
    const slowEndMs = deadlineMs ?? endMs;
    let damages = 0;
    for (let tries = 1; ; tries++) {
      try {
        if (!probe && this.#circuit.isOpen) {
          await this.#circuit.admit(() => this.#look());
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
        // The server closed a kept connection just when it was used: nothing to wait for.
        const wait = tries === 1 && isBrokenConnection(error) ? 0 : waitMs(tries, retryHintMs(error), Math.random);
        // A wait that leaves no time would only hide the reason; the hint goes to the caller instead.
        if (this.#clock.now() + wait >= endMs) throw error;
        if (wait === 0) continue;
        if (pause !== undefined && this.#failing < NEARLY_ALL) await pause(wait);
        else await this.#clock.sleep(wait, signal);
      }
    }
  }

  /**
   * One call on the wire, and a second one beside it where it hangs.
   * @param make has to end with its signal
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
      if (error instanceof Unreachable) this.#circuit.open(error);
      throw error;
    }
  }

  /** @throws DriverError if the server is sick */
  async #look(): Promise<void> {
    const { label, requestTimeoutMs, small, refused } = this.#options;
    const limitMs = Math.min(LOOK_MS, requestTimeoutMs);
    const signal = AbortSignal.timeout(limitMs);
    for (let tries = 1; ; tries++) {
      try {
        const outcome = await small(signal);
        if (!WITHOUT_SERVER.has(outcome.response.status)) return;
        throw refused(outcome);
      } catch (thrown) {
        if (signal.aborted || thrown instanceof CallTimeout) throw silent(label, limitMs);
        const error = fromThrown(thrown, label);
        // An answer that cannot be read is one.
        if (error.cause instanceof UnreadableResponse) return;
        if (!isPassing(error) || tries === LOOK_TRIES) throw error;
        await this.#clock.sleep(waitMs(tries, undefined, Math.random));
      }
    }
  }

  /** Counts an answer; without a failure it was one that no other try would change. */
  #count(failure: DriverError | undefined): void {
    this.#failing += ((failure === undefined ? 0 : 1) - this.#failing) / ANSWERS_REMEMBERED;
    if (failure === undefined) return;
    if (WITHOUT_SERVER.has(failure.details?.status) || isBrokenConnection(failure)) this.#circuit.failed(failure);
  }
}

/** What `Retry-After` of an answer asks for, in milliseconds. */
export const retryAfterOf = ({ headers }: Outcome['response']): number | undefined =>
  parseRetryAfter(headers.get('retry-after'), Date.now());

/** The wait that the server asked for in an error, in milliseconds. */
export const retryHintMs = ({ details }: DriverError): number | undefined =>
  typeof details?.retryAfterMs === 'number' ? details.retryAfterMs : undefined;

function silent(label: string, limitMs: number): DriverError {
  return new DriverError(
    'sourceUnavailable',
    `${label} takes connections and does not answer a small call within ${limitMs} ms; is it frozen or overloaded?`,
  );
}
