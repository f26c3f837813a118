/**
 * The health of one source: decides its state from the results of all calls and from probes, and decides when a probe
 * is due. All others read it, so that monitoring a source in use costs it nothing.
 */
import { DriverError, type ErrorCode, toDriverError } from '../../contract/errors.ts';
import { abortAfter, unlessAborted } from '../../lib/abort.ts';
import { delayMs, type RetryDelays } from '../../lib/backoff.ts';
import { sleep } from '../../lib/clock.ts';
import { DURATION_BOUNDS_MS, Histogram } from '../../lib/histogram.ts';
import type { Source, SourceCall, SourceStatus } from '../../sources/source.ts';

/** The last known state of a source. */
export interface FoundState {
  state: SourceStatus['state'] | 'unknown';
  /** The problem and its remedy. Absent if there is none. */
  message?: string;
  /** The source's version from the last probe. */
  version: string | null;
  /** Time when this state began, milliseconds since 1970. Undefined if there is no result. */
  sinceMs: number | undefined;
  /** Time of the last result, milliseconds since 1970. Undefined if there is none. */
  foundAt: number | undefined;
}

/** Calls to a source since the start. All counts only grow. */
export interface CallNumbers {
  /** By `ok` or error code. */
  results: Record<string, number>;
  totalMs: number;
  longestMs: number;
}

/** With the distribution of their times by `DURATION_BOUNDS_MS`. */
export interface CallStatistics extends CallNumbers {
  readonly durations: readonly number[];
}

/** A follower of the state. As long as a source has one, it is probed after failed calls, and until it is up again. */
export interface HealthFollower {
  /** Called for each confirmed result: an answer confirms that a source is up, and a probe confirms any state. */
  onConfirmed?: (found: Readonly<FoundState>) => void;
  /** Called for each probe that finds the source unavailable. */
  onDown?: (error: DriverError) => void;
  /** The source is available after a check. */
  onUp?: () => void;
}

/** Creates the call of a probe, which ends with the signal. */
type ProbeCall = (signal: AbortSignal) => SourceCall;

/** Errors by which a source shows that it is available and accepts the driver. */
const ANSWERED = new Set<ErrorCode>(['badRequest', 'forbidden', 'notFound', 'unsupported', 'tooLarge', 'overloaded']);
const ABSENT = new Set<ErrorCode>(['sourceUnavailable', 'timeout']);
/** Errors that may concern the source as a whole. */
const SUSPICIOUS = new Set<ErrorCode>([...ABSENT, 'unauthorized']);

/** A source that does not answer a probe in this time is down. */
const PROBE_MS = 5_000;
/** How long a source counts as up after a check: failures of calls then concern single items. */
const TRUST_MS = 5_000;
/** Between two probes of a source that is not up. */
const PROBE_DELAYS: RetryDelays = { minMs: 500, maxMs: 10_000 };
/** Ages of the last result at which a source is probed: one that is up, and any other. */
const UP_FOR_MS = 30_000;
const DOWN_FOR_MS = 10_000;

/** A probe that the driver makes on its own belongs to no request: it is neither limited nor counted. */
const ownProbe: ProbeCall = (signal) => ({ signal, run: (call) => call() });

export class SourceHealth {
  readonly #source: Source;
  readonly #now: () => number;
  readonly #calls: CallNumbers = { results: {}, totalMs: 0, longestMs: 0 };
  readonly #durations = new Histogram(DURATION_BOUNDS_MS);
  readonly #followers = new Set<HealthFollower>();
  readonly #closing = new AbortController();
  #found: FoundState = { state: 'unknown', version: null, sinceMs: undefined, foundAt: undefined };
  #probe: Promise<SourceStatus> | undefined;
  #refreshing = false;
  /** The check in progress. */
  #check: AbortController | undefined;
  #outage: DriverError | undefined;
  #trustedFrom = -Infinity;

  /** @param now milliseconds since 1970 */
  constructor(source: Source, now: () => number = Date.now) {
    this.#source = source;
    this.#now = now;
  }

  get state(): Readonly<FoundState> {
    return this.#found;
  }

  get calls(): Readonly<CallStatistics> {
    return { ...this.#calls, durations: this.#durations.counts };
  }

  /** True after a failed call, until a probe finds the source up. Leased tags are not polled meanwhile. */
  get isChecking(): boolean {
    return this.#check !== undefined;
  }

  /** Why the source is unavailable, as the last probe found. Undefined if it is up. */
  get outage(): DriverError | undefined {
    return this.#outage;
  }

  /** Reports later results to the follower. The returned function ends it. */
  follow(follower: HealthFollower): () => void {
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#endCheck();
    };
  }

  /**
   * Runs a call and counts it. Its result shows the state, unless the call is part of a probe, which evaluates its
   * result itself, or the driver has aborted it.
   * @param signal signal of the call; undefined for a probe
   */
  async call<T>(call: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const started = performance.now();
    let result: 'ok' | ErrorCode = 'ok';
    try {
      const answer = await call();
      if (signal !== undefined) this.#learn('up', undefined, false);
      return answer;
    } catch (thrown) {
      const error = toDriverError(thrown);
      result = error.code;
      if (signal?.aborted === false) this.#failed(error);
      throw thrown;
    } finally {
      this.#count(result, performance.now() - started);
    }
  }

