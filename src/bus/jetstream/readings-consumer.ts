/**
 * Reads a stream in order, at least once, across connection breaks and restarts of the driver. A durable consumer at
 * the server stores the read position. A message counts as read when it is confirmed here.
 *
 * At least once: the server redelivers unacknowledged messages, and only confirmed messages are acknowledged
 * (`Acknowledgements`). In order: see `ReorderBuffer`. This module holds the read loop: on each connection it finds or
 * creates the consumer, pulls until a pull fails, and then checks the consumer again.
 */
import type { Msg, NatsConnection } from 'nats';
import { limited, type Logger } from '../../contract/log.ts';
import { numbersOf } from './ack-subject.ts';
import { Acknowledgements } from './acknowledgements.ts';
import { delayMs, type RetryDelays } from '../../lib/backoff.ts';
import type { BusConnection } from '../connection/connection.ts';
import {
  ConsumerProblem,
  ensureConsumer,
  pendingAcks,
  type ConsumerRequirements,
  type Position,
} from './durable-consumer.ts';
import { ReorderBuffer } from './reorder-buffer.ts';
import { pull } from './pull.ts';
import { StatusReporter } from '../../lib/status-reporter.ts';
import { PendingAcks, type Held } from './pending-acks.ts';
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
  readonly pace?: Pace | undefined;
}

/** How soon the reader detects states that no response reports. */
export interface Pace {
  /** Interval of checks of a consumer that delivers no messages: it may have been paused or changed. */
  readonly lookMs: number;
  /** Time after the expiry at which a request without any response is abandoned. */
  readonly graceMs: number;
}

const PACE: Pace = { lookMs: 10_000, graceMs: 5000 };
const RETRY: RetryDelays = { minMs: 100, maxMs: 5000 };
/**
 * Delivered messages are redelivered after the ack wait. After this further time, no redelivery is expected. A server
 * on a busy machine may take seconds, and the order matters more than the delay.
 */
const GRACE_MS = 30_000;

export class ReadingsConsumer {
  readonly #connection: BusConnection;
  readonly #options: ReadingsConsumerOptions;
  readonly #pace: Pace;
  readonly #unconfirmed = new PendingAcks();
  readonly #inOrder: ReorderBuffer;
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
  #lookedMs = 0;
  #stopping = false;

