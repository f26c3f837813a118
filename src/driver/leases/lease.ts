/**
 * One lease: receives the poll results of its items, and sends the differences from what it sent last, until it ends.
 * While the bus is slow only the newest result of each item is kept.
 */
import type { AnswerItem, AnswerWatcher, LeaseEnd } from '../../contract/answer.ts';
import { DriverError } from '../../contract/errors.ts';
import { leaseSilenceMs } from '../../contract/functions/data.ts';
import type { Fqn } from '../../contract/fqn.ts';
import type { Host } from '../hosts.ts';
import type { SentState } from './sent-state.ts';
import { ReadIntervals } from './read-intervals.ts';
import { isFailure, type PollResult } from './poll-result.ts';
import { Keepalive } from '../requests/keepalive.ts';

/** An item of the request that can be polled. */
export interface LeasedItem {
  index: number;
  /** The FQN as in the request. */
  text: string;
  fqn: Fqn;
  host: Host;
}

export interface LeaseOptions {
  items: readonly LeasedItem[];
  /** Items of the request that can never be polled. */
  refused: readonly { index: number; text: string; reading: PollResult }[];
  intervalMs: number;
  leaseMs: number;
  /** State of what was sent. The lease updates it. */
  sentState: SentState;
  /** Whether the state comes from a previous lease. */
  resumed: boolean;
  emit: (item: AnswerItem) => Promise<void> | undefined;
  /** Sends the emitted items, optionally with the state as a cursor. */
  flush: (withCursor: boolean) => Promise<void> | undefined;
  /** Lets the watcher observe the sent messages. */
  watch: (watcher: AnswerWatcher) => void;
  /** Ends the lease early. Its reason says why. */
  signal: AbortSignal;
}

/** A caller may lose its connection and return within this time. */
const GRACE_MS = 3_000;
/** Changes are collected for this time, so that those of one poll round share a message. */
const COLLECT_MS = 50;
/** Shortest time between two messages with changes: a share of the interval, at most one second. */
const LONGEST_SPACE_MS = 1000;
const SPACES_IN_INTERVAL = 5;

export class Lease {
  readonly #options: LeaseOptions;
  readonly #spaceMs: number;
  readonly #openedAt = performance.now();
  /** The newest result of each changed item. */
  readonly #changes = new Map<number, PollResult>();
  readonly #texts: string[] = [];
  /** When an item was last sent. */
  readonly #itemSentAt: number[] = [];
  readonly #failing = new Set<number>();
  readonly #intervals: ReadIntervals;
  readonly #life: Keepalive;
  readonly #end = Promise.withResolvers<LeaseEnd>();
  #over = false;
  #sending = false;
  #sentAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#intervals = new ReadIntervals(options.intervalMs, this.#openedAt);
    this.#spaceMs = Math.min(LONGEST_SPACE_MS, options.intervalMs / SPACES_IN_INTERVAL);
    this.#life = new Keepalive(leaseSilenceMs(options.leaseMs), GRACE_MS, {
      send: () => {
        // A message in progress counts as a keepalive.
        if (this.#sending) this.#life.sent();
        else void this.#send(true);
      },
      gone: () => {
        this.#finish('callerGone');
      },
    });
  }

  /** Number of items whose last result is a failure. */
  get failing(): number {
    return this.#failing.size;
  }

  /** Average read interval of its items. Undefined as long as it is not known. */
  get realIntervalMs(): number | undefined {
    return this.#intervals.averageMs;
  }

  /**
   * Runs until the lease ends, and returns the reason. Rejects if the answer can no longer be sent.
   * @param join starts polling an item, and returns a function that ends it
   */
  async run(join: (item: LeasedItem, onResult: (reading: PollResult) => void) => () => void): Promise<LeaseEnd> {
    const { items, refused, leaseMs, signal } = this.#options;
    const onAbort = () => {
      this.#finish(endOf(signal.reason));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const expiry = setTimeout(() => {
      this.#finish('expired');
    }, leaseMs);
    this.#options.watch(this.#life);
    // The caller learns at once that its lease is open.
    void this.#send(true);
    const leaves = items.map((item) => {
      this.#texts[item.index] = item.text;
      return join(item, (reading) => {
        this.#onResult(item.index, reading);
      });
    });
    for (const { index, text, reading } of refused) {
      this.#texts[index] = text;
      this.#onResult(index, reading);
    }
    try {
      return await this.#end.promise;
    } finally {
      clearTimeout(expiry);
      signal.removeEventListener('abort', onAbort);
      for (const leave of leaves) leave();
    }
  }

  #onResult(index: number, reading: PollResult): void {
    if (this.#over) return;
    this.#intervals.read(index, isFailure(reading) ? undefined : reading.polledAt);
    if (reading.fingerprint === this.#options.sentState.get(index)) {
      this.#changes.delete(index);
      this.#note(index, reading);
      return;
    }
    // A result that another lease polled before this one began may be older than what the previous lease has sent.
    if (this.#options.resumed && reading.polledAt < this.#openedAt) return;
    this.#changes.set(index, reading);
    if (!this.#sending) this.#schedule(performance.now() + COLLECT_MS);
  }

  #note(index: number, reading: PollResult): void {
    if (isFailure(reading)) this.#failing.add(index);
    else this.#failing.delete(index);
  }

  #schedule(at: number): void {
    if (this.#timer !== undefined || this.#over) return;
    const now = performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        void this.#send(false);
      },
      Math.max(0, at - now, this.#sentAt + this.#spaceMs - now),
    );
  }

  /** Sends due changes, or a keepalive if requested. Never rejects. */
  async #send(always: boolean): Promise<void> {
    if (this.#over || this.#sending) return;
    this.#sending = true;
    let next: number | undefined;
    try {
      const sent = await this.#emitNews();
      next = sent.next;
      if (this.#isOver()) return;
      if (sent.items > 0 || always) {
        if (sent.items > 0) this.#sentAt = performance.now();
        this.#life.sent();
        await this.#options.flush(sent.items > 0);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#sending = false;
      if (this.#changes.size > 0) this.#schedule(next ?? performance.now() + COLLECT_MS);
    }
  }

  /** An item is sent at most once per interval, even if other leases poll it more often. */
  async #emitNews(): Promise<{ items: number; next: number | undefined }> {
    const { intervalMs, sentState, emit } = this.#options;
    const now = performance.now();
    let next: number | undefined;
    let items = 0;
    for (const [index, reading] of this.#changes) {
      const dueAt = (this.#itemSentAt[index] ?? -Infinity) + intervalMs - this.#spaceMs;
      if (dueAt > now) {
        next = Math.min(next ?? Infinity, dueAt);
        continue;
      }
      this.#changes.delete(index);
      this.#itemSentAt[index] = now;
      this.#note(index, reading);
      // Before waiting, so that a cursor that is created meanwhile includes the item.
      const taken = emit({ index, fqn: this.#texts[index], ...reading.content });
      sentState.set(index, reading.fingerprint);
      items++;
      if (taken) await taken;
      if (this.#isOver()) break;
    }
    return { items, next };
  }

  /** A method, because the lease may end during any wait. */
  #isOver(): boolean {
    return this.#over;
  }

  #finish(reason: LeaseEnd): void {
    this.#stop();
    this.#end.resolve(reason);
  }

  #fail(error: unknown): void {
    this.#stop();
    this.#end.reject(error);
  }

  #stop(): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#life.stop();
  }
}

function endOf(reason: unknown): LeaseEnd {
  return reason instanceof DriverError && reason.code === 'cancelled' ? 'cancelled' : 'shutdown';
}
