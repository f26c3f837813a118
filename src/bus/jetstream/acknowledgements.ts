/**
 * Acknowledges delivered messages. An acknowledgement may be lost in transit, and one that is sent on a later
 * connection is valid too. So recent acknowledgements are kept, and are repeated on the next connection and for a
 * redelivered message.
 */
import type { NatsConnection } from 'nats';
import type { BusConnection } from '../connection/connection.ts';
import { ConsumerProblem } from './durable-consumer.ts';
import { onRefusedPublish } from '../connection/permission-errors.ts';
import type { Delivery } from './pending-acks.ts';
import { roundTrip } from '../connection/round-trip.ts';

type Acknowledgeable = Pick<Delivery, 'seq' | 'stored' | 'ackSubject'>;

export interface AcknowledgementsOptions {
  readonly stream: string;
  /** Name of the consumer. */
  readonly durable: string;
  /** Number of recent acknowledgements that are kept. */
  readonly limit: number;
  /** Called when the server rejected an acknowledgement: the driver's user lacks the right. */
  readonly onRefused: () => void;
}

export class Acknowledgements {
  readonly #connection: BusConnection;
  readonly #options: AcknowledgementsOptions;
  /** Recent acknowledgements by stream sequence, the oldest first. */
  readonly #recent = new Map<number, Acknowledgeable>();
  /** Number of rejected acknowledgements. */
  #refusals = 0;
  #refused = false;

  constructor(connection: BusConnection, options: AcknowledgementsOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** Why acknowledgements do not arrive. Undefined as long as no failure is known. */
  get problem(): string | undefined {
    const { stream } = this.#options;
    if (!this.#refused) return undefined;
    return `The driver's user may not acknowledge messages of stream "${stream}", so no more are read. Give it the right to $JS.ACK.${stream}.>.`;
  }

  /** Call it for each connection. */
  watch(nc: NatsConnection): void {
    const { stream, durable, onRefused } = this.#options;
    onRefusedPublish(nc, (subject) => {
      if (!subject.startsWith('$JS.ACK.') || !subject.includes(`.${stream}.${durable}.`)) return;
      this.#refusals++;
      this.#refused = true;
      onRefused();
    });
  }

  /** Acknowledges a message that has been processed. */
  acknowledge({ seq, stored, ackSubject }: Acknowledgeable): void {
    this.#send(ackSubject, '+ACK');
    this.#recent.delete(seq);
    this.#recent.set(seq, { seq, stored, ackSubject });
    for (const oldest of this.#recent.keys()) {
      if (this.#recent.size <= this.#options.limit) return;
      this.#recent.delete(oldest);
    }
  }

  /** Returns whether a delivered message was acknowledged already. If so, repeats the acknowledgement. */
  repeatFor(message: Acknowledgeable): boolean {
    if (this.#recent.get(message.seq)?.stored !== message.stored) return false;
    this.acknowledge(message);
    return true;
  }

  /**
   * Repeats all recent acknowledgements.
   * @throws ConsumerProblem `problem`, if the server rejects them
   */
  async repeatAll(nc: NatsConnection): Promise<void> {
    const before = this.#refusals;
    for (const { ackSubject } of this.#recent.values()) this.#send(ackSubject, '+ACK');
    await roundTrip(nc);
    // A rejection arrives before the reply to the flush, and its event fires one turn of the event loop later.
    await new Promise(setImmediate);
    this.#refused = this.#refusals > before;
    if (this.problem !== undefined) throw new ConsumerProblem(this.problem);
  }

  /** Prevents the server from redelivering the messages meanwhile. */
  inProgress(messages: Iterable<Acknowledgeable>): void {
    for (const { ackSubject } of messages) this.#send(ackSubject, '+WPI');
  }

  /** Asks the server to redeliver the messages at once, in this order. */
  giveBack(messages: Iterable<Acknowledgeable>): void {
    for (const { ackSubject } of messages) this.#send(ackSubject, '-NAK');
  }

  /** Discards the acknowledgements: they are not valid for another stream. */
  clear(): void {
    this.#recent.clear();
  }

  #send(ackSubject: string, what: '+ACK' | '-NAK' | '+WPI'): void {
    const nc = this.#connection.nats;
    if (nc === undefined || nc.isClosed()) return;
    nc.publish(ackSubject, what);
  }
}
