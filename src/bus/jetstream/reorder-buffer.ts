/**
 * Passes on the messages of a consumer in stream order.
 *
 * A consumer delivers in stream order and counts its deliveries. It redelivers unacknowledged messages later, among
 * newer ones. So only messages that were delivered and did not arrive here can be out of order: those of an earlier
 * connection, or where the count has a gap. In these cases messages are collected until the server counts no more
 * messages as delivered than are here. Then all are passed on in order.
 */
import type { PendingMessage, Delivery, PendingAcks } from './pending-acks.ts';

export interface ReorderBufferOptions {
  readonly pendingAcks: PendingAcks;
  /** Time in milliseconds after which no redelivery of a missing message is expected. */
  readonly redeliveryMs: number;
  readonly passOn: (message: PendingMessage) => void;
  /** Called with the number of messages that were not redelivered. The messages present are passed on anyway. */
  readonly onMissing: (missing: number) => void;
}

/** Returns how many messages the server counts as delivered and not acknowledged. */
export type CountPending = () => Promise<number>;

/** Interval between two such queries. */
const COUNT_MS = 100;

export class ReorderBuffer {
  readonly #options: ReorderBufferOptions;
  #countPending: CountPending | undefined;
  /** Consumer sequence of the last message. */
  #lastConsumerSeq: number | undefined;
  /** Set while messages are collected. */
  #collecting: object | undefined;
  #passesOn = false;

  constructor(options: ReorderBufferOptions) {
    this.#options = options;
  }

  /** False while messages are collected, or while paused. */
  get passesOn(): boolean {
    return this.#passesOn;
  }

  /** Starts on a connection: messages that were delivered before may be missing here. */
  begin(countPending: CountPending): void {
    this.#countPending = countPending;
    this.#lastConsumerSeq = undefined;
    this.#collect(countPending);
  }

  /** Stops passing on messages until `begin` is called again. */
  pause(): void {
    this.#countPending = undefined;
    this.#collecting = undefined;
    this.#passesOn = false;
  }

  /** Records the consumer sequence of every delivered message. */
  count({ consumerSeq }: Pick<Delivery, 'consumerSeq'>): void {
    const isGap = this.#lastConsumerSeq !== undefined && consumerSeq > this.#lastConsumerSeq + 1;
    this.#lastConsumerSeq = Math.max(consumerSeq, this.#lastConsumerSeq ?? 0);
    if (isGap && this.#passesOn && this.#countPending !== undefined) this.#collect(this.#countPending);
  }

  add(delivery: Delivery): void {
    this.#options.pendingAcks.add(delivery);
    if (this.#passesOn) this.#passOn();
  }

  /** Messages that arrive during the query must not count, since the server may not have counted them. */
  #collect(countPending: CountPending): void {
    this.#passesOn = false;
    const current = {};
    this.#collecting = current;
    void this.#awaitMissing(countPending, () => this.#collecting === current);
  }

  async #awaitMissing(countPending: CountPending, isCurrent: () => boolean): Promise<void> {
    const { pendingAcks, redeliveryMs, onMissing } = this.#options;
    const untilMs = performance.now() + redeliveryMs;
    while (isCurrent()) {
      const here = pendingAcks.inSequence();
      const counted = await countPending().catch(() => Infinity);
      if (!isCurrent()) return;
      const missing = counted - here.filter((message) => pendingAcks.has(message)).length;
      const isLate = performance.now() > untilMs;
      if (missing > 0 && isLate) onMissing(missing);
      if (missing <= 0 || isLate) {
        this.#collecting = undefined;
        this.#passesOn = true;
        this.#passOn();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, COUNT_MS).unref());
    }
  }

  #passOn(): void {
    for (const message of this.#options.pendingAcks.inSequence()) {
      if (message.passedOn) continue;
      message.passedOn = true;
      this.#options.passOn(message);
    }
  }
}
