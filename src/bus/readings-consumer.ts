/**
 * Reads what a stream holds, in its order, at least once, across breaks of the connection and restarts of the driver. A
 * durable consumer at the server remembers how far it has come; a message counts as read when it was confirmed here.
 */
import type { Msg, NatsConnection } from 'nats';
import { delayMs, type RetryDelays } from './backoff.ts';
import type { BusConnection } from './connection.ts';
import { ConsumerProblem, ensureConsumer, pendingAcks, type ConsumerWish, type Position } from './durable-consumer.ts';
import type { BusLogger } from './logger.ts';
import { numbersOf } from './ack-subject.ts';
import { pull } from './pull.ts';
import { RecentAcks } from './recent-acks.ts';
import { within } from './within.ts';

/** A message of the stream. */
export interface StreamMessage {
  readonly subject: string;
  readonly body: Uint8Array;
  /** To be called when it has been dealt with, whatever came of it. Again is no harm. */
  readonly confirm: () => void;
}

export interface ReadingsConsumerOptions extends ConsumerWish {
  /** Takes a message; called in the order of the stream. No more than `inFlight` are unconfirmed at once. */
  readonly onMessage: (message: StreamMessage) => void;
  /** Told when `trouble` has changed. */
  readonly onTrouble?: (() => void) | undefined;
  readonly logger: BusLogger;
}

/** Given out by the server and not confirmed. */
interface Held {
  readonly seq: number;
  readonly subject: string;
  readonly body: Uint8Array;
  /** Of the last time that it was given out. */
  ackSubject: string;
  handedOn: boolean;
}

const RETRY: RetryDelays = { minMs: 100, maxMs: 5000 };
/** How often to ask whether everything that was given out before has come again. */
const LOOK_MS = 100;
/** What was given out comes again after the wait for its acknowledgement; a little later it has come or never will. */
const GRACE_MS = 5000;

export class ReadingsConsumer {
  readonly #connection: BusConnection;
  readonly #options: ReadingsConsumerOptions;
  readonly #held = new Map<number, Held>();
  readonly #recent: RecentAcks;
  #nc: NatsConnection | undefined;
  #streamCreated: string | undefined;
  /** Up to this number everything was handed on, or before our time. */
  #highest = 0;
  /** Number of the last message among all that the consumer gave out. */
  #lastGiven: number | undefined;
  /** While false, messages are gathered: older ones, given out before, may still come again. */
  #inOrder = false;
  #gathering: object | undefined;
  #stopPull: (() => void) | undefined;
  #stopUsing: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #working: NodeJS.Timeout | undefined;
  #failures = 0;
  #trouble: string | undefined;
  #told: string | undefined;
  #pullEnd = Promise.withResolvers<undefined>();
  #stopping = false;

  constructor(connection: BusConnection, options: ReadingsConsumerOptions) {
    this.#connection = connection;
    this.#options = options;
    this.#recent = new RecentAcks(4 * options.inFlight);
  }

