/**
 * Results of all calls to one server: counts since the start, and the server's status. Health reports use it, so that
 * monitoring a server in use costs it nothing.
 */
import type { DriverError, ErrorCode } from '../../contract/errors.ts';
import type { SourceStatus } from '../../sources/source.ts';

/** The last known state of a server. */
export interface FoundState {
  state: SourceStatus['state'] | 'unknown';
  /** The problem and its remedy. Absent if there is none. */
  message?: string;
  /** The server's version from the last probe. */
  version: string | null;
  /** Time of the last result, milliseconds since 1970. Undefined if there is none. */
  foundAt: number | undefined;
}

/** @param probed true if a probe found it, false for a call of a request */
export type FoundListener = (found: Readonly<FoundState>, probed: boolean) => void;

/** Calls to a server since the start. All counts only grow. */
export interface CallNumbers {
  /** By `ok` or error code. */
  results: Record<string, number>;
  totalMs: number;
  longestMs: number;
}

/** Errors by which a server shows that it is available and accepts the driver. */
const ANSWERED = new Set<ErrorCode>(['badRequest', 'forbidden', 'notFound', 'unsupported', 'tooLarge', 'overloaded']);
const ABSENT = new Set<ErrorCode>(['sourceUnavailable', 'timeout']);

export class SourceHealth {
  readonly #now: () => number;
  readonly #calls: CallNumbers = { results: {}, totalMs: 0, longestMs: 0 };
  #onNews: FoundListener = () => undefined;
  #found: FoundState = { state: 'unknown', version: null, foundAt: undefined };

  /** @param now milliseconds since 1970 */
  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get state(): Readonly<FoundState> {
    return this.#found;
  }

  get calls(): Readonly<CallNumbers> {
    return this.#calls;
  }

  /** Calls `listener` for every later result. */
  onNews(listener: FoundListener): void {
    this.#onNews = listener;
  }

  /** Counts a call. */
  count(result: 'ok' | ErrorCode, elapsedMs: number): void {
    this.#calls.results[result] = (this.#calls.results[result] ?? 0) + 1;
    this.#calls.totalMs += elapsedMs;
    this.#calls.longestMs = Math.max(this.#calls.longestMs, elapsedMs);
  }

  /** A call was answered. */
  succeeded(): void {
    this.#learn('up');
  }

  /**
   * A call failed. Some errors do not concern the server as a whole, for example one invalid item that it cannot
   * process.
   */
  failed({ code, message }: DriverError): void {
    if (ANSWERED.has(code)) this.#learn('up');
    else if (code === 'unauthorized') this.#learn('unauthorized', message);
    else if (ABSENT.has(code)) this.#learn('down', message);
  }

  /** The server was probed. */
  probed({ state, message, version }: SourceStatus): void {
    if (version !== null) this.#found = { ...this.#found, version };
    this.#learn(state, message, true);
  }

  #learn(state: SourceStatus['state'], message?: string, probed = false): void {
    const { version } = this.#found;
    this.#found = { state, version, foundAt: this.#now(), ...(message === undefined ? {} : { message }) };
    this.#onNews(this.#found, probed);
  }
}
