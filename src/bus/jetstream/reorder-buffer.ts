/**
 * Hands on what a consumer gives out, in the order of the stream.
 *
 * A consumer gives messages out in the order of the stream and counts all that it gives out. What is not acknowledged it
 * gives out again, later, among what is newer. So nothing can be out of order but what was given out and did not come
 * here: to an earlier connection, or where the count has a gap. Then whatever comes is gathered, until the server counts
 * no more messages as given out than are here, and all of them are handed on in their order.
 */
import type { Held, Given, PendingAcks } from './pending-acks.ts';

export interface ReorderBufferOptions {
  readonly unconfirmed: PendingAcks;
  /** What was given out and did not come has come again after so many milliseconds, or never will. */
  readonly comesAgainMs: number;
  readonly handOn: (held: Held) => void;
  /** Told when so many did not come again; what is here was handed on all the same. */
  readonly onMissing: (missing: number) => void;
}

/** How many messages the server counts as given out and not acknowledged. */
export type Pending = () => Promise<number>;

/** How often to ask for that. */
const LOOK_MS = 100;

export class ReorderBuffer {
  readonly #options: ReorderBufferOptions;
  #pending: Pending | undefined;
  /** Number of the last message among all that the consumer gave out. */
  #lastGiven: number | undefined;
  /** While it runs, messages are gathered. */
  #gathering: object | undefined;
  #handsOn = false;

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** False while messages are gathered, or nothing is handed on at all. */
  get handsOn(): boolean {
    return this.#handsOn;
  }

  /** Begins on a connection: what was given out before may be missing here. */
  begin(pending: Pending): void {
    this.#pending = pending;
    this.#lastGiven = undefined;
    this.#gather(pending);
  }

  /** Hands on nothing any more, until it is begun again. */
  pause(): void {
    this.#pending = undefined;
    this.#gathering = undefined;
    this.#handsOn = false;
  }

  /** Takes note of the count, of every message that comes. */
  count({ given }: Pick<Given, 'given'>): void {
    const isGap = this.#lastGiven !== undefined && given > this.#lastGiven + 1;
    this.#lastGiven = Math.max(given, this.#lastGiven ?? 0);
    if (isGap && this.#handsOn && this.#pending !== undefined) this.#gather(this.#pending);
  }

  take(given: Given): void {
    this.#options.unconfirmed.take(given);
    if (this.#handsOn) this.#handOn();
  }

  /** What has come while the server was asked must not count, since the server may not have counted it. */
  #gather(pending: Pending): void {
    this.#handsOn = false;
    const current = {};
    this.#gathering = current;
    void this.#awaitAll(pending, () => this.#gathering === current);
  }

  async #awaitAll(pending: Pending, isCurrent: () => boolean): Promise<void> {
    const { unconfirmed, comesAgainMs, onMissing } = this.#options;
    const untilMs = performance.now() + comesAgainMs;
    while (isCurrent()) {
      const here = unconfirmed.inSequence();
      const counted = await pending().catch(() => Infinity);
      if (!isCurrent()) return;
      const missing = counted - here.filter((held) => unconfirmed.has(held)).length;
      const isLate = performance.now() > untilMs;
      if (missing > 0 && isLate) onMissing(missing);
      if (missing <= 0 || isLate) {
        this.#gathering = undefined;
        this.#handsOn = true;
        this.#handOn();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
    }
  }

  #handOn(): void {
    for (const held of this.#options.unconfirmed.inSequence()) {
      if (held.handedOn) continue;
      held.handedOn = true;
      this.#options.handOn(held);
    }
  }
}
