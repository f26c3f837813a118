/** The state of one installation while the feed runs: its functions, and the windows in which values may be missing. */
import type { Nanoseconds } from '../../../contract/instant.ts';
import type { Installation } from '../../../sources/iotopen/catalogue.ts';
import { ClockSkew } from './clock-skew.ts';
import { BackfillProgress } from './backfill-progress.ts';
import { BackfillWindow } from './backfill-window.ts';
import { keyOfValue, DedupCache } from './dedup-cache.ts';
import type { Sample } from './message.ts';
import { NO_TOPICS, type Reader, type TopicMap } from './topic-map.ts';

export interface InstallationLimits {
  /** How much earlier than a window the log is read. */
  readonly overlapNs: Nanoseconds;
  /** Longest time to read back, and the largest accepted clock error. */
  readonly mostNs: Nanoseconds;
}

/** Arrival times may be ahead of the clock by at most this. */
const SECOND: Nanoseconds = 1_000_000_000n;

export class InstallationState {
  installation: Installation;
  map: TopicMap = NO_TOPICS;
  /** Values that are safe on the bus. */
  readonly known = new DedupCache();
  readonly #limits: InstallationLimits;
  readonly #clocks: ClockSkew;
  /** Backfill windows, by the key of the reader. */
  readonly #gaps = new Map<string, BackfillWindow>();
  /** Former readers, each with the time until which it was certainly subscribed. */
  readonly #gone = new Map<string, Nanoseconds>();
  /** Readers with live values on this connection, each with the newest timestamp. Undefined if it has none. */
  readonly #live = new Map<string, Nanoseconds | undefined>();
  /** Values of readers without a window are safe up to this arrival. */
  #safeUntil: Nanoseconds = 0n;
  #connected = false;
  /** Whether live values may have waited at the broker. */
  #waited = true;
  /** Whether the connection was lost since the last backfill began. */
  #lost = false;

  constructor(installation: Installation, limits: InstallationLimits) {
    this.installation = installation;
    this.#limits = limits;
    this.#clocks = new ClockSkew(limits.mostNs);
  }

  /** The topic filters for its values. */
  get filters(): string[] {
    return [...new Set(['obj/', ...this.map.topics].map((topic) => this.#filterOf(topic)))];
  }

  /**
   * The catalogue was read again.
   * @param since from then on, values of new readers were not decoded, and those of removed readers may have been
   * missed
   */
  refreshed(installation: Installation, map: TopicMap, since: Nanoseconds): void {
    const before = new Set(this.map.readers.map(({ key }) => key));
    const now = new Set(map.readers.map(({ key }) => key));
    for (const key of before) {
      if (now.has(key)) continue;
      const gap = this.#gaps.get(key);
      this.#gone.set(key, gap !== undefined && gap.from < since ? gap.from : since);
      this.#gaps.delete(key);
      this.#live.delete(key);
    }
    for (const [key, at] of this.#gone) {
      if (!now.has(key)) continue;
      this.#gaps.set(key, new BackfillWindow(at));
      this.#gone.delete(key);
    }
    for (const key of now) if (!before.has(key) && !this.#gaps.has(key)) this.#gaps.set(key, new BackfillWindow(since));
    this.installation = installation;
    this.map = map;
  }

  /**
   * The broker has answered the subscriptions.
   * @param granted whether live values of a filter arrive from now on
   */
  answered(now: Nanoseconds, granted: (filter: string) => boolean): void {
    if (!this.#connected) {
      this.#connected = true;
      this.#live.clear();
      if (now > this.#safeUntil) this.#safeUntil = now;
    }
    for (const { key, topic } of this.map.readers) {
      const heard = granted(this.#filterOf(topic));
      const gap = this.#gaps.get(key);
      if (gap !== undefined) gap.answered(now, heard);
      else if (!heard) this.#gaps.set(key, new BackfillWindow(now));
    }
  }

  /** @param at the platform has stored the values before this time */
  settle(at: Nanoseconds): void {
    for (const gap of this.#gaps.values()) gap.settle(at);
  }

  /** Live values no longer arrive. */
  disconnected(now: Nanoseconds): void {
    this.#connected = false;
    this.#waited = true;
    this.#lost = true;
    // If the clock was set back, the time is unknown.
    const at = this.#safeUntil > now + SECOND ? now - this.#limits.mostNs : this.#safeUntil;
    for (const { key } of this.map.readers) {
      const gap = this.#gaps.get(key);
      if (gap === undefined) this.#gaps.set(key, new BackfillWindow(at));
      else gap.interrupted(at);
    }
  }

  /**
   * The next backfill. Undefined if none is required, or not yet.
   * @param aheadNs how far the driver's clock is ahead of the platform's
   */
  beginFilling(now: Nanoseconds, aheadNs: Nanoseconds): BackfillProgress | undefined {
    const gaps = new Map<Reader, BackfillWindow>();
    for (const reader of this.map.readers) {
      const gap = this.#gaps.get(reader.key);
      if (gap?.settled === true) gaps.set(reader, gap);
    }
    if (gaps.size === 0) return undefined;
    this.#lost = false;
    return new BackfillProgress({ ...this.#limits, gaps, clocks: this.#clocks, now, aheadNs });
  }

  /** The backfill is complete. */
  filled(filling: BackfillProgress): void {
    for (const [key, { next }] of filling.gaps) {
      if (next === undefined) this.#gaps.delete(key);
      else this.#gaps.set(key, next);
    }
    if (!this.#lost) this.#waited = false;
  }

  /** Records a live value. */
  heard(readers: readonly Reader[], topic: string, { claimed }: Sample): void {
    const time = claimed?.instant;
    for (const { key } of readers) {
      const before = this.#live.get(key);
      this.#live.set(key, time === undefined || before === undefined || time > before ? time : before);
    }
    this.#clocks.heard(topic, time !== undefined);
  }

  /** Records a live value that is safe on the bus. */
  liveIsSafe(readers: readonly Reader[], topic: string, sample: Sample, arrival: Nanoseconds): void {
    if (arrival > this.#safeUntil) this.#safeUntil = arrival;
    const instant = sample.claimed?.instant;
    if (instant === undefined) return;
    for (const reader of readers) this.known.add(keyOfValue(reader, sample));
    this.#clocks.arrived(topic, arrival - instant, this.#waited);
  }

  /** Whether the time of a live value may be wrong: it has no timestamp, and may have waited at the broker. */
  doubtsArrival(): boolean {
    return this.#waited;
  }

  /** Whether the platform's newest value is newer than the live values of this connection. */
  isNews({ key }: Reader, time: Nanoseconds | undefined): boolean {
    const newest = this.#live.get(key);
    return newest === undefined || time === undefined ? !this.#live.has(key) : time > newest;
  }

  /** Values are below `obj`. Any other topic gets its own subscription. */
  #filterOf(topic: string): string {
    return `${this.installation.clientId}/${topic.startsWith('obj/') ? 'obj/#' : topic}`;
  }
}
