/**
 * What a feed has to get from REST, one after the other, again and again until it is had: the catalogue, and for each
 * installation the newest values and what was missed.
 */
import { delayMs, sleep } from '../../bus/backoff.ts';
import { DriverError } from '../../contract/errors.ts';
import { toMilliseconds, type Nanoseconds } from '../../contract/instant.ts';
import type { Platform } from '../../sources/iotopen/platform.ts';
import { PipelineStopped } from '../pipeline.ts';
import type { CatchUp } from './catch-up.ts';
import type { Place } from './place.ts';
import type { Places, Refreshed } from './places.ts';

export interface ErrandsOptions {
  readonly platform: Platform;
  readonly places: Places;
  readonly catchUp: CatchUp;
  /** Whether the newest values are wanted. */
  readonly snapshot: boolean;
  /** Whether what was missed is read from the log. */
  readonly log: boolean;
  /** Several changes within this time are one refresh; the log also gets it to note what came last. */
  readonly delayMs: number;
  /** The catalogue is read this often in any case. */
  readonly everyMs: number;
  readonly now: () => Nanoseconds;
  /** The catalogue was read. */
  readonly onCatalogue: (refreshed: Refreshed) => void;
  /** What is wrong with REST; undefined when it works. Told again and again. */
  readonly onTrouble: (trouble: DriverError | undefined) => void;
  /** Something that an operator should know and that stops nothing. */
  readonly onNotice: (text: string) => void;
}

/** Between attempts at what REST refused or failed to give. */
const RETRY = { minMs: 500, maxMs: 30_000 };

export class Errands {
  readonly #options: ErrandsOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #wake = Promise.withResolvers<undefined>();
  #wantsCatalogue = true;
  /** Live values come, so that what was missed has an end. */
  #connected = false;
  #changeTimer: NodeJS.Timeout | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #regularTimer: NodeJS.Timeout | undefined;

  constructor(options: ErrandsOptions) {
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
    for (const timer of [this.#regularTimer, this.#changeTimer, this.#settleTimer]) clearTimeout(timer);
    this.#stopping.abort();
    this.#wake.resolve(undefined);
    await this.#running;
  }

  /** The catalogue may have changed. */
  changed(): void {
    this.#changeTimer ??= setTimeout(() => {
      this.#changeTimer = undefined;
      this.#refresh();
    }, this.#options.delayMs);
  }

  /** Live values come from now on. */
  connected(): void {
    const { places, now, delayMs: wait } = this.#options;
    for (const place of places) place.connected(now());
    // A notice of a change may have been missed.
    this.changed();
    clearTimeout(this.#settleTimer);
    this.#settleTimer = setTimeout(() => {
      this.#connected = true;
      this.#wake.resolve(undefined);
    }, wait);
  }

  /** Live values come no more. */
  disconnected(): void {
    clearTimeout(this.#settleTimer);
    this.#connected = false;
    for (const place of this.#options.places) place.disconnected();
  }

  #refresh(): void {
    this.#wantsCatalogue = true;
    this.#wake.resolve(undefined);
  }

  async #run(): Promise<void> {
    const { onTrouble } = this.#options;
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
        if (stopped() || error instanceof PipelineStopped) return;
        onTrouble(error instanceof DriverError ? error : new DriverError('internal', String(error), { cause: error }));
        await sleep(delayMs(failures++, RETRY), signal);
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
    if (!this.#connected) return false;
    let failed: Error | undefined;
    for (const place of places) {
      try {
        if (await this.#bring(place, signal)) return true;
      } catch (error) {
        if (error instanceof PipelineStopped) throw error;
        // The others need not wait for the one that has trouble.
        failed ??= error as Error;
      }
    }
    if (failed !== undefined) throw failed;
    return false;
  }

  /** Brings one thing that a place wants; false when it wants nothing. */
  async #bring(place: Place, signal: AbortSignal): Promise<boolean> {
    const { catchUp, snapshot, log, now } = this.#options;
    if (place.wantsSnapshot) {
      // Before the call: a connection that is lost while it runs makes it wanted again.
      place.wantsSnapshot = false;
      try {
        if (snapshot) await this.#permitted(place, () => catchUp.snapshot(place, signal));
      } catch (error) {
        place.wantsSnapshot = true;
        throw error;
      }
      return true;
    }
    const gap = place.beginFilling(now());
    if (gap === undefined) return false;
    const { from, topics } = gap;
    if (topics !== undefined && snapshot) {
      await this.#permitted(place, () => catchUp.snapshot(place, signal, topics));
    }
    const cut = log ? await this.#permitted(place, () => catchUp.log(place, from, signal, topics)) : undefined;
    gap.filled();
    if (cut !== undefined) {
      const since = new Date(toMilliseconds(cut)).toISOString();
      this.#noticeOf(place, `values before ${since} were missed and lie further back than backfill.maxHours.`);
    }
    return true;
  }

  /** What the account may not read is left out; to ask again would not help. */
  async #permitted<T>(place: Place, read: () => Promise<T>): Promise<T | undefined> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof DriverError) || !['forbidden', 'notFound'].includes(error.code)) throw error;
      this.#noticeOf(place, `${error.message} Newest values or missed values are left out.`);
      return undefined;
    }
  }

  #noticeOf({ installation: { clientId, name } }: Place, text: string): void {
    this.#options.onNotice(`Installation ${clientId} "${name}": ${text}`);
  }
}
