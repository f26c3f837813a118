/**
 * Hands on the messages of a consumer in stream order.
 *
 * A consumer delivers in stream order and counts its deliveries. It redelivers unacknowledged messages later, among
 * newer ones. So only messages that were delivered and did not arrive here can be out of order: those of an earlier
 * connection, or where the count has a gap. In these cases messages are collected until the server counts no more
 * messages as delivered than are here. Then all are handed on in order.
 */
import type { Held, Given, PendingAcks } from './pending-acks.ts';

export interface ReorderBufferOptions {
  readonly unconfirmed: PendingAcks;
  /** Time in milliseconds after which no redelivery of a missing message is expected. */
  readonly comesAgainMs: number;
  readonly handOn: (held: Held) => void;
  /** Called with the number of messages that were not redelivered. The messages present are handed on anyway. */
  readonly onMissing: (missing: number) => void;
}

/** Returns how many messages the server counts as delivered and not acknowledged. */
export type Pending = () => Promise<number>;

/** Interval between two such queries. */
const LOOK_MS = 100;

export class ReorderBuffer {
  readonly #options: ReorderBufferOptions;
  #pending: Pending | undefined;
  /** Consumer sequence of the last message. */
  #lastGiven: number | undefined;
  /** Set while messages are collected. */
  #gathering: object | undefined;
  #handsOn = false;

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** False while messages are collected, or while paused. */
  get handsOn(): boolean {
    return this.#handsOn;
  }

  /** Starts on a connection: messages that were delivered before may be missing here. */
  begin(pending: Pending): void {
    this.#pending = pending;
    this.#lastGiven = undefined;
    this.#gather(pending);
  }

  /** Stops handing on messages until `begin` is called again. */
  pause(): void {
    this.#pending = undefined;
    this.#gathering = undefined;
    this.#handsOn = false;
  }

  /** Records the consumer sequence of every delivered message. */
  count({ given }: Pick<Given, 'given'>): void {
    const isGap = this.#lastGiven !== undefined && given > this.#lastGiven + 1;
    this.#lastGiven = Math.max(given, this.#lastGiven ?? 0);
    if (isGap && this.#handsOn && this.#pending !== undefined) this.#gather(this.#pending);
  }

  take(given: Given): void {
    this.#options.unconfirmed.take(given);
    if (this.#handsOn) this.#handOn();
  }

  /** Messages that arrive during the query must not count, since the server may not have counted them. */
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
