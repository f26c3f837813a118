/**
 * Tells the server what has become of the messages that it gave out. An acknowledgement is a message like any other: it
 * may be lost on the way, and one that is sent on a later connection counts as well. So those of late are kept, and said
 * again on the next connection, and for a message that comes again.
 */
import type { NatsConnection } from 'nats';
import type { BusConnection } from '../connection/connection.ts';
import { ConsumerProblem } from './durable-consumer.ts';
import { onRefusedPublish } from '../connection/permission-errors.ts';
import type { Given } from './pending-acks.ts';

type Acknowledged = Pick<Given, 'seq' | 'stored' | 'ackSubject'>;

export interface AcknowledgementsOptions {
  readonly stream: string;
  /** Name of the consumer. */
  readonly durable: string;
  /** How many of late are kept. */
  readonly limit: number;
  /** Told when the server did not take one: the driver's user lacks the right. */
  readonly onRefused: () => void;
}

export class Acknowledgements {
  readonly #connection: BusConnection;
  readonly #options: AcknowledgementsOptions;
  /** Those of late by number in the stream, the oldest first. */
  readonly #recent = new Map<number, Acknowledged>();

  #refused = false;

  constructor(connection: BusConnection, options: AcknowledgementsOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Why none arrives; undefined as far as is known that they do. */
  get problem(): string | undefined {
    const { stream } = this.#options;
    if (!this.#refused) return undefined;
    return `The driver's user may not acknowledge what it reads from stream "${stream}", so no more is read. Give it the right to $JS.ACK.${stream}.>.`;
  }

  /** To be called for each connection. */
  watch(nc: NatsConnection): void {
    const { stream, durable, onRefused } = this.#options;
    onRefusedPublish(nc, (subject) => {
      if (!subject.startsWith('$JS.ACK.') || !subject.includes(`.${stream}.${durable}.`)) return;
      this.#refused = true;
      onRefused();
    });
  }

  /** The message has been dealt with. */
  acknowledge({ seq, stored, ackSubject }: Acknowledged): void {
    this.#tell(ackSubject, '+ACK');
    this.#recent.delete(seq);
    this.#recent.set(seq, { seq, stored, ackSubject });
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= this.#options.limit) return;
      this.#recent.delete(oldest);
    }
  }

  /** Whether a message that comes was acknowledged already; if so, that is said again. */
  repeatFor(message: Acknowledged): boolean {
    if (this.#recent.get(message.seq)?.stored !== message.stored) return false;
    this.acknowledge(message);
    return true;
  }

  /**
   * Says all of late once more.
   * @throws ConsumerProblem `problem`, if the server does not take them
   */
  async repeatAll(nc: NatsConnection): Promise<void> {
    this.#refused = false;
    for (const { ackSubject } of this.#recent.values()) this.#tell(ackSubject, '+ACK');
    await nc.flush();
    // A refusal comes before the answer to the flush, and is heard of a moment later.
    await new Promise(setImmediate);
    if (this.problem !== undefined) throw new ConsumerProblem(this.problem);
  }

  /** Keeps the server from giving them out again meanwhile. */
  working(messages: Iterable<Acknowledged>): void {
    for (const { ackSubject } of messages) this.#tell(ackSubject, '+WPI');
  }

  /** Has the server give them out again at once, in this order. */
  giveBack(messages: Iterable<Acknowledged>): void {
    for (const { ackSubject } of messages) this.#tell(ackSubject, '-NAK');
  }

  /** To another stream they mean nothing. */
  forget(): void {
    this.#recent.clear();
  }

  #tell(ackSubject: string, what: '+ACK' | '-NAK' | '+WPI'): void {
    const nc = this.#connection.nats;
    if (nc === undefined || nc.isClosed()) return;
    nc.publish(ackSubject, what);
  }
}
