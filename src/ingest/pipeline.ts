/**
 * Publishes messages to the bus: pipelined, in order, with unlimited retries. An unconfirmed message is sent again with
 * the same id until it is confirmed. The caller gets no result before that, so that the sender keeps its message.
 */
import {
  PublishFailure,
  type Confirmation,
  type Publication,
  type ReadingsPublisher,
} from '../bus/jetstream/readings-publisher.ts';
import { delayMs, type RetryDelays } from '../lib/backoff.ts';
import { Stopped } from '../lib/stopped.ts';
import { withTimeout } from '../lib/timeout.ts';

/** A message, and its replacement if it never fits the bus. */
export interface PublishRequest {
  readonly publication: Publication;
  /** The replacement may have a replacement itself. */
  readonly instead?: ((why: string) => PublishRequest) | undefined;
}

export interface PipelineOptions {
  readonly publisher: ReadingsPublisher;
  /** Most messages that wait for an acknowledgement. More than about 64 gains nothing. */
  readonly inFlight: number;
  /** Delays between attempts after a failure: the first, doubled up to the longest, with jitter. */
  readonly retry?: RetryDelays | undefined;
  readonly random?: (() => number) | undefined;
}

/** Counts since the start, and gauges where marked. */
export interface PipelineMetrics {
  confirmed: number;
  /** Published messages that the stream had stored before. */
  duplicates: number;
  /** Failed attempts that were or will be repeated. */
  retried: number;
  /** Gauge: messages that are not confirmed. */
  waiting: number;
}

interface Entry {
  /** Position in the order of the `send` calls. */
  readonly order: number;
  readonly make: () => PublishRequest;
  /** Built at the first attempt, so that a message with thousands of readings is built in many event loop turns. */
  request?: PublishRequest;
  attempts: number;
  readonly done: PromiseWithResolvers<Confirmation>;
}

const STANDARD_RETRY: RetryDelays = { minMs: 100, maxMs: 5000 };

