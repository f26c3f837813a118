/** A time in which values of one reader may have been missed, and how far they have been read from the log since. */
import type { Nanoseconds } from '../../../contract/instant.ts';

/** Nobody says whether the begin of a range belongs to it. */
const EDGE: Nanoseconds = 1_000_000n;

export class BackfillWindow {
  /** Since then, by arrival at the platform. */
  #from: Nanoseconds;
  /** Rows with earlier times are safe. */
  #readUpTo: Nanoseconds | undefined;
  /** Up to then: from then on its values came live, or it is another gap. Undefined while neither is so. */
  until: Nanoseconds | undefined;
  /** Whether the platform has had the time to note what came before `until`. */
  settled = false;
  /** Whether the newest value has to be read. */
  wantsNewest = true;
  /** What may have been missed after this gap. */
  next: BackfillWindow | undefined;
  /** Since when it is read, where it lies too far back. */
  cut: Nanoseconds | undefined;

  constructor(from: Nanoseconds) {
    this.#from = from;
  }

  get from(): Nanoseconds {
    return this.#from;
  }

  /**
   * The broker has answered what was subscribed to.
   * @param granted whether live values come from now on
   */
  answered(at: Nanoseconds, granted: boolean): void {
    this.until ??= at;
    if (!granted) this.next ??= new BackfillWindow(at);
    else if (this.next !== undefined) this.next.until ??= at;
  }

  /** @param at the platform has noted what came before */
  settle(at: Nanoseconds): void {
    for (const gap of [this, this.next]) if (gap?.until !== undefined && gap.until <= at) gap.settled = true;
  }

  /** Live values come no more. */
  interrupted(at: Nanoseconds): void {
    this.next ??= new BackfillWindow(at);
    for (const gap of [this, this.next]) {
      gap.until = undefined;
      gap.settled = false;
    }
  }

  /**
   * It is read from now on, and what has been read before is not read again.
   * @param earliest no further back than this, by arrival
   * @param slack by how much the times of its rows may lie before their arrival
   */
  begin(earliest: Nanoseconds, slack: Nanoseconds): void {
    const { next } = this;
    if (next?.settled === true) {
      // Values of earlier times may have arrived since those of then were read.
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

  /** From which time on rows have to be read. */
  begins(slack: Nanoseconds): Nanoseconds {
    const begin = this.#from - slack;
    return this.#readUpTo === undefined || this.#readUpTo - EDGE < begin ? begin : this.#readUpTo - EDGE;
  }

  /** Whether a row of this time may have been missed. */
  holds(time: Nanoseconds, slack: Nanoseconds): boolean {
    return time >= this.#from - slack && (this.#readUpTo === undefined || time >= this.#readUpTo);
  }

  /** All rows with earlier times are safe; undefined where that is not sure any more. */
  isRead(upTo: Nanoseconds | undefined): void {
    this.#readUpTo = upTo;
  }
}