  constructor(connection: BusConnection, options: ReadingsConsumerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#pace = options.pace ?? PACE;
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
        if (this.problem === undefined && this.#nc !== undefined) this.#goOn(this.#nc);
      },
    });
    this.#inOrder = new ReorderBuffer({
      unconfirmed: this.#unconfirmed,
      comesAgainMs: ackWaitMs + GRACE_MS,
      handOn: (held) => {
        this.#handOn(held);
      },
      onMissing: (missing) => {
        const why = 'messages that were given out do not come again; another process may use it, too';
        this.#warn(`The order of what consumer "${durable}" reads is not sure: ${why}`, { missing });
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
      this.#begin(nc);
    });
    this.#working ??= setInterval(() => {
      // Messages that wait for the receiver must not be redelivered meanwhile.
      this.#acknowledgements.working(this.#unconfirmed.inSequence());
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
    this.#inOrder.pause();
    clearTimeout(this.#timer);
    clearInterval(this.#working);
    if (this.#stopPull !== undefined && this.#nc?.isClosed() === false)
      await withTimeout(deadlineMs, this.#pullEnd.promise);
    this.#stopPull?.();
    this.#acknowledgements.giveBack(this.#unconfirmed.inSequence());
    this.#unconfirmed.clear();
    // A server that hangs never answers.
    const nc = this.#connection.nats;
    if (nc === undefined) return;
    await withTimeout(
      untilMs - performance.now(),
      roundTrip(nc).catch(() => undefined),
    );
  }

  #begin(nc: NatsConnection): void {
    this.#nc = nc;
    this.#stopPull?.();
    this.#inOrder.pause();
    this.#failures = 0;
    clearTimeout(this.#timer);
    this.#acknowledgements.watch(nc);
    void this.#prepare(nc);
  }

  #live(nc: NatsConnection): boolean {
    return nc === this.#nc && !nc.isClosed() && !this.#stopping;
  }

  async #prepare(nc: NatsConnection): Promise<void> {
    try {
      const { streamCreated, passed, corrected } = await ensureConsumer(nc, this.#options, this.#position());
      for (const text of corrected) this.#warn(`The consumer had been changed and was set right: it ${text}`);
      if (!this.#live(nc)) return;
      if (this.#streamCreated !== undefined && this.#streamCreated !== streamCreated) this.#forget();
      this.#streamCreated = streamCreated;
      this.#highest = Math.max(this.#highest, passed);
      await this.#acknowledgements.repeatAll(nc);
      if (!this.#live(nc)) return;
      this.#lookedMs = performance.now();
      this.#inOrder.begin(() => pendingAcks(nc, this.#options));
      this.#pull(nc);
    } catch (error) {
      if (!this.#live(nc)) return;
      this.#again(nc, error instanceof ConsumerProblem ? error.message : String(error));
    }
  }

  /** Where to continue if the consumer was deleted at the server. */
  #position(): Position | undefined {
    if (this.#streamCreated === undefined) return undefined;
    return { streamCreated: this.#streamCreated, next: this.#unconfirmed.oldest ?? this.#highest + 1 };
  }

  /**
   * Another stream of the same name restarts its sequence. Messages in progress are processed, but not acknowledged
   * there.
   */
  #forget(): void {
    this.#unconfirmed.clear();
    this.#acknowledgements.forget();
    this.#highest = 0;
  }

  #again(nc: NatsConnection, problem: string): void {
    this.#report(problem);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => {
        if (this.#live(nc)) void this.#prepare(nc);
      },
      delayMs(this.#failures++, RETRY),
    );
    this.#timer.unref();
  }

  #pull(nc: NatsConnection): void {
    const { stream, durable, inFlight } = this.#options;
    const room = inFlight - this.#unconfirmed.size;
    // Many small requests are inefficient. While older messages are expected, they get all the room.
    const enough = this.#inOrder.handsOn ? Math.ceil(inFlight / 2) : 1;
    if (!this.#live(nc) || this.#stopPull !== undefined || room < enough) return;
    this.#pullEnd = Promise.withResolvers();
    this.#stopPull = pull(nc, {
      ...{ stream, durable, batch: room },
      inbox: this.#connection.inbox(),
      graceMs: this.#pace.graceMs,
      onMessage: (message) => {
        this.#take(message);
      },
      onEnd: (problem) => {
        this.#stopPull = undefined;
        this.#pullEnd.resolve(undefined);
        this.#goOn(nc, problem);
      },
    });
  }

  /** Continues after a pull, or when a problem is found. */
  #goOn(nc: NatsConnection, problem = this.#acknowledgements.problem): void {
    if (!this.#live(nc)) return;
    if (problem !== undefined) {
      this.#again(nc, problem);
      return;
    }
    this.#report(undefined);
    if (this.#unconfirmed.size === 0 && performance.now() - this.#lookedMs > this.#pace.lookMs) void this.#prepare(nc);
    else this.#pull(nc);
  }

  #take({ subject, data, reply = '' }: Msg): void {
    const numbers = numbersOf(reply, this.#options);
    if (numbers === undefined) return;
    this.#failures = 0;
    this.#report(this.#acknowledgements.problem);
    this.#inOrder.count(numbers);
    const given = { ...numbers, subject, body: data, ackSubject: reply };
    if (!this.#acknowledgements.repeatFor(given)) this.#inOrder.take(given);
  }

  #handOn(held: Held): void {
    const { seq, times, subject, body } = held;
    // A first delivery follows all earlier messages, even if the stream was restored to an earlier state.
    this.#highest = times === 1 ? seq : Math.max(this.#highest, seq);
    const confirm = (): void => {
      this.#confirm(held);
    };
    try {
      this.#options.onMessage({ subject, body, confirm });
    } catch (error) {
      const text = 'A message of the stream could not be worked on';
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

  #confirm(held: Held): void {
    // The message may belong to a deleted stream.
    if (!this.#unconfirmed.remove(held)) return;
    this.#acknowledgements.acknowledge(held);
    if (this.#nc !== undefined) this.#pull(this.#nc);
  }
}
