/** What is known of one installation while the feed runs: its functions, and up to where its values are safe. */
import type { Nanoseconds } from '../../contract/instant.ts';
import type { Installation } from '../../sources/iotopen/catalogue.ts';
import type { Sample } from './message.ts';
import type { TopicMap } from './topic-map.ts';

/** So many values at least are recognized if they come again, and twice as many at most. */
const KEPT = 10_000;

/** A part of the log that has to be read. */
export interface Gap {
  readonly from: Nanoseconds;
  /** Only these topics; all without it. */
  readonly topics?: string[] | undefined;
  /** It has been read. */
  filled(): void;
}

export class Place {
  installation: Installation;
  map: TopicMap;
  /** Whether the newest values have to be read. */
  wantsSnapshot = true;
  /** Since when values may have been missed; undefined when none were. */
  #gap: Nanoseconds | undefined;
  /** Topics that are new in the catalogue, each with the time since when values of it may have been missed. */
  readonly #newTopics = new Map<string, Nanoseconds>();
  /** Counts the times that the connection was lost. */
  #losses = 0;
  /** Up to this arrival everything is safe, while there is no gap. */
  #safeUntil: Nanoseconds;
  /** By how much the times of a topic's values lie behind their arrival: a clock that is wrong, a slow gateway. */
  readonly #lags = new Map<string, Nanoseconds>();
  /** Topics of which values have come since the connection was made. */
  readonly #live = new Set<string>();
  #connectedAt: Nanoseconds = 0n;
  /** Topics whose values have come without a time. */
  readonly #untimed = new Set<string>();
  /** What is safe, in two generations: to forget the oldest one by one would be slow. */
  #known = new Set<string>();
  #knownBefore = new Set<string>();

  constructor(installation: Installation, map: TopicMap, since: Nanoseconds) {
    this.installation = installation;
    this.map = map;
    this.#safeUntil = since;
  }

  /** Live values come from now on. */
  connected(now: Nanoseconds): void {
    this.#connectedAt = now;
    this.#live.clear();
    if (this.#gap === undefined && now > this.#safeUntil) this.#safeUntil = now;
  }

  /** Live values come no more. */
  disconnected(): void {
    this.#losses++;
    this.#gap ??= this.#safeUntil;
    this.wantsSnapshot = true;
  }

  /**
   * The catalogue was read again.
   * @param before when it was read the last time: since then, values of what is new were taken for nobody's
   */
  refreshed(installation: Installation, map: TopicMap, before: Nanoseconds): void {
    const known = new Set(this.map.topics);
    for (const topic of map.topics) if (!known.has(topic)) this.#newTopics.set(topic, before);
    this.installation = installation;
    this.map = map;
  }

  /** What has to be read of the log, the widest part first; undefined when nothing has. */
  beginFilling(now: Nanoseconds): Gap | undefined {
    const losses = this.#losses;
    const from = this.#gap;
    if (from !== undefined) {
      const filled = (): void => {
        // What was lost again while the log was read is another gap.
        this.#gap = losses === this.#losses ? undefined : now;
      };
      return { from, filled };
    }
    const topics = [...this.#newTopics.keys()];
    if (topics.length === 0) return undefined;
    const earliest = [...this.#newTopics.values()].reduce((least, one) => (one < least ? one : least), now);
    const filled = (): void => {
      for (const topic of topics) this.#newTopics.delete(topic);
    };
    return { from: earliest, topics, filled };
  }

  /** A live value has come. */
  heard(topic: string, { claimed }: Sample): void {
    this.#live.add(topic);
    if (claimed?.instant === undefined) this.#untimed.add(topic);
  }

  /** A live value is safe on the bus. */
  liveIsSafe(topic: string, sample: Sample, arrival: Nanoseconds): void {
    if (arrival > this.#safeUntil) this.#safeUntil = arrival;
    const instant = sample.claimed?.instant;
    if (instant === undefined) return;
    this.isSafe(topic, sample);
    // The least counts: what the broker kept for us while we were away came late for that reason.
    const lag = arrival - instant;
    const before = this.#lags.get(topic);
    if (before === undefined || lag < before) this.#lags.set(topic, lag);
  }

  /** A value of status or log is safe on the bus. */
  isSafe(topic: string, sample: Sample): void {
    this.#known.add(keyOf(topic, sample));
    if (this.#known.size < KEPT) return;
    this.#knownBefore = this.#known;
    this.#known = new Set();
  }

  /** Whether it is safe already, as far as is remembered. */
  knows(topic: string, sample: Sample): boolean {
    const key = keyOf(topic, sample);
    return this.#known.has(key) || this.#knownBefore.has(key);
  }

  /** Whether the time of a live value may be wrong, since its sender names none and it may have waited at the broker. */
  doubtsArrival(): boolean {
    return this.#gap !== undefined;
  }

  /** Whether values of a topic have come since the connection was made: then its newest value is not news. */
  isLive(topic: string): boolean {
    return this.#live.has(topic);
  }

  /** The widest range of times in which values may lie that arrived since `from`; none wider than `mostNs` on each side. */
  range(from: Nanoseconds, now: Nanoseconds, overlap: Nanoseconds, mostNs: Nanoseconds) {
    const lags = [...this.#lags.values()].filter((lag) => lag < mostNs && lag > -mostNs);
    const behind = lags.reduce((most, lag) => (lag > most ? lag : most), 0n);
    const ahead = lags.reduce((most, lag) => (-lag > most ? -lag : most), 0n);
    return { from: from - overlap - behind, to: now + overlap + ahead };
  }

  /** Whether a row of the log at `time` belongs to a gap that began at `from`, by the clock of its topic. */
  belongs(topic: string, time: Nanoseconds, from: Nanoseconds, overlap: Nanoseconds): boolean {
    // Of these the live reading has another time than the row, so that what came live must not come from the log, too.
    if (this.#untimed.has(topic)) return time >= from && time < this.#connectedAt;
    const lag = this.#lags.get(topic) ?? 0n;
    return time >= from - overlap - (lag > 0n ? lag : 0n);
  }
}

const keyOf = (topic: string, { value, msg, claimed }: Sample): string =>
  JSON.stringify([topic, claimed?.canonical, value, msg]);
