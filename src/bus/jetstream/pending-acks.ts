/** The messages of a stream that the server has given out and that are not confirmed, each once. */
import type { MessageNumbers } from './ack-subject.ts';

/** A message as it was given out. */
export interface Given extends MessageNumbers {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly ackSubject: string;
}

/** A message that is here until it is confirmed. */
export interface Held extends Omit<Given, 'ackSubject'> {
  /** Of the last time that it was given out. */
  ackSubject: string;
  handedOn: boolean;
}

export class PendingAcks {
  readonly #bySeq = new Map<number, Held>();

  get size(): number {
    return this.#bySeq.size;
  }

  /** Number of the oldest one. */
  get oldest(): number | undefined {
    return this.#bySeq.size === 0 ? undefined : Math.min(...this.#bySeq.keys());
  }

  /** Takes one in. What is here already stays as it is, and is acknowledged by what came last. */
  take(given: Given): void {
    const known = this.#bySeq.get(given.seq);
    if (known?.stored === given.stored) known.ackSubject = given.ackSubject;
    else this.#bySeq.set(given.seq, { ...given, handedOn: false });
  }

  has(held: Held): boolean {
    return this.#bySeq.get(held.seq) === held;
  }

  /** False if it was not here any more. */
  remove(held: Held): boolean {
    return this.has(held) && this.#bySeq.delete(held.seq);
  }

  /** All, in the order of the stream. */
  inSequence(): Held[] {
    return [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  clear(): void {
    this.#bySeq.clear();
  }
}
