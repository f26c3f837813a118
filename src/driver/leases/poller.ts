/**
 * Polls the leased tags of one server: each at most once in the shortest interval of its leases, with limited
 * concurrency, and never before its last poll has ended. A tag is removed when its last lease ends.
 */
import { type DriverError, toDriverError } from '../../contract/errors.ts';
import { type Fqn, formatFqn } from '../../contract/fqn.ts';
import type { Nanoseconds } from '../../contract/time/instant.ts';
import { doubledMs } from '../../lib/backoff.ts';
import { abilityOf } from '../abilities.ts';
import type { Lane } from '../limits/fair-limiter.ts';
import type { Host } from '../hosts.ts';
import { type Due, TimerQueue } from './timer-queue.ts';
import { pollCall } from './poll-call.ts';
import type { TagPace } from './poll-pace.ts';
import { failedReading, isFailure, type PollResult, valueReading } from './poll-result.ts';

/** A subscriber of a tag. */
export interface TagSubscriber {
  readonly intervalMs: number;
  /** Receives every result, changed or not. The first is the last known result if it is recent. */
  onResult(reading: PollResult): void;
}

export interface PollerOptions {
  host: Host;
  /** The time for which values are read. */
  now: () => Nanoseconds;
  /** Called on unexpected errors, with their cause. */
  onUnexpected: (error: DriverError) => void;
  /** Called when the last tag is removed. The poller stops then. */
  onEmpty: () => void;
}

interface Tag extends Due {
  readonly key: string;
  readonly fqn: Fqn;
  readonly listeners: Set<TagSubscriber>;
  intervalMs: number;
  polling: boolean;
  startedAt: number;
  /** Consecutive failed polls. */
  failures: number;
  reading: PollResult | undefined;
  /** Undefined before its second poll, and while it fails. */
  pace: TagPace | undefined;
}

/** A result up to this age is current for a new lease. */
const FRESH_MS = 5000;
/** A server whose polls take less on average is fast. Its polls may use free slots. */
const QUICK_MS = 100;
/** The share of the last poll in that average. */
const NEWEST_SHARE = 0.1;
/** A tag that fails repeatedly is polled less often, down to this interval. */
const LONGEST_FAILED_PAUSE_MS = 30_000;

