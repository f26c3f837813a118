/**
 * All answers to requests are sent through here. The client buffers without a limit while the server is slow, and
 * discards messages while it is disconnected. The send buffer limits the bytes in flight, keeps each message until the
 * server has confirmed it, and sends unconfirmed messages again on the next connection. After a break a message may
 * arrive twice, but never partially. The repeat equals the first, unless the new connection accepts only smaller
 * messages: then a notice with the same number replaces it. A receiver keeps the first that it gets.
 */
import type { NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import type { BusConnection } from '../connection/connection.ts';
import { FairQueue, isSmall, type OutgoingMessage } from './fair-queue.ts';
import { keptBytes, SentMessages, type SentMessage } from './sent-messages.ts';

export interface SendBufferOptions {
  /** Limit of bytes sent and not yet confirmed by the server. Default 8 MiB. */
  inFlightBytes?: number | undefined;
  /** How long a message waits for room or for a connection before it fails. Default 60 s. */
  sendTimeoutMs?: number | undefined;
  logger: Logger;
}

/** A message could not be sent in time, or the bus was closed. The text is suitable for operators. */
export class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
}

/** Unconfirmed messages after which a confirmation is requested. Many kept messages increase garbage collection. */
const confirmAfterMessages = 256;
const confirmAfterMs = 200;

export class SendBuffer {
  readonly #logger: Logger;
  readonly #inFlightLimit: number;
  readonly #sendTimeoutMs: number;
  /** The live connection, and replaced ones that still work. */
  readonly #open = new Map<NatsConnection, SentMessages>();
  #live: SentMessages | undefined;
  /** Messages of connections that have ended. They are sent again over the next one. */
  #lost: SentMessage[] = [];
  readonly #queue = new FairQueue();
  readonly #confirming = new Set<SentMessages>();
  #timer: NodeJS.Timeout | undefined;
  #lastMaxPayload = 1024 * 1024;
  readonly #onIdle = new Set<() => void>();
  #closed = false;

  /** Create it after the subscriptions: a caller that receives an answer can send the next request at once. */
  constructor(connection: BusConnection, options: SendBufferOptions) {
    this.#logger = options.logger;
    this.#inFlightLimit = options.inFlightBytes ?? 8 * 1024 * 1024;
    this.#sendTimeoutMs = options.sendTimeoutMs ?? 60_000;
    connection.use((nc) => {
      this.#connected(nc);
    });
    void connection.closed.then(() => {
      this.#close();
    });
  }

  /** Bytes sent and not yet confirmed by a server, and messages that wait for room or for a connection. */
  get load(): { inFlightBytes: number; waiting: number } {
    return { inFlightBytes: this.#inFlightBytes(), waiting: this.#queue.length };
  }

  /** The max_payload for answers to requests of a connection. Without any connection, the last known value. */
  maxPayload(via: NatsConnection): number {
    const limit = this.#route(via)?.nc.info?.max_payload;
    if (limit !== undefined) this.#lastMaxPayload = limit;
    return this.#lastMaxPayload;
  }

  /**
   * Sends at once if there is room. Otherwise resolves when the message is sent, or with false if it no longer fits
   * max_payload. Rejects with `BusUnavailable`.
   */
  async send(message: OutgoingMessage): Promise<boolean> {
    if (this.#closed) throw new BusUnavailable('The connection to the bus has been closed.');
    if (!this.#queue.isBefore(message) && this.#canSend(message)) {
      if (message.size > this.maxPayload(message.via)) return false;
      if (this.#publish(message)) {
        this.#arrangeConfirmation();
        return true;
      }
    }
    return this.#wait(message);
  }

  /** Resolves when the server has confirmed what was sent over a connection so far, or the connection has ended. */
  async confirmed(nc: NatsConnection): Promise<void> {
    await this.#open
      .get(nc)
      ?.confirm()
      .catch(() => undefined);
  }

  /** Resolves when the server has confirmed everything, and nothing waits. */
  async idle(): Promise<void> {
    if (this.#isIdle()) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const done = (): void => {
      resolve(undefined);
    };
    this.#onIdle.add(done);
    this.#confirmAll();
    await promise;
    this.#onIdle.delete(done);
  }

  #connected(nc: NatsConnection): void {
    const live = new SentMessages(nc);
    this.#open.set(nc, live);
    this.#live = live;
    void nc.closed().then(() => {
      this.#ended(live);
    });
    this.#sendLostAgain();
  }

  #ended(connection: SentMessages): void {
    this.#open.delete(connection.nc);
    this.#confirming.delete(connection);
    if (this.#live === connection) this.#live = undefined;
    this.#lost = [...connection.removeAll(), ...this.#lost];
    if (this.#live !== undefined) this.#sendLostAgain();
  }

  #close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#queue.dismiss(new BusUnavailable('The connection to the bus was closed before the message could be sent.'));
    this.#lost = [];
  }

  /** A server may allow an answer only on the connection that delivered the request. */
  #route(via: NatsConnection): SentMessages | undefined {
    return this.#open.get(via) ?? this.#live;
  }

