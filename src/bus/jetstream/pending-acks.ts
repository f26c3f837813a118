/** The messages of a stream that the server has delivered and that are not confirmed, each once. */
import type { MessageNumbers } from './ack-subject.ts';

/** A delivered message. */
export interface Given extends MessageNumbers {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly ackSubject: string;
}

/** A message that is kept until it is confirmed. */
export interface Held extends Omit<Given, 'ackSubject'> {
  /** Ack subject of the last delivery. */
  ackSubject: string;
  handedOn: boolean;
}

export class PendingAcks {
  readonly #bySeq = new Map<number, Held>();

  get size(): number {
    return this.#bySeq.size;
  }

  /** Sequence of the oldest message. */
  get oldest(): number | undefined {
    return this.#bySeq.size === 0 ? undefined : Math.min(...this.#bySeq.keys());
  }

  /** Adds a message. A message that is present stays as it is, and uses the ack subject of the last delivery. */
  take(given: Given): void {
    const known = this.#bySeq.get(given.seq);
    if (known?.stored === given.stored) known.ackSubject = given.ackSubject;
    else this.#bySeq.set(given.seq, { ...given, handedOn: false });
  }

  has(held: Held): boolean {
    return this.#bySeq.get(held.seq) === held;
  }

  /** Returns false if the message is no longer present. */
  remove(held: Held): boolean {
    return this.has(held) && this.#bySeq.delete(held.seq);
  }

  /** All messages in stream order. */
  inSequence(): Held[] {
    return [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  clear(): void {
    this.#bySeq.clear();
  }
}