export class Poller {
  readonly #options: PollerOptions;
  readonly #tags = new Map<string, Tag>();
  readonly #due = new TimerQueue<Tag>();
  readonly #ending = new AbortController();
  readonly #lane: Lane;
  readonly #unfollow: () => void;
  /** Half of the slots: the rest is always for requests. */
  readonly #half: number;
  #running = 0;
  #averageMs = Infinity;
  /** Polls that were due before this are not late: the server was unavailable. */
  #lateFrom = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PollerOptions) {
    const { host } = options;
    this.#options = options;
    this.#lane = host.limiter.lane(this.#ending.signal);
    this.#half = Math.max(1, host.limiter.capacity >> 1);
    this.#unfollow = host.health.follow({
      onDown: (error) => {
        for (const tag of this.#tags.values()) this.#report(tag, failedReading(error.toBody(), performance.now()));
      },
      onUp: () => {
        this.#recover();
      },
    });
  }

  /** Number of distinct tags. */
  get size(): number {
    return this.#tags.size;
  }

  /** Polls a tag for a listener. The returned function ends it. */
  join(fqn: Fqn, listener: TagSubscriber): () => void {
    const key = formatFqn(fqn);
    const tag = this.#tags.get(key) ?? this.#add(key, fqn);
    tag.listeners.add(listener);
    this.#setInterval(tag);
    this.#welcome(tag, listener);
    this.#pump();
    return () => {
      this.#leave(tag, listener);
    };
  }

  /** Sends the last result to a new listener, or polls the tag if that is outdated. */
  #welcome(tag: Tag, listener: TagSubscriber): void {
    const { isChecking, outage } = this.#options.host.health;
    const now = performance.now();
    if (tag.reading && (isChecking || now - tag.reading.polledAt <= FRESH_MS)) listener.onResult(tag.reading);
    else if (outage) this.#report(tag, failedReading(outage.toBody(), now));
    else if (tag.reading && !tag.polling) this.#due.put(tag, Math.min(tag.dueAt, now));
  }

  #add(key: string, fqn: Fqn): Tag {
    const tag: Tag = {
      ...{ key, fqn, listeners: new Set<TagSubscriber>(), intervalMs: Infinity },
      ...{ polling: false, startedAt: -Infinity, failures: 0, reading: undefined, dueAt: 0, index: -1 },
      pace: undefined,
    };
    this.#tags.set(key, tag);
    return tag;
  }

  #leave(tag: Tag, listener: TagSubscriber): void {
    if (!tag.listeners.delete(listener)) return;
    if (tag.listeners.size > 0) {
      this.#setInterval(tag);
      return;
    }
    this.#tags.delete(tag.key);
    this.#due.remove(tag);
    this.#setPace(tag, undefined);
    if (this.#tags.size > 0) return;
    this.#options.host.pace.judge(performance.now(), 0);
    clearTimeout(this.#timer);
    this.#unfollow();
    this.#ending.abort(new Error('no lease is left'));
    this.#options.onEmpty();
  }

  /** The shortest interval of all listeners. The next poll moves with it. */
  #setInterval(tag: Tag): void {
    const before = tag.intervalMs;
    tag.intervalMs = Infinity;
    for (const { intervalMs } of tag.listeners) tag.intervalMs = Math.min(tag.intervalMs, intervalMs);
    if (tag.intervalMs === before) return;
    this.#setPace(tag, undefined);
    // A poll that a shorter interval makes due at once is not late.
    if (!tag.polling) this.#queue(tag, tag.startedAt === -Infinity ? -Infinity : performance.now());
  }

  #queue(tag: Tag, earliest = -Infinity): void {
    const { intervalMs, failures } = tag;
    const maxMs = Math.max(intervalMs, LONGEST_FAILED_PAUSE_MS);
    const pauseMs = doubledMs(failures - 1, { minMs: intervalMs, maxMs });
    this.#due.put(tag, Math.max(earliest, tag.startedAt + pauseMs));
  }

  #setPace(tag: Tag, pace: TagPace | undefined): void {
    this.#options.host.pace.replace(tag.pace, pace);
    tag.pace = pace;
  }

  /** Records how late a poll starts. Failing tags are polled less often on purpose. */
  #measure(tag: Tag, now: number): void {
    const { host } = this.#options;
    const { intervalMs } = tag;
    const late = now - Math.max(tag.dueAt, this.#lateFrom);
    const known = tag.startedAt !== -Infinity && tag.failures === 0;
    this.#setPace(tag, known ? { askedMs: intervalMs, realMs: intervalMs + Math.max(0, late) } : undefined);
    host.pace.judge(now, this.#tags.size);
  }

  /**
   * Whether a further poll may start. Beyond half of the slots only while the server is fast and no call waits. One
   * slot stays free, so that a request never waits for polls only.
   */
  #mayStart(): boolean {
    if (this.#running < this.#half) return true;
    const { limiter } = this.#options.host;
    const { running, waiting } = limiter.load;
    return this.#averageMs < QUICK_MS && waiting === 0 && Math.max(running, this.#running) < limiter.capacity - 1;
  }

  /** Starts due polls as far as there are slots, and sets the timer for the next one. */
  #pump(): void {
    if (this.#ending.signal.aborted || this.#options.host.health.isChecking) return;
    while (this.#mayStart()) {
      const tag = this.#due.take(performance.now());
      if (!tag) break;
      void this.#poll(tag);
    }
    clearTimeout(this.#timer);
    const { nextAt } = this.#due;
    // If all slots are in use, the next poll that ends calls this again.
    if (nextAt === undefined || !this.#mayStart()) return;
    this.#timer = setTimeout(
      () => {
        this.#pump();
      },
      Math.max(0, nextAt - performance.now()),
    );
  }

  /** Never rejects. */
  async #poll(tag: Tag): Promise<void> {
    const { host, now } = this.#options;
    const startedAt = performance.now();
    this.#running++;
    this.#measure(tag, startedAt);
    tag.polling = true;
    tag.startedAt = startedAt;
    let reading: PollResult;
    try {
      const read = pollCall(host, this.#lane, this.#ending.signal, (call) =>
        abilityOf(host, 'snapshot').snapshot(tag.fqn, now(), call),
      );
      reading = valueReading(await read, startedAt);
      tag.failures = 0;
    } catch (thrown) {
      reading = this.#failed(tag, toDriverError(thrown), startedAt);
    }
    const tookMs = performance.now() - startedAt;
    const average = this.#averageMs;
    this.#averageMs = average === Infinity ? tookMs : average + (tookMs - average) * NEWEST_SHARE;
    this.#running--;
    tag.polling = false;
    // Its last lease may have ended meanwhile.
    if (tag.listeners.size > 0) {
      this.#queue(tag);
      this.#report(tag, reading);
    }
    this.#pump();
  }

  #failed(tag: Tag, error: DriverError, startedAt: number): PollResult {
    const reading = failedReading(error.toBody(), startedAt);
    if (this.#ending.signal.aborted) return reading;
    tag.failures++;
    // Reported once, like the failure itself.
    if (error.code === 'internal' && tag.reading?.fingerprint !== reading.fingerprint)
      this.#options.onUnexpected(error);
    // A poll without an answer in its time has not shown a state.
    this.#options.host.health.suspect(error);
    return reading;
  }

  #report(tag: Tag, reading: PollResult): void {
    tag.reading = reading;
    for (const listener of tag.listeners) listener.onResult(reading);
  }

  /** The server is available again: failed tags are polled at once. */
  #recover(): void {
    this.#lateFrom = performance.now();
    for (const tag of this.#tags.values()) {
      if (!tag.reading || !isFailure(tag.reading)) continue;
      tag.failures = 0;
      if (!tag.polling) this.#due.put(tag, performance.now());
    }
    this.#pump();
  }
}
