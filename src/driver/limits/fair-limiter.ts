/**
 * Limits the concurrent calls to one server, with fairness between callers, and between the requests of a caller: when
 * slots are scarce, they alternate call by call. So a request for 5,000 tags does not delay one for a single tag until
 * all are read, and a hundred requests of one caller do not delay those of another.
 */
import { DriverError } from '../../contract/errors.ts';
import { sleep } from '../../lib/clock.ts';
import type { Pause } from '../../sources/source.ts';
import { type Caller, OWN_CALLS } from './caller.ts';
import { Shares } from './shares.ts';
import { Turns } from './turns.ts';

interface Waiter {
  start: () => void;
  reject: (reason: unknown) => void;
}

/** Retry hint for callers when the queue is full. */
const RETRY_AFTER_MS = 1000;
/** Started calls that a lane may keep. */
const FORGET_STARTED = 256;

export class FairLimiter {
  readonly #name: string;
  readonly #capacity: number;
  #running = 0;
  readonly #waiting: Shares;
  /** Lanes with waiting calls. */
  readonly #turns = new Turns<Lane>();

  /**
   * @param name name of the server, for error texts
   * @param capacity concurrent calls
   * @param queueLimit calls that may wait
   */
  constructor(name: string, capacity: number, queueLimit: number) {
    this.#name = name;
    this.#capacity = capacity;
    this.#waiting = new Shares(queueLimit);
  }

  /** A lane for one request. It ends with its signal. */
  lane(signal: AbortSignal, caller: Caller = OWN_CALLS): Lane {
    return new Lane(this, signal, caller);
  }

  /** Number of concurrent calls. */
  get capacity(): number {
    return this.#capacity;
  }

  get load(): { running: number; waiting: number } {
    return { running: this.#running, waiting: this.#waiting.used };
  }

  /** @internal Takes a slot at once, or returns false. */
  tryEnter(): boolean {
    if (this.#running >= this.#capacity) return false;
    this.#running++;
    return true;
  }

  /** @internal */
  enqueue(lane: Lane): void {
    if (!this.#waiting.mayTake(lane.caller.root)) {
      throw new DriverError('overloaded', `Too many calls wait for server "${this.#name}"; try again later.`, {
        details: { retryAfterMs: RETRY_AFTER_MS },
      });
    }
    this.#waiting.take(lane.caller.root);
    this.#turns.add(lane);
  }

  /** @internal Calls of an ended lane no longer wait. */
  forget(lane: Lane, calls: number): void {
    this.#waiting.give(lane.caller.root, calls);
    this.#turns.remove(lane);
  }

  /** @internal A call has ended: its slot goes to the next lane. */
  leave(): void {
    const lane = this.#turns.take();
    if (!lane) {
      this.#running--;
      return;
    }
    this.#waiting.give(lane.caller.root);
    // Moves to the end of the queue if it has more calls.
    if (lane.startNext()) this.#turns.add(lane);
  }
}

/** The calls of one request to one server. */
export class Lane {
  readonly caller: Caller;
  readonly #limiter: FairLimiter;
  readonly #signal: AbortSignal;
  readonly #waiters: Waiter[] = [];
  #next = 0;

  constructor(limiter: FairLimiter, signal: AbortSignal, caller: Caller) {
    this.caller = caller;
    this.#limiter = limiter;
    this.#signal = signal;
  }

  /**
   * Runs one call when it is its turn. While the call pauses, another may use its slot.
   * @throws DriverError `overloaded` if the queue is full; the signal's reason if the request ends first
   */
  async run<T>(call: (pause: Pause) => Promise<T>): Promise<T> {
    this.#signal.throwIfAborted();
    if (!this.#limiter.tryEnter()) await this.#turn();
    const slot = { held: true };
    const pause: Pause = async (ms) => {
      slot.held = false;
      this.#limiter.leave();
      await sleep(ms, this.#signal);
      this.#signal.throwIfAborted();
      if (!this.#limiter.tryEnter()) await this.#turn();
      slot.held = true;
    };
    try {
      return await call(pause);
    } finally {
      if (slot.held) this.#limiter.leave();
    }
  }

  /** @internal Starts the oldest waiting call. Returns whether more wait. */
  startNext(): boolean {
    this.#waiters[this.#next++]?.start();
    // A lane of polls is long-lived, so started calls are removed.
    if (this.#next >= FORGET_STARTED) {
      this.#waiters.splice(0, this.#next);
      this.#next = 0;
    }
    return this.#next < this.#waiters.length;
  }

  #turn(): Promise<void> {
    return new Promise((start, reject) => {
      this.#limiter.enqueue(this);
      // One listener serves all calls of the lane.
      if (this.#waiters.length === 0) this.#signal.addEventListener('abort', this.#end, { once: true });
      this.#waiters.push({ start, reject });
    });
  }

  readonly #end = (): void => {
    const waiting = this.#waiters.slice(this.#next);
    this.#next = this.#waiters.length;
    if (waiting.length > 0) this.#limiter.forget(this, waiting.length);
    for (const { reject } of waiting) reject(this.#signal.reason);
  };
}