  /** Why nothing is read; undefined while it is, and while there is no connection at all. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Begins with the connection that there is, and goes on with every later one. */
  start(): void {
    const { ackWaitMs } = this.#options;
    this.#stopUsing ??= this.#connection.use((nc) => {
      this.#begin(nc);
    });
    this.#working ??= setInterval(() => {
      // What waits for the other side must not be given out again meanwhile.
      for (const { ackSubject } of this.#held.values()) this.#tell(ackSubject, '+WPI');
    }, ackWaitMs / 3);
    this.#working.unref();
  }

  /**
   * Reads no further, and gives back what was not confirmed, so that the next one gets it at once. Waits for the end of
   * the request under way, a second, at most for `deadlineMs`: nats-server (2.9) mislays what is given back while a
   * request of somebody who has left is still open.
   */
  async stop(deadlineMs = 5000): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    const untilMs = performance.now() + deadlineMs;
    this.#stopUsing?.();
    clearTimeout(this.#timer);
    clearInterval(this.#working);
    if (this.#stopPull !== undefined && this.#nc?.isClosed() === false) await within(deadlineMs, this.#pullEnd.promise);
    this.#stopPull?.();
    for (const { ackSubject } of this.#inSequence()) this.#tell(ackSubject, '-NAK');
    this.#held.clear();
    // A server that stands still answers never.
    const flushed = this.#connection.nats?.flush().catch(() => undefined);
    if (flushed !== undefined) await within(untilMs - performance.now(), flushed);
  }

  #begin(nc: NatsConnection): void {
    this.#nc = nc;
    this.#stopPull?.();
    this.#failures = 0;
    clearTimeout(this.#timer);
    void this.#prepare(nc);
  }

  #live(nc: NatsConnection): boolean {
    return nc === this.#nc && !nc.isClosed() && !this.#stopping;
  }

  async #prepare(nc: NatsConnection): Promise<void> {
    try {
      const { streamCreated, passed, corrected } = await ensureConsumer(nc, this.#options, this.#position());
      for (const setting of corrected) this.#tellCorrected(setting);
      if (!this.#live(nc)) return;
      if (this.#streamCreated !== undefined && this.#streamCreated !== streamCreated) this.#forget();
      this.#streamCreated = streamCreated;
      this.#highest = Math.max(this.#highest, passed);
      // Acknowledgements may have been lost with the connection before this one.
      for (const subject of this.#recent.subjects()) this.#tell(subject, '+ACK');
      this.#note(undefined);
      this.#lastGiven = undefined;
      this.#gather(nc);
      this.#pull(nc);
    } catch (error) {
      if (!this.#live(nc)) return;
      this.#again(nc, error instanceof ConsumerProblem ? error.message : String(error));
    }
  }

  /** Where to go on if the consumer was deleted at the server. */
  #position(): Position | undefined {
    if (this.#streamCreated === undefined) return undefined;
    const next = this.#held.size > 0 ? Math.min(...this.#held.keys()) : this.#highest + 1;
    return { streamCreated: this.#streamCreated, next };
  }

  /** Another stream of the same name counts anew: what is under way is dealt with, but not acknowledged there. */
  #forget(): void {
    this.#held.clear();
    this.#recent.clear();
    this.#highest = 0;
  }

  #again(nc: NatsConnection, problem: string): void {
    this.#note(problem);
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
    const room = inFlight - this.#held.size;
    // Many small requests would cost more than they bring; while older messages are awaited, all the room is for them.
    const enough = this.#inOrder ? Math.ceil(inFlight / 2) : 1;
    if (!this.#live(nc) || this.#stopPull !== undefined || room < enough) return;
    this.#pullEnd = Promise.withResolvers();
    this.#stopPull = pull(nc, {
      ...{ stream, durable, batch: room },
      inbox: this.#connection.inbox(),
      onMessage: (message) => {
        this.#take(nc, message);
      },
      onEnd: (problem) => {
        this.#stopPull = undefined;
        this.#pullEnd.resolve(undefined);
        if (!this.#live(nc)) return;
        if (problem === undefined) this.#pull(nc);
        else this.#again(nc, problem);
      },
    });
  }

  #take(nc: NatsConnection, { subject, data, reply = '' }: Msg): void {
    this.#failures = 0;
    this.#told = undefined;
    const numbers = numbersOf(reply);
    if (numbers === undefined) return;
    const { seq, given } = numbers;
    // One that was given out and did not come will come again, and what is newer has to wait for it.
    if (this.#inOrder && this.#lastGiven !== undefined && given > this.#lastGiven + 1) this.#gather(nc);
    this.#lastGiven = Math.max(given, this.#lastGiven ?? 0);
    if (this.#recent.has(seq)) {
      this.#acknowledge(seq, reply);
      return;
    }
    const known = this.#held.get(seq);
    if (known === undefined) {
      this.#held.set(seq, { seq, subject, body: data, ackSubject: reply, handedOn: false });
      // While it stops, what comes is only given back.
      if (this.#inOrder && !this.#stopping) this.#handOn();
    } else {
      known.ackSubject = reply;
    }
  }

  /**
   * Waits until all that was given out before is here again, so that it can be handed on before what is newer: until the
   * server counts no more messages as given out than were here when it was asked and are here still. What has come
   * meanwhile must not count, since the server may not have counted it.
   */
  #gather(nc: NatsConnection): void {
    this.#inOrder = false;
    const current = {};
    this.#gathering = current;
    const isCurrent = (): boolean => this.#live(nc) && this.#gathering === current;
    void this.#awaitAll(nc, isCurrent, performance.now() + this.#options.ackWaitMs + GRACE_MS);
  }

  async #awaitAll(nc: NatsConnection, isCurrent: () => boolean, untilMs: number): Promise<void> {
    while (isCurrent()) {
      const here = [...this.#held.values()];
      const pending = await pendingAcks(nc, this.#options).catch(() => Infinity);
      if (!isCurrent()) return;
      const still = here.filter((held) => this.#held.get(held.seq) === held).length;
      const late = performance.now() > untilMs;
      if (pending <= still || late) {
        if (pending > still) this.#tellDisorder(pending - still);
        this.#inOrder = true;
        this.#handOn();
        return;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS).unref());
    }
  }

  #tellCorrected(setting: string): void {
    const { durable, logger } = this.#options;
    logger.warn(
      { durable },
      `A setting of consumer "${durable}" was changed by somebody and is set right again: it ${setting}`,
    );
  }

  #tellDisorder(missing: number): void {
    const { durable, logger } = this.#options;
    const text = `Consumer "${durable}" has given out messages that do not come again; another process may use it, too. The order is not sure`;
    logger.warn({ durable, missing }, text);
  }

  #handOn(): void {
    for (const held of this.#inSequence()) {
      if (held.handedOn) continue;
      held.handedOn = true;
      this.#highest = Math.max(this.#highest, held.seq);
      const { seq, subject, body } = held;
      const confirm = (): void => {
        this.#confirm(held);
      };
      try {
        this.#options.onMessage({ subject, body, confirm });
      } catch (error) {
        this.#options.logger.error({ err: error, seq }, 'A message of the stream could not be worked on');
      }
    }
  }

  #inSequence(): Held[] {
    return [...this.#held.values()].sort((a, b) => a.seq - b.seq);
  }

  #confirm(held: Held): void {
    // It may be of a stream that is gone.
    if (this.#held.get(held.seq) !== held) return;
    this.#held.delete(held.seq);
    this.#acknowledge(held.seq, held.ackSubject);
    if (this.#nc !== undefined) this.#pull(this.#nc);
  }

  #acknowledge(seq: number, subject: string): void {
    this.#recent.add(seq, subject);
    this.#tell(subject, '+ACK');
  }

  /** An acknowledgement is a message like any other, so one of an earlier connection counts as well. */
  #tell(subject: string, what: '+ACK' | '-NAK' | '+WPI'): void {
    const nc = this.#connection.nats;
    if (nc === undefined || nc.isClosed()) return;
    nc.publish(subject, what);
  }

  #note(trouble: string | undefined): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble !== undefined && trouble !== this.#told) {
      this.#told = trouble;
      this.#options.logger.warn({ durable: this.#options.durable }, trouble);
    }
    this.#options.onTrouble?.();
  }
}
