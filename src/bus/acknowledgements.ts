/**
 * Tells the server what has become of the messages that it gave out. An acknowledgement is a message like any other: it
 * may be lost on the way, and one that is sent on a later connection counts as well. So those of late are kept, and said
 * again on the next connection, and for a message that comes again.
 */
import type { BusConnection } from './connection.ts';
import type { Given } from './unconfirmed.ts';

type Acknowledged = Pick<Given, 'seq' | 'stored' | 'ackSubject'>;

export class Acknowledgements {
  readonly #connection: BusConnection;
  readonly #limit: number;
  /** Those of late by number in the stream, the oldest first. */
  readonly #recent = new Map<number, Acknowledged>();

  /** @param limit how many of late are kept */
  constructor(connection: BusConnection, limit: number) {
    this.#connection = connection;
    this.#limit = limit;
  }

  /** The message has been dealt with. */
  acknowledge({ seq, stored, ackSubject }: Acknowledged): void {
    this.#tell(ackSubject, '+ACK');
    this.#recent.delete(seq);
    this.#recent.set(seq, { seq, stored, ackSubject });
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= this.#limit) return;
      this.#recent.delete(oldest);
    }
  }

  /** Whether a message that comes was acknowledged already; if so, that is said again. */
  repeatFor(message: Acknowledged): boolean {
    if (this.#recent.get(message.seq)?.stored !== message.stored) return false;
    this.acknowledge(message);
    return true;
  }

  /** Says all of late once more. */
  repeatAll(): void {
    for (const { ackSubject } of this.#recent.values()) this.#tell(ackSubject, '+ACK');
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
