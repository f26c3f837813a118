/**
 * What a feed has to get from REST, one after the other, again and again until it is had: the catalogue, and for each
 * installation the newest values and what was missed.
 */
import { delayMs, sleep } from '../../../lib/backoff.ts';
import { DriverError } from '../../../contract/errors.ts';
import { fromMilliseconds, toMilliseconds, type Nanoseconds } from '../../../contract/instant.ts';
import { CLOCK, type Clock } from '../../../net/clock.ts';
import { retryHintMs } from '../../../net/server-calls.ts';
import type { Platform } from '../../../sources/iotopen/platform.ts';
import { Stopped } from '../../../lib/stopped.ts';
import type { Backfill } from './backfill.ts';
import type { InstallationState } from './installation-state.ts';
import type { InstallationStates } from './installation-states.ts';

export interface SyncLoopOptions {
  readonly platform: Platform;
  readonly places: InstallationStates;
  readonly catchUp: Backfill;
  /** Whether the newest values are wanted. */
  readonly snapshot: boolean;
  /** Whether what was missed is read from the log. */
  readonly log: boolean;
  /** Several changes within this time are one refresh; the log also gets it to note what came last. */
  readonly delayMs: number;
  /** The catalogue is read this often in any case. */
  readonly everyMs: number;
  readonly now: () => Nanoseconds;
  /** The time between attempts; that of the machine by default. */
  readonly clock?: Clock | undefined;
  /** The catalogue was read. */
  readonly onCatalogue: (notices: readonly string[]) => void;
  /** What is wrong with REST; undefined when it works. Told again and again. */
  readonly onTrouble: (trouble: DriverError | undefined) => void;
  /** Something that an operator should know and that stops nothing. */
  readonly onNotice: (text: string) => void;
}

/** Between attempts at what REST refused or failed to give. */
const RETRY = { minMs: 500, maxMs: 30_000 };

/** A platform that asks to be left alone (`Retry-After`) for longer than this is asked all the same. */
const LONGEST_HINT_MS = 300_000;

/** The pause before the next attempt, in milliseconds. */
export function pauseAfter(error: unknown, failures: number): number {
  const hint = error instanceof DriverError ? (retryHintMs(error) ?? 0) : 0;
  return Math.max(delayMs(failures, RETRY), Math.min(LONGEST_HINT_MS, hint));
}

export class SyncLoop {
  readonly #options: SyncLoopOptions;
  readonly #stopping = new AbortController();
  /** The last notice of each place. */
  readonly #told = new WeakMap<InstallationState, string>();
  #running: Promise<void> | undefined;
  #wake = Promise.withResolvers<undefined>();
  #wantsCatalogue = true;
  /** A notice of a change has come, and more may follow. */
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

  /** Ends calls to REST; resolves when what they brought is on the bus or given up. */
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
   * The broker has answered what was subscribed to, so that what was missed has an end.
   * @param granted whether live values of a filter come from now on
   */
  answered(granted: (filter: string) => boolean): void {
    const { places, now } = this.#options;
    const at = now();
    for (const place of places) place.answered(at, granted);
    this.#later(() => {
      for (const place of places) place.settle(at);
      this.#wake.resolve(undefined);
    });
  }

  /** Live values come no more. */
  disconnected(): void {
    const { places, now } = this.#options;
    for (const place of places) place.disconnected(now());
  }

  /** Never, if it stops before. */
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
    const { onTrouble, clock = CLOCK } = this.#options;
    const { signal } = this.#stopping;
    const stopped = (): boolean => signal.aborted;
    let failures = 0;
    while (!stopped()) {
      this.#wake = Promise.withResolvers<undefined>();
      try {
        const done = await this.#next(signal);
        failures = 0;
        onTrouble(undefined);
        if (!done) await this.#wake.promise;
      } catch (error) {
        if (stopped() || error instanceof Stopped) return;
        onTrouble(error instanceof DriverError ? error : new DriverError('internal', String(error), { cause: error }));
        // A stop ends the pause, and then the loop.
        await clock.sleep(pauseAfter(error, failures++), signal).catch(() => undefined);
      }
    }
  }

  /** The next piece of work; false when there is none. */
  async #next(signal: AbortSignal): Promise<boolean> {
    const { platform, places, now, onCatalogue } = this.#options;
    if (this.#wantsCatalogue) {
      this.#wantsCatalogue = false;
      try {
        onCatalogue(await places.read(platform, now(), signal));
      } catch (error) {
        this.#wantsCatalogue = true;
        throw error;
      }
      return true;
    }
    let failed: Error | undefined;
    for (const place of places) {
      try {
        if (await this.#fill(place, signal)) return true;
      } catch (error) {
        if (error instanceof Stopped) throw error;
        // The others need not wait for the one that has trouble.
        failed ??= error as Error;
      }
    }
    if (failed !== undefined) throw failed;
    return false;
  }

  /** Brings what a place wants; false when it wants nothing. */
  async #fill(place: InstallationState, signal: AbortSignal): Promise<boolean> {
    const { platform, catchUp, snapshot, log, now } = this.#options;
    const filling = place.beginFilling(now(), fromMilliseconds(platform.clockAheadMs));
    if (filling === undefined) return false;
    if (snapshot && filling.newest.length > 0) {
      await this.#permitted(place, () => catchUp.newest(place, filling, signal));
    }
    filling.newestAreRead();
    if (log) await this.#permitted(place, () => catchUp.log(place, filling, signal));
    place.filled(filling);
    if (log && filling.cut !== undefined) {
      const since = new Date(toMilliseconds(filling.cut)).toISOString();
      this.#noticeOf(place, `values before ${since} were missed and lie further back than backfill.maxHours.`);
    }
    return true;
  }

  /** What the account may not read is left out; to ask again would not help. */
  async #permitted(place: InstallationState, read: () => Promise<void>): Promise<void> {
    try {
      await read();
    } catch (error) {
      if (!(error instanceof DriverError) || !['forbidden', 'notFound'].includes(error.code)) throw error;
      this.#noticeOf(place, `${error.message} Newest values or missed values are left out.`);
    }
  }

  #noticeOf(place: InstallationState, text: string): void {
    const { clientId, name } = place.installation;
    // What the broker refuses is read again and again, and may be forbidden here, too.
    if (this.#told.get(place) === text) return;
    this.#told.set(place, text);
    this.#options.onNotice(`Installation ${clientId} "${name}": ${text}`);
  }
}
