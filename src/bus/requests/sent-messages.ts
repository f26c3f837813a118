/** Messages sent over one connection that its server has not confirmed yet. */
import type { NatsConnection } from 'nats';
import { roundTrip } from '../connection/round-trip.ts';
import type { OutgoingMessage } from './fair-queue.ts';

export interface SentMessage {
  readonly message: OutgoingMessage;
  /** When it was sent for the first time, by `performance.now()`. */
  readonly sentAt: number;
}

/** Estimated overhead of an entry besides its bytes. */
const entryBytes = 256;

/** Memory that a message takes until it is confirmed. */
export function keptBytes({ size }: OutgoingMessage): number {
  return size + entryBytes;
}

export class SentMessages {
  readonly nc: NatsConnection;
  readonly #messages: SentMessage[] = [];
  #bytes = 0;
  /** Number of messages that the server has confirmed. */
  #confirmed = 0;

  constructor(nc: NatsConnection) {
    this.nc = nc;
  }

  get count(): number {
    return this.#messages.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Throws if the client rejects the message, or if the connection has ended. */
  send(message: OutgoingMessage, sentAt = performance.now()): void {
    const { subject, data, headers, reply } = message;
    if (headers === undefined && reply === undefined) this.nc.publish(subject, data);
    else this.nc.publish(subject, data, { ...(headers ? { headers } : {}), ...(reply === undefined ? {} : { reply }) });
    this.#messages.push({ message, sentAt });
    this.#bytes += keptBytes(message);
  }

  /** Resolves when the server has confirmed what was sent so far. Rejects if the connection ends first. */
  async confirm(): Promise<void> {
    const all = this.#confirmed + this.#messages.length;
    await roundTrip(this.nc);
    this.#remove(all - this.#confirmed);
  }

  /** Removes and returns the messages that are not confirmed. */
  removeAll(): SentMessage[] {
    return this.#remove(this.#messages.length);
  }

  #remove(count: number): SentMessage[] {
    const removed = this.#messages.splice(0, Math.max(0, count));
    this.#confirmed += removed.length;
    for (const { message } of removed) this.#bytes -= keptBytes(message);
    return removed;
  }
}
