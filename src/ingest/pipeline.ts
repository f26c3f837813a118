/**
 * The way of messages to the bus: pipelined, in order, and never given up. A message that was not confirmed is sent again
 * with the same id until it is; whoever handed it in learns nothing before that, so that its sender keeps it.
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

/** A message, and what goes in its place if it never fits the bus. */
export interface PublishRequest {
  readonly publication: Publication;
  /** May have a stand-in itself. */
  readonly instead?: ((why: string) => PublishRequest) | undefined;
}

export interface PipelineOptions {
  readonly publisher: ReadingsPublisher;
  /** Messages that may wait for their acknowledgement at once. More than about 64 gains nothing. */
  readonly inFlight: number;
  /** Between attempts after a failure: the first pause, doubled up to the longest, with jitter. */
  readonly retry?: RetryDelays | undefined;
  readonly random?: (() => number) | undefined;
}

/** Counts since the start, and gauges where said. */
export interface PipelineMetrics {
  confirmed: number;
  /** Of those, the ones that the stream had already. */
  duplicates: number;
  /** Attempts that failed and were or will be repeated. */
  retried: number;
  /** Gauge: messages handed in and not confirmed. */
  waiting: number;
}

interface Entry {
  /** Position in the order in which messages were handed in. */
  readonly order: number;
  readonly make: () => PublishRequest;
  /** Made for the first attempt, so that a message of thousands of readings is built in many turns, not in one. */
  parcel?: PublishRequest;
  attempts: number;
  readonly done: PromiseWithResolvers<Confirmation>;
}

const STANDARD_RETRY: RetryDelays = { minMs: 100, maxMs: 5000 };

export class Pipeline {
  readonly #options: PipelineOptions;
  /** Not under way, in order. */
  readonly #queue: Entry[] = [];
  /** Under way. */
  readonly #sent = new Set<Entry>();
  /** Refused one by one, each waiting for its next attempt while the others pass. */
  readonly #refused = new Map<Entry, NodeJS.Timeout>();
  /** A failure that concerns everything: until the stream answers to a message, only one at a time is tried. */
  #trouble: { message: string; failures: number; timer: NodeJS.Timeout | undefined } | undefined;
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

  /** Why messages wait instead of passing; undefined while they pass. */
  get trouble(): string | undefined {
    return this.#trouble?.message ?? (this.#refused.size > 0 ? this.#refusal : undefined);
  }

  get numbers(): PipelineMetrics {
    return { ...this.#counts, waiting: this.#queue.length + this.#sent.size + this.#refused.size };
  }

  /**
   * Resolves when the message is on the bus, however long that takes.
   * @param make builds the message, as soon as it is its turn to be sent; called once
   * @throws Stopped when the pipeline is stopped before
   * @throws PublishFailure `tooLarge` when neither the message nor what stands in for it fits the bus
   */
  send(make: () => PublishRequest): Promise<Confirmation> {
    if (this.#stopped) return Promise.reject(new Stopped());
    const entry: Entry = { order: this.#order++, make, attempts: 0, done: Promise.withResolvers() };
    this.#queue.push(entry);
    this.#pump();
    return entry.done.promise;
  }

  /** Lets what is under way arrive, for `deadlineMs` at most and only while the bus takes messages; gives up the rest. */
  async stop(deadlineMs: number): Promise<void> {
    if (this.#trouble === undefined)
      await withTimeout(deadlineMs, Promise.allSettled(this.#all().map(({ done }) => done.promise)));
    this.#stopped = true;
    this.#stopListening();
    clearTimeout(this.#trouble?.timer);
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
    if (this.#trouble === undefined) {
      while (this.#queue.length > 0 && this.#sent.size < inFlight) this.#attempt();
    } else if (this.#trouble.timer === undefined && this.#sent.size === 0) {
      this.#attempt();
    }
  }

  #attempt(): void {
    const entry = this.#queue.shift();
    if (entry === undefined) return;
    try {
      entry.parcel ??= entry.make();
    } catch (error) {
      entry.done.reject(error);
      return;
    }
    this.#sent.add(entry);
    entry.attempts++;
    this.#options.publisher.publish(entry.parcel.publication).then(
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
      else this.#putOff(entry, failure);
    }
    this.#pump();
  }

  /** Whatever concerned everything is over. */
  #answered(): void {
    clearTimeout(this.#trouble?.timer);
    this.#trouble = undefined;
  }

  #replace(entry: Entry, failure: PublishFailure): void {
    const instead = entry.parcel?.instead;
    if (instead === undefined) {
      entry.done.reject(failure);
      return;
    }
    entry.parcel = instead(failure.message);
    this.#enqueue(entry);
  }

  /** The others pass meanwhile. */
  #putOff(entry: Entry, failure: PublishFailure): void {
    // A limit of the server is known without asking the stream.
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

  /** Everybody waits. */
  #halt(entry: Entry, failure: PublishFailure): void {
    this.#enqueue(entry);
    const trouble = (this.#trouble ??= { message: failure.message, failures: 0, timer: undefined });
    trouble.message = failure.message;
    trouble.timer ??= setTimeout(() => {
      trouble.timer = undefined;
      this.#pump();
    }, this.#pause(trouble.failures++));
  }

  /** Back into the order in which messages came, so that a tag's readings stay in theirs. */
  #enqueue(entry: Entry): void {
    const at = this.#queue.findIndex(({ order }) => order > entry.order);
    if (at < 0) this.#queue.push(entry);
    else this.#queue.splice(at, 0, entry);
  }

  #tryNow(): void {
    // What was refused on the former connection may pass on this one.
    for (const [entry, timer] of this.#refused) {
      clearTimeout(timer);
      this.#enqueue(entry);
    }
    this.#refused.clear();
    if (this.#trouble !== undefined) {
      clearTimeout(this.#trouble.timer);
      this.#trouble.timer = undefined;
      this.#trouble.failures = 0;
    }
    this.#pump();
  }

  #pause(failures: number): number {
    const { retry = STANDARD_RETRY, random = Math.random } = this.#options;
    return delayMs(failures, retry, random);
  }
}
