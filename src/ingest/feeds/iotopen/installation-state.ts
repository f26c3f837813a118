/** What is known of one installation while the feed runs: its functions, and which of their values may have been missed. */
import type { Nanoseconds } from '../../../contract/instant.ts';
import type { Installation } from '../../../sources/iotopen/catalogue.ts';
import { ClockSkew } from './clock-skew.ts';
import { BackfillProgress } from './backfill-progress.ts';
import { BackfillWindow } from './backfill-window.ts';
import { keyOfValue, DedupCache } from './dedup-cache.ts';
import type { Sample } from './message.ts';
import { NO_TOPICS, type Reader, type TopicMap } from './topic-map.ts';

export interface InstallationLimits {
  /** How much earlier than a gap the log is read. */
  readonly overlapNs: Nanoseconds;
  /** How far back the log is read at most, and by how much a clock may be wrong. */
  readonly mostNs: Nanoseconds;
}

/** Times of arrival run ahead of the clock by no more than this. */
const SECOND: Nanoseconds = 1_000_000_000n;

export class InstallationState {
  installation: Installation;
  map: TopicMap = NO_TOPICS;
  /** What is safe on the bus. */
  readonly known = new DedupCache();
  readonly #limits: InstallationLimits;
  readonly #clocks: ClockSkew;
  /** What may have been missed, by the key of the reader. */
  readonly #gaps = new Map<string, BackfillWindow>();
  /** Readers that were there before, each with the time up to which it was surely listened to. */
  readonly #gone = new Map<string, Nanoseconds>();
  /** Readers of which values have come since the connection was made, each with the newest time; undefined without one. */
  readonly #live = new Map<string, Nanoseconds | undefined>();
  /** Up to this arrival the values of readers without a gap are safe. */
  #safeUntil: Nanoseconds = 0n;
  #connected = false;
  /** Whether live values may have waited at the broker. */
  #waited = true;
  /** Whether the connection was lost since the last filling began. */
  #lost = false;

  constructor(installation: Installation, limits: InstallationLimits) {
    this.installation = installation;
    this.#limits = limits;
    this.#clocks = new ClockSkew(limits.mostNs);
  }

  /** What it has to be subscribed to for its values. */
  get filters(): string[] {
    return [...new Set(['obj/', ...this.map.topics].map((topic) => this.#filterOf(topic)))];
  }

  /**
   * The catalogue was read again.
   * @param since from then on, values of what is new were taken for nobody's, and what is gone may not have been heard
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
   * The broker has answered what was subscribed to.
   * @param granted whether live values of a filter come from now on
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

  /** @param at the platform has had the time to note what came before */
  settle(at: Nanoseconds): void {
    for (const gap of this.#gaps.values()) gap.settle(at);
  }

  /** Live values come no more. */
  disconnected(now: Nanoseconds): void {
    this.#connected = false;
    this.#waited = true;
    this.#lost = true;
    // After the clock was set back nobody knows.
    const at = this.#safeUntil > now + SECOND ? now - this.#limits.mostNs : this.#safeUntil;
    for (const { key } of this.map.readers) {
      const gap = this.#gaps.get(key);
      if (gap === undefined) this.#gaps.set(key, new BackfillWindow(at));
      else gap.interrupted(at);
    }
  }

  /**
   * What has to be read; undefined when nothing has, or not yet.
   * @param aheadNs by how much our clock is ahead of the platform's
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

  /** All of it has been read. */
  filled(filling: BackfillProgress): void {
    for (const [key, { next }] of filling.gaps) {
      if (next === undefined) this.#gaps.delete(key);
      else this.#gaps.set(key, next);
    }
    if (!this.#lost) this.#waited = false;
  }

  /** A live value has come. */
  heard(readers: readonly Reader[], topic: string, { claimed }: Sample): void {
    const time = claimed?.instant;
    for (const { key } of readers) {
      const before = this.#live.get(key);
      this.#live.set(key, time === undefined || before === undefined || time > before ? time : before);
    }
    this.#clocks.heard(topic, time !== undefined);
  }

  /** A live value is safe on the bus. */
  liveIsSafe(readers: readonly Reader[], topic: string, sample: Sample, arrival: Nanoseconds): void {
    if (arrival > this.#safeUntil) this.#safeUntil = arrival;
    const instant = sample.claimed?.instant;
    if (instant === undefined) return;
    for (const reader of readers) this.known.add(keyOfValue(reader, sample));
    this.#clocks.arrived(topic, arrival - instant, this.#waited);
  }

  /** Whether the time of a live value may be wrong, since its sender names none and it may have waited at the broker. */
  doubtsArrival(): boolean {
    return this.#waited;
  }

  /** Whether the newest value, as the platform has it, is newer than what came live since the connection was made. */
  isNews({ key }: Reader, time: Nanoseconds | undefined): boolean {
    const newest = this.#live.get(key);
    return newest === undefined || time === undefined ? !this.#live.has(key) : time > newest;
  }

  /** Values are below `obj`; a topic that somebody has put elsewhere is listened to by itself. */
  #filterOf(topic: string): string {
    return `${this.installation.clientId}/${topic.startsWith('obj/') ? 'obj/#' : topic}`;
  }
}
