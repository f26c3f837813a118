/**
 * All answers to requests are sent through here. The client buffers without a limit while the server is slow, and
 * discards messages while it is disconnected. The send buffer limits the bytes in flight, keeps each message until the
 * server has confirmed it, and resends unconfirmed messages on the next connection. After a break a message may arrive
 * twice, but never partially. The repeat equals the first, unless the new connection accepts only smaller messages:
 * then a notice with the same number replaces it. A receiver keeps the first that it gets.
 */
import type { NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { BusUnavailable, type OutgoingMessage } from './outgoing-message.ts';
import { isSmall, FairQueue } from './fair-queue.ts';
import { withTimeout } from '../../lib/timeout.ts';
import { roundTrip } from './round-trip.ts';

export interface SendBufferOptions {
  /** Limit of bytes sent and not yet confirmed by the server. */
  inFlightBytes: number;
  /** How long a message waits for room or for a connection. */
  sendTimeoutMs: number;
  logger: Logger;
}

interface PendingAcks {
  message: OutgoingMessage;
  sentAt: number;
}

/** Unconfirmed messages after which a confirmation is requested. Many kept messages increase garbage collection. */
const confirmAfterMessages = 256;
const confirmAfterMs = 200;
/** Estimated overhead of an entry besides its bytes. */
const entryBytes = 256;

export class SendBuffer {
  readonly #options: SendBufferOptions;
  #nc: NatsConnection | undefined;
  #closed = false;
  #maxPayload = 1024 * 1024;
  readonly #unconfirmed: PendingAcks[] = [];
  #inFlight = 0;
  #confirming = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #line = new FairQueue();
  readonly #idle = new Set<() => void>();
  /** Number of answers in progress. */
  #open = 0;
  readonly #onReleased = new Set<() => void>();

  constructor(options: SendBufferOptions) {
    this.#options = options;
  }

  /** The server's current max_payload. Without a connection, the last known value. */
  get maxPayload(): number {
    const live = this.#nc?.info?.max_payload;
    if (live !== undefined) this.#maxPayload = live;
    return this.#maxPayload;
  }

  /** Bytes sent and not yet confirmed by the server. */
  get inFlightBytes(): number {
    return this.#inFlight;
  }

  /** Messages that wait for room or for a connection. */
  get waiting(): number {
    return this.#line.length;
  }

  /** Registers an answer that is sent through this buffer. Returns a function that ends it. */
  hold(): () => void {
    this.#open++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      if (--this.#open === 0) for (const done of this.#onReleased) done();
    };
  }

  /** Resolves as soon as no answer is in progress. */
  async released(): Promise<void> {
    if (this.#open === 0) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const done = (): void => {
      resolve(undefined);
    };
    this.#onReleased.add(done);
    await promise;
    this.#onReleased.delete(done);
  }

  /**
   * Moves to another connection while the former one still works. Waits for the confirmation of sent messages, so that
   * an answer stays in order. They are resent only if the former connection breaks meanwhile.
   */
  async move(to: NatsConnection, timeoutMs: number): Promise<void> {
    const from = this.#nc;
    this.detach();
    const sent = this.#unconfirmed.length;
    if (from !== undefined) {
      const taken = roundTrip(from).then(
        () => {
          if (this.#nc === undefined) this.#forget(sent);
        },
        () => undefined,
      );
      await withTimeout(timeoutMs, taken);
    }
    if (!this.#closed) this.attach(to);
  }

  /**
   * Sends at once if there is room. Otherwise resolves when the message is sent, or with false if it no longer fits
   * max_payload. Rejects with `BusUnavailable`.
   */
  async send(message: OutgoingMessage): Promise<boolean> {
    if (this.#closed) throw new BusUnavailable('The connection to the bus has been closed.');
    if (!this.#line.isBefore(message) && this.#nc !== undefined && this.#fits(message)) {
      if (message.size > this.maxPayload) return false;
      if (this.#publish(message)) {
        this.#arrangeConfirmation();
        return true;
      }
    }
    return this.#wait(message);
  }

  /** Continues on a new connection: first the unconfirmed messages of the former one, then the waiting ones. */
  attach(nc: NatsConnection): void {
    this.#nc = nc;
    this.#confirming = false;
    const again = this.#unconfirmed.splice(0);
    this.#inFlight = 0;
    const oldest = performance.now() - this.#options.sendTimeoutMs;
    const fresh = again.filter(({ sentAt }) => sentAt >= oldest);
    // If this connection has ended as well, the messages are kept for the next one.
    for (const entry of fresh) if (!this.#sendAgain(entry)) this.#keep(entry);
    if (again.length > 0) {
      const { logger } = this.#options;
      limited(logger).info(
        'sent again',
        { sentAgain: fresh.length, tooOld: again.length - fresh.length },
        'Messages that the lost connection may not have delivered are sent again',
      );
    }
    this.#pump();
  }

  /** The connection has ended. Messages wait from now on. */
  detach(): void {
    this.#nc = undefined;
    this.#confirming = false;
    this.#clearTimer();
  }

  /** Resolves with true when the server has confirmed everything, or with false after `timeoutMs`. */
  async flushed(timeoutMs: number): Promise<boolean> {
    if (this.#isIdle()) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const done = (): void => {
      resolve(true);
    };
    const timer = setTimeout(() => {
      resolve(false);
    }, timeoutMs);
    this.#idle.add(done);
    this.#confirm();
    const result = await promise;
    clearTimeout(timer);
    this.#idle.delete(done);
    return result;
  }

  /** Stops sending and rejects the waiting messages. */
  close(): void {
    this.#closed = true;
    this.detach();
    this.#line.dismiss(new BusUnavailable('The connection to the bus was closed before the message could be sent.'));
    this.#unconfirmed.length = 0;
    this.#inFlight = 0;
  }

  /**
   * A single message always fits, whatever its size. Small messages may use a reserve, so large ones never block them.
   */
  #fits(message: OutgoingMessage): boolean {
    const { inFlightBytes } = this.#options;
    const bound = isSmall(message) ? inFlightBytes * 1.25 : inFlightBytes;
    return this.#inFlight === 0 || this.#inFlight + message.size + entryBytes <= bound;
  }

  /** Keeps the time of the first try, so that no message is resent indefinitely. */
  #sendAgain({ message, sentAt }: PendingAcks): boolean {
    try {
      const fitting = message.size <= this.maxPayload ? message : this.#substitute(message);
      return fitting === undefined || this.#publish(fitting, sentAt);
    } catch (error) {
      const facts = { err: error, subject: message.subject };
      limited(this.#options.logger).error('not sent again', facts, 'A message could not be sent again');
      return true;
    }
  }

  /** Returns false if the connection has ended. Throws if the client rejects this message. */
  #publish(message: OutgoingMessage, sentAt = performance.now()): boolean {
    const nc = this.#nc;
    if (nc === undefined) return false;
    try {
      const { subject, data, headers, reply } = message;
      if (headers === undefined && reply === undefined) nc.publish(subject, data);
      else nc.publish(subject, data, { ...(headers ? { headers } : {}), ...(reply === undefined ? {} : { reply }) });
    } catch (error) {
      if (!nc.isClosed()) throw error;
      this.detach();
      return false;
    }
    this.#keep({ message, sentAt });
    return true;
  }

  #keep(entry: PendingAcks): void {
    this.#unconfirmed.push(entry);
    this.#inFlight += entry.message.size + entryBytes;
  }

  /** The server has confirmed the oldest messages. */
  #forget(count: number): void {
    for (const { message } of this.#unconfirmed.splice(0, count)) this.#inFlight -= message.size + entryBytes;
  }

  #wait(message: OutgoingMessage): Promise<boolean> {
    const { sendTimeoutMs } = this.#options;
    const waiting = this.#line.join(message, sendTimeoutMs, () => {
      const why = this.#nc === undefined ? 'there was no connection to the bus' : 'the bus did not take it';
      return new BusUnavailable(`A message was given up after ${sendTimeoutMs} ms because ${why}.`);
    });
    this.#arrangeConfirmation();
    return waiting;
  }

  /** Requests a confirmation from the server: at once if many bytes are in flight, otherwise a little later. */
  #arrangeConfirmation(): void {
    if (this.#confirming || this.#unconfirmed.length === 0) return;
    if (
      this.#inFlight >= this.#options.inFlightBytes / 4 ||
      this.#unconfirmed.length >= confirmAfterMessages ||
      this.waiting > 0
    ) {
      this.#confirm();
    } else {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#confirm();
      }, confirmAfterMs);
    }
  }

  /** All answers share one round trip at a time. */
  #confirm(): void {
    const nc = this.#nc;
    if (nc === undefined || this.#confirming || this.#unconfirmed.length === 0) return;
    this.#clearTimer();
    this.#confirming = true;
    const count = this.#unconfirmed.length;
    roundTrip(nc).then(
      () => {
        if (this.#nc !== nc) return;
        this.#confirming = false;
        this.#forget(count);
        this.#pump();
      },
      // The connection has ended, and this round trip with it. `attach` sends again.
      () => undefined,
    );
  }

  /** Sends waiting messages while there is room. */
  #pump(): void {
    while (this.#nc !== undefined) {
      const waiter = this.#line.next((message) => this.#fits(message));
      if (waiter === undefined) break;
      const { message, resolve, reject } = waiter;
      try {
        if (message.size > this.maxPayload) resolve(false);
        else if (this.#publish(message)) resolve(true);
        else this.#wait(message).then(resolve, reject);
      } catch (error) {
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.#arrangeConfirmation();
    if (this.#isIdle()) for (const done of this.#idle) done();
  }

  #substitute(message: OutgoingMessage): OutgoingMessage | undefined {
    const { logger } = this.#options;
    const substitute = message.substitute?.();
    const facts = { subject: message.subject, bytes: message.size, maxPayload: this.#maxPayload };
    if (substitute === undefined || substitute.size > this.#maxPayload) {
      limited(logger).error('too large now', facts, 'A message was lost: the new connection takes only smaller ones');
      return undefined;
    }
    limited(logger).error(
      'too large now',
      facts,
      'A part of an answer was lost: the new connection takes only smaller ones; its place says so',
    );
    return substitute;
  }

  #isIdle(): boolean {
    return this.#unconfirmed.length === 0 && this.waiting === 0;
  }

  #clearTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
