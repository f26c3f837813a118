/**
 * What calls to one server found, whoever made them: numbers since the start, and how the server is. Health is told
 * from this, so that watching a server costs it nothing while it is in use.
 */
import type { DriverError, ErrorCode } from '../../contract/errors.ts';
import type { SourceStatus } from '../../sources/source.ts';

/** How a server is, as far as anybody found out. */
export interface FoundState {
  state: SourceStatus['state'] | 'unknown';
  /** What is wrong and what to do; absent when nothing is. */
  message?: string;
  /** The server's version, as the last probe found it. */
  version: string | null;
  /** Milliseconds since 1970 of the last news; undefined as long as nothing is known. */
  foundAt: number | undefined;
}

/** @param probed by asking the server how it is, and not by a call of a request */
export type FoundListener = (found: Readonly<FoundState>, probed: boolean) => void;

/** Calls to a server since the start; all of them only grow. */
export interface CallNumbers {
  /** By `ok` or error code. */
  results: Record<string, number>;
  totalMs: number;
  longestMs: number;
}

/** Errors by which a server shows that it is there and lets the driver in. */
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

  /** Has `listener` told of everything that is found from now on. */
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

  /** A call failed. Some errors tell nothing about the server as a whole, such as one odd item that it chokes on. */
  failed({ code, message }: DriverError): void {
    if (ANSWERED.has(code)) this.#learn('up');
    else if (code === 'unauthorized') this.#learn('unauthorized', message);
    else if (ABSENT.has(code)) this.#learn('down', message);
  }

  /** The server was asked how it is. */
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
