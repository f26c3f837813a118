/** The messages of a stream that the server has delivered and that are not confirmed, each once. */

/** The metadata of a delivered message, from its acknowledgement subject. */
export interface DeliveryInfo {
  /** Sequence number in the stream. */
  readonly seq: number;
  /**
   * When it was stored, in nanoseconds since 1970. Together with the sequence it identifies a message: a stream that
   * was restored to an earlier state, or created again, gives the same sequences to other messages.
   */
  readonly stored: string;
  /** Number of deliveries, including this one. */
  readonly deliveries: number;
  /** Consumer sequence. A redelivery gets a new one. */
  readonly consumerSeq: number;
}

/**
 * Parses `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream seq>.<consumer seq>.<time>.<pending>`. Later servers add a
 * domain and an account after `$JS.ACK`, and one more token at the end. Returns undefined for anything else, and for
 * messages of another consumer.
 */
export function parseAckSubject(
  ackSubject: string,
  consumer: { stream: string; durable: string },
): DeliveryInfo | undefined {
  const tokens = ackSubject.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK') return undefined;
  const at = tokens.length === 9 ? 4 : 6;
  // A client that can publish to the inbox must not cause acknowledgements of other consumers' messages.
  if (tokens[at - 2] !== consumer.stream || tokens[at - 1] !== consumer.durable) return undefined;
  const [deliveries, seq, consumerSeq] = [Number(tokens[at]), Number(tokens[at + 1]), Number(tokens[at + 2])];
  const stored = tokens[at + 3];
  if (!isNumber(deliveries) || !isNumber(seq) || !isNumber(consumerSeq) || stored === undefined) return undefined;
  return { seq, stored, deliveries, consumerSeq };
}

const isNumber = (number: number): boolean => Number.isSafeInteger(number) && number > 0;

/** A delivered message. */
export interface Delivery extends DeliveryInfo {
  readonly subject: string;
  readonly body: Uint8Array;
  readonly ackSubject: string;
}

/** A message that is kept until it is confirmed. */
export interface PendingMessage extends Omit<Delivery, 'ackSubject'> {
  /** Ack subject of the last delivery. */
  ackSubject: string;
  passedOn: boolean;
}

export class PendingAcks {
  readonly #bySeq = new Map<number, PendingMessage>();

  get size(): number {
    return this.#bySeq.size;
  }

  /** Sequence of the oldest message. */
  get oldest(): number | undefined {
    return this.#bySeq.size === 0 ? undefined : Math.min(...this.#bySeq.keys());
  }

  /** Adds a message. A message that is present stays as it is, and uses the ack subject of the last delivery. */
  add(delivery: Delivery): void {
    const known = this.#bySeq.get(delivery.seq);
    if (known?.stored === delivery.stored) known.ackSubject = delivery.ackSubject;
    else this.#bySeq.set(delivery.seq, { ...delivery, passedOn: false });
  }

  has(message: PendingMessage): boolean {
    return this.#bySeq.get(message.seq) === message;
  }

  /** Returns false if the message is no longer present. */
  remove(message: PendingMessage): boolean {
    return this.has(message) && this.#bySeq.delete(message.seq);
  }

  /** All messages in stream order. */
  inSequence(): PendingMessage[] {
    return [...this.#bySeq.values()].sort((a, b) => a.seq - b.seq);
  }

  clear(): void {
    this.#bySeq.clear();
  }
}