export class Pipeline {
  readonly #options: PipelineOptions;
  /** Messages that are not in flight, in order. */
  readonly #queue: Entry[] = [];
  /** Messages in flight. */
  readonly #sent = new Set<Entry>();
  /** Messages refused individually. Each waits for its next attempt while the others continue. */
  readonly #refused = new Map<Entry, NodeJS.Timeout>();
  /** A failure that affects all messages: until the stream answers, only one message at a time is tried. */
  #outage: { message: string; failures: number; timer: NodeJS.Timeout | undefined } | undefined;
  #refusal: string | undefined;
  #order = 0;
  #stopped = false;
  readonly #counts = { confirmed: 0, duplicates: 0, retried: 0 };
  readonly #stopListening: () => void;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#stopListening = options.publisher.onAvailable(() => {
      this.#tryNow();
    });
  }

  /** Why messages wait. Undefined while they are published. */
  get problem(): string | undefined {
    return this.#outage?.message ?? (this.#refused.size > 0 ? this.#refusal : undefined);
  }

  get metrics(): PipelineMetrics {
    return { ...this.#counts, waiting: this.#queue.length + this.#sent.size + this.#refused.size };
  }

  /**
   * Resolves when the message is on the bus, however long that takes.
   * @param make builds the message when it is about to be sent; called once
   * @throws Stopped when the pipeline is stopped first
   * @throws PublishFailure `tooLarge` when neither the message nor its replacement fits the bus
   */
  send(make: () => PublishRequest): Promise<Confirmation> {
    if (this.#stopped) return Promise.reject(new Stopped());
    const entry: Entry = { order: this.#order++, make, attempts: 0, done: Promise.withResolvers() };
    this.#queue.push(entry);
    this.#pump();
    return entry.done.promise;
  }

  /** Waits at most `deadlineMs` for messages in flight, and only while the bus accepts messages. Abandons the rest. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#outage === undefined)
      await withTimeout(deadlineMs, Promise.allSettled(this.#all().map(({ done }) => done.promise)));
    this.#stopped = true;
    this.#stopListening();
    clearTimeout(this.#outage?.timer);
    for (const pause of this.#refused.values()) clearTimeout(pause);
    for (const { done } of this.#all()) done.reject(new Stopped());
    this.#queue.length = 0;
    this.#sent.clear();
    this.#refused.clear();
  }

  #all(): Entry[] {
    return [...this.#sent, ...this.#refused.keys(), ...this.#queue];
  }

  #pump(): void {
    if (this.#stopped) return;
    const { inFlight } = this.#options;
    if (this.#outage === undefined) {
      while (this.#queue.length > 0 && this.#sent.size < inFlight) this.#attempt();
    } else if (this.#outage.timer === undefined && this.#sent.size === 0) {
      this.#attempt();
    }
  }

  #attempt(): void {
    const entry = this.#queue.shift();
    if (entry === undefined) return;
    try {
      entry.request ??= entry.make();
    } catch (error) {
      entry.done.reject(error);
      return;
    }
    this.#sent.add(entry);
    entry.attempts++;
    this.#options.publisher.publish(entry.request.publication).then(
      (confirmation) => {
        this.#confirm(entry, confirmation);
      },
      (error: unknown) => {
        this.#fail(
          entry,
          error instanceof PublishFailure ? error : new PublishFailure('refused', String(error), error),
        );
      },
    );
  }

  #confirm(entry: Entry, confirmation: Confirmation): void {
    if (!this.#sent.delete(entry)) return;
    this.#counts.confirmed++;
    if (confirmation.duplicate) this.#counts.duplicates++;
    this.#answered();
    entry.done.resolve(confirmation);
    this.#pump();
  }

  #fail(entry: Entry, failure: PublishFailure): void {
    if (!this.#sent.delete(entry)) return;
    if (failure.kind === 'tooLarge') this.#replace(entry, failure);
    else {
      this.#counts.retried++;
      if (failure.kind === 'unavailable') this.#halt(entry, failure);
      else this.#postpone(entry, failure);
    }
    this.#pump();
  }

  /** The failure that affected all messages is over. */
  #answered(): void {
    clearTimeout(this.#outage?.timer);
    this.#outage = undefined;
  }

  #replace(entry: Entry, failure: PublishFailure): void {
    const instead = entry.request?.instead;
    if (instead === undefined) {
      entry.done.reject(failure);
      return;
    }
    entry.request = instead(failure.message);
    this.#enqueue(entry);
  }

  /** Delays one message. The others continue meanwhile. */
  #postpone(entry: Entry, failure: PublishFailure): void {
    // Only a refusal shows that the stream answers. A lowered limit is known without it.
    if (failure.kind === 'refused') this.#answered();
    this.#refusal = failure.message;
    const timer = setTimeout(
      () => {
        this.#refused.delete(entry);
        this.#enqueue(entry);
        this.#pump();
      },
      this.#pause(entry.attempts - 1),
    );
    this.#refused.set(entry, timer);
  }

  /** Pauses all messages. */
  #halt(entry: Entry, failure: PublishFailure): void {
    this.#enqueue(entry);
    const outage = (this.#outage ??= { message: failure.message, failures: 0, timer: undefined });
    outage.message = failure.message;
    outage.timer ??= setTimeout(() => {
      outage.timer = undefined;
      this.#pump();
    }, this.#pause(outage.failures++));
  }

  /** Restores the original order, so that the readings of a tag stay in order. */
  #enqueue(entry: Entry): void {
    const at = this.#queue.findIndex(({ order }) => order > entry.order);
    if (at < 0) this.#queue.push(entry);
    else this.#queue.splice(at, 0, entry);
  }

  #tryNow(): void {
    // Messages refused on the former connection may be accepted on this one.
    for (const [entry, timer] of this.#refused) {
      clearTimeout(timer);
      this.#enqueue(entry);
    }
    this.#refused.clear();
    if (this.#outage !== undefined) {
      clearTimeout(this.#outage.timer);
      this.#outage.timer = undefined;
      this.#outage.failures = 0;
    }
    this.#pump();
  }

  #pause(failures: number): number {
    const { retry = STANDARD_RETRY, random = Math.random } = this.#options;
    return delayMs(failures, retry, random);
  }
}
