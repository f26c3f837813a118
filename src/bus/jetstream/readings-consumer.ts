/**
 * Reads a stream in order, at least once, across connection breaks and restarts of the driver. A durable consumer at
 * the server stores the read position. A message counts as read when it is confirmed here.
 *
 * At least once: the server redelivers unacknowledged messages, and only confirmed messages are acknowledged
 * (`Acknowledgements`). In order: see `ReorderBuffer`. This module holds the read loop: on each connection it finds or
 * creates the consumer, pulls until a pull fails, and then checks the consumer again.
 *
 * The client's own consumer (`consumers.get().consume()` of nats 2.29) is not used: it refills as soon as a message is
 * delivered, and reports a missing right, a paused consumer and a frozen server alike, as a missed heartbeat.
 */
import type { Msg, NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { delayMs, type RetryDelays } from '../../lib/backoff.ts';
import type { BusConnection } from '../connection/connection.ts';
import {
  ConsumerProblem,
  ensureConsumer,
  countPendingAcks,
  type ConsumerRequirements,
  type Position,
} from './durable-consumer.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { pull } from './pull.ts';
import { StatusReporter } from '../../lib/status-reporter.ts';
import { parseAckSubject, PendingAcks, type PendingMessage } from './pending-acks.ts';
import { withTimeout } from '../../lib/timeout.ts';
import { roundTrip } from '../connection/round-trip.ts';

/** A message of the stream. */
export interface StreamMessage {
  readonly subject: string;
  readonly body: Uint8Array;
  /** Call it when the message has been processed, with any result. Repeated calls have no effect. */
  readonly confirm: () => void;
}

export interface ReadingsConsumerOptions extends ConsumerRequirements {
  /** Receives a message, in stream order. At most `inFlight` messages are unconfirmed at once. */
  readonly onMessage: (message: StreamMessage) => void;
  /** Called when `problem` has changed. */
  readonly onProblem?: (() => void) | undefined;
  readonly logger: Logger;
  readonly intervals?: ConsumerIntervals | undefined;
}

/** How soon the reader detects states that no response reports. */
export interface ConsumerIntervals {
  /** Interval of checks of a consumer that delivers no messages: it may have been paused or changed. */
  readonly checkMs: number;
  /** Time after the expiry at which a request without any response is abandoned. */
  readonly graceMs: number;
}

const INTERVALS: ConsumerIntervals = { checkMs: 10_000, graceMs: 5000 };
const RETRY: RetryDelays = { minMs: 100, maxMs: 5000 };
/**
 * Delivered messages are redelivered after the ack wait. After this further time, no redelivery is expected. A server
 * on a busy machine may take seconds, and the order matters more than the delay.
 */
const GRACE_MS = 30_000;

export class ReadingsConsumer {
  readonly #connection: BusConnection;
  readonly #options: ReadingsConsumerOptions;
  readonly #intervals: ConsumerIntervals;
  readonly #pendingAcks = new PendingAcks();
  readonly #reorderBuffer: ReorderBuffer;
  readonly #acknowledgements: Acknowledgements;
  readonly #status: StatusReporter<'ok' | 'failing'>;
  #nc: NatsConnection | undefined;
  #streamCreated: string | undefined;
  /** All messages up to this sequence were handed on, or precede this process. */
  #highest = 0;
  #stopPull: (() => void) | undefined;
  #pullEnd = Promise.withResolvers<undefined>();
  #stopUsing: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: NodeJS.Timeout | undefined;
  #failures = 0;
  /** Time of the last check of the consumer. */
  #checkedMs = 0;
  #stopping = false;

  constructor(connection: BusConnection, options: ReadingsConsumerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#intervals = options.intervals ?? INTERVALS;
    const { stream, durable, inFlight, ackWaitMs, onProblem } = options;
    this.#status = new StatusReporter<'ok' | 'failing'>({
      initial: 'ok',
      log: ({ message }) => {
        if (message !== undefined) this.#warn(message);
      },
      onChange: onProblem,
    });
    this.#acknowledgements = new Acknowledgements(connection, {
      ...{ stream, durable, limit: 4 * inFlight },
      onRefused: () => {
        if (this.problem === undefined && this.#nc !== undefined) this.#continue(this.#nc);
      },
    });
    this.#reorderBuffer = new ReorderBuffer({
      pendingAcks: this.#pendingAcks,
      redeliveryMs: ackWaitMs + GRACE_MS,
      passOn: (pending) => {
        this.#passOn(pending);
      },
      onMissing: (missing) => {
        const why = 'delivered messages were not redelivered; another process may use the consumer, too';
        this.#warn(`Consumer "${durable}" may deliver messages out of order: ${why}`, { missing });
      },
    });
  }

  /** Why no messages are read. Undefined while they are, and while there is no connection. */
  get problem(): string | undefined {
    return this.#status.message;
  }

  /** Starts with the live connection and continues with every later one. */
  start(): void {
    this.#stopUsing ??= this.#connection.use((nc) => {
      this.#useConnection(nc);
    });
    this.#working ??= setInterval(() => {
      // Messages that wait for the receiver must not be redelivered meanwhile.
      this.#acknowledgements.inProgress(this.#pendingAcks.inSequence());
    }, this.#options.ackWaitMs / 3);
    this.#working.unref();
  }

  /**
   * Stops reading and gives back the unconfirmed messages, so that the next reader gets them at once. Waits for the end
   * of the open request (one second), at most `deadlineMs`: nats-server (2.9) mislays messages that are given back
   * while a request of a departed client is open.
   */
  async stop(deadlineMs = 5000): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const untilMs = performance.now() + deadlineMs;
    this.#stopUsing?.();
    this.#reorderBuffer.pause();
    clearTimeout(this.#timer);
    clearInterval(this.#working);
    if (this.#stopPull !== undefined && this.#nc?.isClosed() === false)
      await withTimeout(deadlineMs, this.#pullEnd.promise);
    this.#stopPull?.();
    this.#acknowledgements.giveBack(this.#pendingAcks.inSequence());
    this.#pendingAcks.clear();
    // A server that hangs never answers.
    const nc = this.#connection.nats;
    if (nc === undefined) return;
    await withTimeout(
      untilMs - performance.now(),
      roundTrip(nc).catch(() => undefined),
    );
  }

  #useConnection(nc: NatsConnection): void {
    this.#nc = nc;
    this.#stopPull?.();
    this.#reorderBuffer.pause();
    this.#failures = 0;
    clearTimeout(this.#timer);
    this.#acknowledgements.watch(nc);
    void this.#prepare(nc);
  }

  #isCurrent(nc: NatsConnection): boolean {
    return nc === this.#nc && !nc.isClosed() && !this.#stopping;
  }

  async #prepare(nc: NatsConnection): Promise<void> {
    try {
      const { streamCreated, passed, corrected } = await ensureConsumer(nc, this.#options, this.#position());
      for (const text of corrected) this.#warn(`The settings of the consumer were wrong and are corrected: it ${text}`);
      if (!this.#isCurrent(nc)) return;
      if (this.#streamCreated !== undefined && this.#streamCreated !== streamCreated) this.#clear();
      this.#streamCreated = streamCreated;
      this.#highest = Math.max(this.#highest, passed);
      await this.#acknowledgements.repeatAll(nc);
      if (!this.#isCurrent(nc)) return;
      this.#checkedMs = performance.now();
      this.#reorderBuffer.begin(() => countPendingAcks(nc, this.#options));
      this.#pull(nc);
    } catch (error) {
      if (!this.#isCurrent(nc)) return;
      this.#retry(nc, error instanceof ConsumerProblem ? error.message : String(error));
    }
  }

  /** Where to continue if the consumer was deleted at the server. */
  #position(): Position | undefined {
    if (this.#streamCreated === undefined) return undefined;
    return { streamCreated: this.#streamCreated, next: this.#pendingAcks.oldest ?? this.#highest + 1 };
  }

  /**
   * Another stream of the same name restarts its sequence. Messages in progress are processed, but not acknowledged
   * there.
   */
  #clear(): void {
    this.#pendingAcks.clear();
    this.#acknowledgements.clear();
    this.#highest = 0;
  }

  #retry(nc: NatsConnection, problem: string): void {
    this.#report(problem);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        if (this.#isCurrent(nc)) void this.#prepare(nc);
      },
      delayMs(this.#failures++, RETRY),
    );
    this.#timer.unref();
  }

  #pull(nc: NatsConnection): void {
    const { stream, durable, inFlight } = this.#options;
    const room = inFlight - this.#pendingAcks.size;
    // Many small requests are inefficient. While older messages are expected, they get all the room.
    const enough = this.#reorderBuffer.passesOn ? Math.ceil(inFlight / 2) : 1;
    if (!this.#isCurrent(nc) || this.#stopPull !== undefined || room < enough) return;
    this.#pullEnd = Promise.withResolvers();
    this.#stopPull = pull(nc, {
      ...{ stream, durable, batch: room },
      inbox: this.#connection.inbox(),
      graceMs: this.#intervals.graceMs,
      onMessage: (message) => {
        this.#receive(message);
      },
      onEnd: (problem) => {
        this.#stopPull = undefined;
        this.#pullEnd.resolve(undefined);
        this.#continue(nc, problem);
      },
    });
  }

  /** Continues after a pull, or when a problem is found. */
  #continue(nc: NatsConnection, problem = this.#acknowledgements.problem): void {
    if (!this.#isCurrent(nc)) return;
    if (problem !== undefined) {
      this.#retry(nc, problem);
      return;
    }
    this.#report(undefined);
    if (this.#pendingAcks.size === 0 && performance.now() - this.#checkedMs > this.#intervals.checkMs)
      void this.#prepare(nc);
    else this.#pull(nc);
  }

  #receive({ subject, data, reply = '' }: Msg): void {
    const info = parseAckSubject(reply, this.#options);
    if (info === undefined) return;
    this.#failures = 0;
    this.#report(this.#acknowledgements.problem);
    this.#reorderBuffer.count(info);
    const delivery = { ...info, subject, body: data, ackSubject: reply };
    if (!this.#acknowledgements.repeatFor(delivery)) this.#reorderBuffer.add(delivery);
  }

  #passOn(pending: PendingMessage): void {
    const { seq, deliveries, subject, body } = pending;
    // A first delivery follows all earlier messages, even if the stream was restored to an earlier state.
    this.#highest = deliveries === 1 ? seq : Math.max(this.#highest, seq);
    const confirm = (): void => {
      this.#confirm(pending);
    };
    try {
      this.#options.onMessage({ subject, body, confirm });
    } catch (error) {
      const text = 'A message of the stream could not be processed';
      limited(this.#options.logger).error('stream message', { err: error, seq }, text);
    }
  }

  #report(problem: string | undefined): void {
    this.#status.report(problem === undefined ? 'ok' : 'failing', problem);
  }

  #warn(text: string, facts: object = {}): void {
    const { durable, logger } = this.#options;
    limited(logger).warn(`consumer ${durable}`, { durable, ...facts }, text);
  }

  #confirm(pending: PendingMessage): void {
    // The message may belong to a deleted stream.
    if (!this.#pendingAcks.remove(pending)) return;
    this.#acknowledgements.acknowledge(pending);
    if (this.#nc !== undefined) this.#pull(this.#nc);
  }
}