  /**
   * Checks the source after a failed call, if the failure may concern the source as a whole. One failed call does not
   * prove that, since others may succeed.
   */
  suspect({ code }: DriverError): void {
    if (SUSPICIOUS.has(code) && this.#age(this.#trustedFrom) >= TRUST_MS) this.#startCheck();
  }

  /**
   * Probes the source now, without a queue, because the state must not depend on the load. Concurrent callers share the
   * probe. Resolves also if the source is down, after a bounded time.
   * @param ended ends the wait, not the probe
   */
  async probe(callWith: ProbeCall = ownProbe, ended?: AbortSignal): Promise<SourceStatus> {
    this.#probe ??= this.#probeOnce(callWith).finally(() => (this.#probe = undefined));
    return ended === undefined ? this.#probe : unlessAborted(this.#probe, ended);
  }

  /**
   * Probes the source if its last result is old. Never rejects.
   * @param afterMs delay, to distribute the probes of several sources
   */
  async refresh(afterMs = 0): Promise<void> {
    if (this.#refreshing || this.isChecking || !this.#isStale()) return;
    this.#refreshing = true;
    try {
      if (afterMs > 0) await sleep(afterMs, this.#closing.signal);
      this.#closing.signal.throwIfAborted();
      await this.probe(ownProbe, this.#closing.signal);
    } catch {
      // The state stays unchanged. The next refresh probes again.
    } finally {
      this.#refreshing = false;
    }
  }

  /** Reports nothing more: a call that the end of the driver aborts does not show the state. */
  close(): void {
    this.#closing.abort();
    this.#followers.clear();
    this.#endCheck();
  }

  async #probeOnce(callWith: ProbeCall): Promise<SourceStatus> {
    const stop = new AbortController();
    const clearLimit = abortAfter(PROBE_MS, stop, () => silent(this.#source));
    try {
      const status = await this.#source.probe(callWith(stop.signal));
      this.#probed(status);
      return status;
    } finally {
      clearLimit();
    }
  }

  #probed({ state, message, version }: SourceStatus): void {
    if (version !== null) this.#found = { ...this.#found, version };
    this.#learn(state, message, true);
    if (state === 'up') {
      this.#recovered();
      return;
    }
    if (this.#followers.size === 0) return;
    const text = message ?? `Server "${this.#source.name}" is ${state}.`;
    this.#outage = new DriverError(state === 'unauthorized' ? state : 'sourceUnavailable', text);
    for (const { onDown } of this.#followers) onDown?.(this.#outage);
    this.#startCheck();
  }

  /** A call failed. Some errors concern one item only, for example an invalid one that the source cannot process. */
  #failed(error: DriverError): void {
    const { code, message } = error;
    if (ANSWERED.has(code)) this.#learn('up', undefined, false);
    else if (code === 'unauthorized') this.#learn('unauthorized', message, false);
    else if (ABSENT.has(code)) this.#learn('down', message, false);
    this.suspect(error);
  }

  #learn(state: SourceStatus['state'], message: string | undefined, isProbe: boolean): void {
    const { version, state: previous, sinceMs } = this.#found;
    const foundAt = this.#now();
    const began = state === previous ? sinceMs : foundAt;
    this.#found = { state, version, sinceMs: began, foundAt, ...(message === undefined ? {} : { message }) };
    if (state === 'up' || isProbe) for (const { onConfirmed } of this.#followers) onConfirmed?.(this.#found);
  }

  #count(result: string, elapsedMs: number): void {
    this.#calls.results[result] = (this.#calls.results[result] ?? 0) + 1;
    this.#calls.totalMs += elapsedMs;
    this.#calls.longestMs = Math.max(this.#calls.longestMs, elapsedMs);
    this.#durations.add(elapsedMs);
  }

  #startCheck(): void {
    if (this.isChecking || this.#followers.size === 0) return;
    const check = new AbortController();
    this.#check = check;
    this.#checkUntilUp(check.signal).catch(() => {
      // Ended, or a fault of the source that its calls also show.
      if (!check.signal.aborted) this.#recovered();
    });
  }

  /** Probes until `#recovered` ends the check. */
  async #checkUntilUp(signal: AbortSignal): Promise<void> {
    let failures = 0;
    // A probe has just failed.
    if (this.#outage !== undefined) await sleep(delayMs(failures++, PROBE_DELAYS), signal);
    while (!signal.aborted) {
      await this.probe(ownProbe, signal);
      // Jitter: replicas that saw the same failure must not return at the same moment.
      await sleep(delayMs(failures++, PROBE_DELAYS), signal);
    }
  }

  #recovered(): void {
    if (!this.isChecking) return;
    this.#trustedFrom = this.#now();
    this.#endCheck();
    for (const { onUp } of this.#followers) onUp?.();
  }

  #endCheck(): void {
    this.#check?.abort();
    this.#check = undefined;
    this.#outage = undefined;
  }

  #isStale(): boolean {
    const { state, foundAt = -Infinity } = this.#found;
    return this.#age(foundAt) >= (state === 'up' ? UP_FOR_MS : DOWN_FOR_MS);
  }

  /** Milliseconds since a time. Infinite if the clock was set back, which must not make an old result fresh. */
  #age(since: number): number {
    const age = this.#now() - since;
    return age < 0 ? Infinity : age;
  }
}

function silent({ name }: Source): DriverError {
  return new DriverError('timeout', `Server "${name}" does not answer within ${PROBE_MS / 1000} seconds.`);
}
