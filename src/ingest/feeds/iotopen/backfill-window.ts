/**
 * A backfill window: a time in which values of one reader may be missing, and how far it has been read from the log.
 */
import type { Nanoseconds } from '../../../contract/instant.ts';

/** The API does not document whether the start of a range is inclusive. */
const EDGE: Nanoseconds = 1_000_000n;

export class BackfillWindow {
  /** Start, by arrival at the platform. */
  #from: Nanoseconds;
  /** Rows with earlier times are safe. */
  #readUpTo: Nanoseconds | undefined;
  /** End: later values arrived live, or belong to another window. Undefined while the window is open. */
  until: Nanoseconds | undefined;
  /** Whether the platform has had time to store the values before `until`. */
  settled = false;
  /** Whether the newest value must be read. */
  wantsNewest = true;
  /** The window after this one. */
  next: BackfillWindow | undefined;
  /** Actual start of reading, if the window begins too far back. */
  cut: Nanoseconds | undefined;

  constructor(from: Nanoseconds) {
    this.#from = from;
  }

  get from(): Nanoseconds {
    return this.#from;
  }

  /**
   * The broker has answered the subscriptions.
   * @param granted whether live values arrive from now on
   */
  answered(at: Nanoseconds, granted: boolean): void {
    this.until ??= at;
    if (!granted) this.next ??= new BackfillWindow(at);
    else if (this.next !== undefined) this.next.until ??= at;
  }

  /** @param at the platform has stored the values before this time */
  settle(at: Nanoseconds): void {
    for (const gap of [this, this.next]) if (gap?.until !== undefined && gap.until <= at) gap.settled = true;
  }

  /** Live values no longer arrive. */
  interrupted(at: Nanoseconds): void {
    this.next ??= new BackfillWindow(at);
    for (const gap of [this, this.next]) {
      gap.until = undefined;
      gap.settled = false;
    }
  }

  /**
   * Starts reading. Parts that were read before are not read again.
   * @param earliest earliest start, by arrival
   * @param slack how much earlier than their arrival the times of its rows may be
   */
  begin(earliest: Nanoseconds, slack: Nanoseconds): void {
    const { next } = this;
    if (next?.settled === true) {
      // Values with earlier times may have arrived since those were read.
      const again = next.from - slack;
      if (this.#readUpTo !== undefined && again < this.#readUpTo) this.#readUpTo = again;
      this.until = next.until;
      this.wantsNewest ||= next.wantsNewest;
      this.next = undefined;
    }
    if (this.#from >= earliest || (this.#readUpTo ?? earliest - 1n) >= earliest) return;
    this.#from = earliest;
    this.cut = earliest;
  }

  /** Time from which rows must be read. */
  begins(slack: Nanoseconds): Nanoseconds {
    const begin = this.#from - slack;
    return this.#readUpTo === undefined || this.#readUpTo - EDGE < begin ? begin : this.#readUpTo - EDGE;
  }

  /** Whether a row of this time may be missing. */
  holds(time: Nanoseconds, slack: Nanoseconds): boolean {
    return time >= this.#from - slack && (this.#readUpTo === undefined || time >= this.#readUpTo);
  }

  /** All rows with earlier times are safe. Undefined if that is no longer certain. */
  isRead(upTo: Nanoseconds | undefined): void {
    this.#readUpTo = upTo;
  }
}
