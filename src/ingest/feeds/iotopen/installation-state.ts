/** The state of one installation while the feed runs: its functions, and the windows in which values may be missing. */
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { Installation } from '../../../sources/iotopen/catalogue.ts';
import { BackfillJob, type BackfillWindow } from './backfill-job.ts';
import { ClockSkew } from './clock-skew.ts';
import { keyOfValue, DedupCache } from './dedup-cache.ts';
import type { PlatformValue } from './message.ts';
import { NO_TOPICS, type Reader, type TopicMap } from './topic-map.ts';

export interface InstallationLimits {
  /** How much earlier than a window the log is read. */
  readonly overlapNs: Nanoseconds;
  /** Longest time to read back, and the largest accepted clock error. */
  readonly mostNs: Nanoseconds;
}

/** A window that is not read yet. Live values arrive again from its end, if the broker has granted the topic. */
interface PendingWindow {
  readonly from: Nanoseconds;
  /** Undefined while the window is open. */
  until: Nanoseconds | undefined;
  granted: boolean;
  /** Whether the platform has had time to store the values before `until`. */
  settled: boolean;
  /** Whether the newest value must be read. */
  wantsNewest: boolean;
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
  /** By the key of the reader. The window of a reader that was removed stays open until it returns. */
  readonly #windows = new Map<string, PendingWindow>();
  /** Readers with live values on this connection, each with the newest timestamp. Undefined if it has none. */
  readonly #live = new Map<string, Nanoseconds | undefined>();
  /** The backfill in progress, also between two attempts. */
  #job: BackfillJob | undefined;
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
    for (const reader of this.map.readers) {
      const { key } = reader;
      if (now.has(key)) continue;
      this.#open(key, earliest(since, this.#job?.startOf(reader)));
      this.#live.delete(key);
    }
    for (const key of now) if (!before.has(key) && !this.#windows.has(key)) this.#open(key, since);
    this.installation = installation;
    this.map = map;
  }

  /**
   * The broker has answered the subscriptions.
   * @param isGranted whether live values of a filter arrive from now on
   */
  answered(now: Nanoseconds, isGranted: (filter: string) => boolean): void {
    if (!this.#connected) {
      this.#connected = true;
      this.#live.clear();
      if (now > this.#safeUntil) this.#safeUntil = now;
    }
    for (const { key, topic } of this.map.readers) {
      const granted = isGranted(this.#filterOf(topic));
      const window = this.#windows.get(key);
      if (window === undefined) {
        if (!granted) this.#open(key, now);
      } else if (window.granted) window.granted = granted;
      else Object.assign(window, { until: now, granted, settled: false });
    }
  }

  /** @param at the platform has stored the values before this time */
  settle(at: Nanoseconds): void {
    for (const window of this.#windows.values()) {
      if (window.until !== undefined && window.until <= at) window.settled = true;
    }
  }

  /** Live values no longer arrive. */
  disconnected(now: Nanoseconds): void {
    this.#connected = false;
    this.#waited = true;
    this.#lost = true;
    // If the clock was set back, the time is unknown.
    const at = this.#safeUntil > now + SECOND ? now - this.#limits.mostNs : this.#safeUntil;
    for (const { key } of this.map.readers) this.#open(key, at);
  }

  /** The readers whose newest value must be read, each with its window. */
  windowsWithoutNewest(): Map<Reader, PendingWindow> {
    const windows = this.#settledWindows();
    for (const [reader, { wantsNewest }] of windows) if (!wantsNewest) windows.delete(reader);
    return windows;
  }

  /**
   * The backfill to continue, or the next one. Undefined if none is required, or not yet.
   * @param aheadNs how far the driver's clock is ahead of the platform's
   */
  backfillJob(now: Nanoseconds, aheadNs: Nanoseconds): BackfillJob | undefined {
    if (this.#job !== undefined) return this.#job;
    const windows = new Map<Reader, BackfillWindow>();
    for (const [reader, { from, until = now, granted }] of this.#settledWindows()) {
      windows.set(reader, { from, until });
      this.#windows.delete(reader.key);
      if (!granted) this.#open(reader.key, until);
    }
    if (windows.size === 0) return undefined;
    this.#lost = false;
    this.#job = new BackfillJob({ ...this.#limits, windows, clocks: this.#clocks, now, aheadNs });
    return this.#job;
  }

  /** The backfill is complete. */
  backfilled(): void {
    this.#job = undefined;
    if (!this.#lost) this.#waited = false;
  }

  /** Records a live value. */
  received(readers: readonly Reader[], topic: string, { sourceTime }: PlatformValue): void {
    const time = sourceTime?.instant;
    for (const { key } of readers) {
      const before = this.#live.get(key);
      this.#live.set(key, time === undefined || before === undefined || time > before ? time : before);
    }
    this.#clocks.received(topic, time !== undefined);
  }

  /** Records a live value that is safe on the bus. */
  liveIsSafe(readers: readonly Reader[], topic: string, sample: PlatformValue, arrival: Nanoseconds): void {
    if (arrival > this.#safeUntil) this.#safeUntil = arrival;
    const instant = sample.sourceTime?.instant;
    if (instant === undefined) return;
    for (const reader of readers) this.known.add(keyOfValue(reader, sample));
    this.#clocks.arrived(topic, arrival - instant, this.#waited);
  }

  /** Whether the time of a live value may be wrong: it has no timestamp, and may have waited at the broker. */
  isArrivalUncertain(): boolean {
    return this.#waited;
  }

  /** Whether the platform's newest value is newer than the live values of this connection. */
  isNews({ key }: Reader, time: Nanoseconds | undefined): boolean {
    const newest = this.#live.get(key);
    return newest === undefined || time === undefined ? !this.#live.has(key) : time > newest;
  }

  /** Opens the window of a reader, or opens it again: a window that is not read yet keeps its start. */
  #open(key: string, from: Nanoseconds): void {
    this.#windows.set(key, {
      from: earliest(from, this.#windows.get(key)?.from),
      ...{ until: undefined, granted: false, settled: false, wantsNewest: true },
    });
  }

  #settledWindows(): Map<Reader, PendingWindow> {
    const windows = new Map<Reader, PendingWindow>();
    for (const reader of this.map.readers) {
      const window = this.#windows.get(reader.key);
      if (window?.settled === true) windows.set(reader, window);
    }
    return windows;
  }

  /** Values are below `obj`. Any other topic gets its own subscription. */
  #filterOf(topic: string): string {
    return `${this.installation.clientId}/${topic.startsWith('obj/') ? 'obj/#' : topic}`;
  }
}

const earliest = (one: Nanoseconds, other: Nanoseconds | undefined): Nanoseconds =>
  other !== undefined && other < one ? other : one;