  /**
   * A single message always fits, whatever its size. Small messages may use a reserve, so large ones never block them.
   */
  #canSend(message: OutgoingMessage): boolean {
    if (this.#route(message.via) === undefined) return false;
    const limit = isSmall(message) ? this.#inFlightLimit * 1.25 : this.#inFlightLimit;
    const inFlight = this.#inFlightBytes();
    return inFlight === 0 || inFlight + keptBytes(message) <= limit;
  }

  /** Returns false if there is no connection. Throws if the client rejects this message. */
  #publish(message: OutgoingMessage, sentAt?: number): boolean {
    for (let to = this.#route(message.via); to !== undefined; to = this.#route(message.via)) {
      try {
        to.send(message, sentAt);
        return true;
      } catch (error) {
        if (!to.nc.isClosed()) throw error;
        this.#ended(to);
      }
    }
    return false;
  }

  #wait(message: OutgoingMessage): Promise<boolean> {
    const waiting = this.#queue.join(message, this.#sendTimeoutMs, () => {
      const why =
        this.#route(message.via) === undefined
          ? 'there was no connection to the bus'
          : 'the NATS server did not confirm those before it';
      return new BusUnavailable(`A message could not be sent within ${this.#sendTimeoutMs} ms because ${why}.`);
    });
    this.#arrangeConfirmation();
    return waiting;
  }

  /** Sends waiting messages while there is room. */
  #sendWaiting(): void {
    for (;;) {
      const waiter = this.#queue.next((message) => this.#canSend(message));
      if (waiter === undefined) break;
      const { message, resolve, reject } = waiter;
      try {
        if (message.size > this.maxPayload(message.via)) resolve(false);
        else if (this.#publish(message)) resolve(true);
        else this.#wait(message).then(resolve, reject);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#arrangeConfirmation();
    if (this.#isIdle()) for (const done of this.#onIdle) done();
  }

  /** First the messages of connections that have ended, then the waiting ones. */
  #sendLostAgain(): void {
    const lost = this.#lost;
    this.#lost = [];
    const oldest = performance.now() - this.#sendTimeoutMs;
    const fresh = lost.filter(({ sentAt }) => sentAt >= oldest);
    for (const entry of fresh) if (!this.#sendAgain(entry)) this.#lost.push(entry);
    if (lost.length > 0) {
      limited(this.#logger).info(
        'sent again',
        { sentAgain: fresh.length, tooOld: lost.length - fresh.length },
        'Messages that the lost connection may not have delivered are sent again',
      );
    }
    this.#sendWaiting();
  }

  /** Keeps the time of the first try, so that no message is sent again indefinitely. */
  #sendAgain({ message, sentAt }: SentMessage): boolean {
    try {
      const fitting = message.size <= this.maxPayload(message.via) ? message : this.#substitute(message);
      return fitting === undefined || this.#publish(fitting, sentAt);
    } catch (error) {
      const facts = { err: error, subject: message.subject };
      limited(this.#logger).error('not sent again', facts, 'A message could not be sent again');
      return true;
    }
  }

  #substitute(message: OutgoingMessage): OutgoingMessage | undefined {
    const maxPayload = this.maxPayload(message.via);
    const substitute = message.substitute?.();
    const isLost = substitute === undefined || substitute.size > maxPayload;
    const facts = { subject: message.subject, bytes: message.size, maxPayload };
    const text = isLost
      ? 'A message is lost: the NATS server accepts only smaller messages now (max_payload)'
      : 'A part of an answer is lost and replaced by a notice: the NATS server accepts only smaller messages now (max_payload)';
    limited(this.#logger).error('too large now', facts, text);
    return isLost ? undefined : substitute;
  }

  /** Requests a confirmation from the server: at once if much is in flight, otherwise a little later. */
  #arrangeConfirmation(): void {
    const inFlight = this.#inFlightBytes();
    if (inFlight === 0) return;
    const isMuch = inFlight >= this.#inFlightLimit / 4 || (this.#live?.count ?? 0) >= confirmAfterMessages;
    if (isMuch || this.#queue.length > 0) {
      this.#confirmAll();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#confirmAll();
      }, confirmAfterMs);
    }
  }

  /** All answers share one round trip at a time on each connection. */
  #confirmAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const connection of this.#unconfirmed()) {
      this.#confirming.add(connection);
      connection.confirm().then(
        () => {
          this.#confirming.delete(connection);
          this.#sendWaiting();
        },
        // The connection has ended, and its messages are sent again.
        () => undefined,
      );
    }
  }

  /** Connections with messages for which no confirmation is requested yet. */
  #unconfirmed(): SentMessages[] {
    return [...this.#open.values()].filter((one) => one.count > 0 && !this.#confirming.has(one));
  }

  #inFlightBytes(): number {
    let bytes = 0;
    for (const { message } of this.#lost) bytes += keptBytes(message);
    for (const connection of this.#open.values()) bytes += connection.bytes;
    return bytes;
  }

  #isIdle(): boolean {
    return this.#queue.length === 0 && this.#inFlightBytes() === 0;
  }
}
