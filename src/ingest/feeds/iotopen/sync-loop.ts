/**
 * The REST reads of a feed, one after another, each retried until it succeeds: the catalogue, and for each installation
 * the newest values and the missing ones.
 */
import { delayMs } from '../../../lib/backoff.ts';
import { CLOCK, type Clock, sleep } from '../../../lib/clock.ts';
import { DriverError } from '../../../contract/errors.ts';
import { fromMilliseconds, toMilliseconds, type Nanoseconds } from '../../../contract/time/instant.ts';
import { retryHintMs } from '../../../net/availability/server-calls.ts';
import type { Platform } from '../../../sources/iotopen/platform.ts';
import { Stopped } from '../../../lib/stopped.ts';
import type { Backfill } from './backfill.ts';
import type { InstallationState } from './installation-state.ts';
import type { InstallationStates } from './installation-states.ts';

export interface SyncLoopOptions {
  readonly platform: Platform;
  readonly states: InstallationStates;
  readonly backfill: Backfill;
  /** Whether the newest values are read. */
  readonly snapshot: boolean;
  /** Whether missing values are read from the log. */
  readonly log: boolean;
  /** Changes within this time cause one refresh. The platform's log also has this time to store the latest values. */
  readonly delayMs: number;
  /** The longest interval between reads of the catalogue. */
  readonly everyMs: number;
  readonly now: () => Nanoseconds;
  /** The clock for delays between attempts. Default: the system clock. */
  readonly clock?: Clock | undefined;
  /** Called when the catalogue was read. */
  readonly onCatalogue: (notices: readonly string[]) => void;
  /** Called after each task, with its failure if there is one. */
  readonly onResult: (failure: DriverError | undefined) => void;
  /** Called with a problem that operators should see and that does not stop the feed. */
  readonly onNotice: (text: string) => void;
}

/** Delays between attempts after a REST failure. */
const RETRY = { minMs: 500, maxMs: 30_000 };

/** A longer `Retry-After` of the platform is cut to this. */
const LONGEST_HINT_MS = 300_000;

/** The delay before the next attempt, in milliseconds. */
export function pauseAfter(error: unknown, failures: number): number {
  const hint = error instanceof DriverError ? (retryHintMs(error) ?? 0) : 0;
  return Math.max(delayMs(failures, RETRY), Math.min(LONGEST_HINT_MS, hint));
}

export class SyncLoop {
  readonly #options: SyncLoopOptions;
  readonly #stopping = new AbortController();
  /** The last notice of each installation. */
  readonly #noticed = new WeakMap<InstallationState, string>();
  #running: Promise<void> | undefined;
  #wake = Promise.withResolvers<undefined>();
  #wantsCatalogue = true;
  /** A change notification has arrived, and more may follow. */
  #changes = false;
  #regularTimer: NodeJS.Timeout | undefined;

  constructor(options: SyncLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
    this.#regularTimer ??= setInterval(() => {
      this.#refresh();
    }, this.#options.everyMs).unref();
  }

  /** Aborts the REST calls. Resolves when their values are on the bus or abandoned. */
  async stop(): Promise<void> {
    clearInterval(this.#regularTimer);
    this.#stopping.abort();
    this.#wake.resolve(undefined);
    await this.#running;
  }

  /** The catalogue may have changed. */
  changed(): void {
    if (this.#changes) return;
    this.#changes = true;
    this.#later(() => {
      this.#changes = false;
      this.#refresh();
    });
  }

  /**
   * The broker has answered the subscriptions, which ends the backfill windows.
   * @param granted whether live values of a filter arrive from now on
   */
  answered(granted: (filter: string) => boolean): void {
    const { states, now } = this.#options;
    const at = now();
    for (const state of states) state.answered(at, granted);
    this.#later(() => {
      for (const state of states) state.settle(at);
      this.#wake.resolve(undefined);
    });
  }

  /** Live values no longer arrive. */
  disconnected(): void {
    const { states, now } = this.#options;
    for (const state of states) state.disconnected(now());
  }

  /** Runs it later, unless the loop stops first. */
  #later(then: () => void): void {
    const { signal } = this.#stopping;
    void sleep(this.#options.delayMs, signal).then(() => {
      if (!signal.aborted) then();
    });
  }

  #refresh(): void {
    this.#wantsCatalogue = true;
    this.#wake.resolve(undefined);
  }

  async #run(): Promise<void> {
    const { onResult, clock = CLOCK } = this.#options;
    const { signal } = this.#stopping;
    const stopped = (): boolean => signal.aborted;
    let failures = 0;
    while (!stopped()) {
      this.#wake = Promise.withResolvers<undefined>();
      try {
        const done = await this.#next(signal);
        failures = 0;
        onResult(undefined);
        if (!done) await this.#wake.promise;
      } catch (error) {
        if (stopped() || error instanceof Stopped) return;
        onResult(error instanceof DriverError ? error : new DriverError('internal', String(error), { cause: error }));
        // A stop ends the delay, and then the loop.
        await clock.sleep(pauseAfter(error, failures++), signal);
      }
    }
  }

  /** Runs the next task. Returns false if there is none. */
  async #next(signal: AbortSignal): Promise<boolean> {
    const { platform, states, now, onCatalogue } = this.#options;
    if (this.#wantsCatalogue) {
      this.#wantsCatalogue = false;
      try {
        onCatalogue(await states.read(platform, now(), signal));
      } catch (error) {
        this.#wantsCatalogue = true;
        throw error;
      }
      return true;
    }
    let failed: Error | undefined;
    for (const state of states) {
      try {
        if (await this.#fill(state, signal)) return true;
      } catch (error) {
        if (error instanceof Stopped) throw error;
        // A failing installation does not delay the others.
        failed ??= error as Error;
      }
    }
    if (failed !== undefined) throw failed;
    return false;
  }

  /** Reads the newest and the missing values of an installation. Returns false if none is required. */
  async #fill(state: InstallationState, signal: AbortSignal): Promise<boolean> {
    const { platform, backfill, snapshot, log, now } = this.#options;
    const withoutNewest = state.windowsWithoutNewest();
    if (snapshot && withoutNewest.size > 0) {
      await this.#permitted(state, () => backfill.newest(state, [...withoutNewest.keys()], signal));
      for (const window of withoutNewest.values()) window.wantsNewest = false;
      // A window that has ended meanwhile needs the newest values again before it becomes part of a job.
      return true;
    }
    const job = state.backfillJob(now(), fromMilliseconds(platform.clockAheadMs));
    if (job === undefined) return false;
    if (log) await this.#permitted(state, () => backfill.log(state, job, signal));
    state.backfilled();
    if (log && job.cut !== undefined) {
      const since = new Date(toMilliseconds(job.cut)).toISOString();
      this.#noticeOf(state, `values before ${since} were missed and are older than backfill.maxHours.`);
    }
    return true;
  }

  /** Skips what the account may not read: a retry does not help. */
  async #permitted(state: InstallationState, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof DriverError) || !['forbidden', 'notFound'].includes(error.code)) throw error;
      this.#noticeOf(state, `${error.message} Newest values or missed values are left out.`);
    }
  }

  #noticeOf(state: InstallationState, text: string): void {
    const { clientId, name } = state.installation;
    // Topics that the broker refuses are read repeatedly, and may be forbidden here too.
    if (this.#noticed.get(state) === text) return;
    this.#noticed.set(state, text);
    this.#options.onNotice(`Installation ${clientId} "${name}": ${text}`);
  }
}
