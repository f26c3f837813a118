/**
 * The common entry point of all feeds: converts decoded messages to bus messages, publishes and counts them, and
 * reports when the sender's message may be acknowledged.
 */
import { SubjectError, publishSubject } from '../bus/subject.ts';
import { Backpressure } from '../lib/backpressure.ts';
import { roundMs } from '../lib/clock.ts';
import { AGE_BOUNDS_MS, Histogram } from '../lib/histogram.ts';
import { PublishFailure, type Publication, type ReadingsPublisher } from '../bus/jetstream/readings-publisher.ts';
import { limited, type Logger } from '../contract/log.ts';
import { rejectCodes, type RejectCode } from '../contract/reading.ts';
import { Pipeline, type PublishRequest } from './pipeline.ts';
import {
  deadLetterOf,
  publicationOf,
  type DecodedMessage,
  type Measurement,
  type Origin,
  type Reject,
  type Tag,
} from './reading.ts';

export interface ReadingsSinkOptions {
  readonly origin: Origin;
  /** First tokens of every subject. */
  readonly prefix: string;
  readonly publisher: ReadingsPublisher;
  /** Most publications that wait for an acknowledgement. */
  readonly inFlight: number;
  /** Most sender messages in progress. A feed accepts no more while the sink is `full`. */
  readonly window: number;
  readonly logger: Logger;
  /** Called for each reading that is safe on the bus. */
  readonly onReading?: ReadingObserver | undefined;
}

/** Sees readings, and must not throw. */
export type ReadingObserver = (origin: Origin, measurement: Measurement) => void;

/** Counts since the start; `waiting` is a gauge. */
export interface ReadingsSinkMetrics {
  /** Sender messages received. */
  received: number;
  /** Readings that are safe on the bus. */
  readings: number;
  /** Readings that the stream had stored before. */
  duplicates: number;
  /** Messages, or parts of them, that became dead letters, by reason. */
  rejected: Partial<Record<RejectCode, number>>;
  /** Publish attempts that failed and were repeated. */
  retried: number;
  /** Dead letters that did not fit the bus either. The log contains their reasons. */
  dropped: number;
  /** Sender messages that are not acknowledged yet. */
  waiting: number;
  /** Ages of the readings when they arrived, by `AGE_BOUNDS_MS`. */
  ages: number[];
  agesMs: number;
}

/**
 * Most readings that wait for the bus before a feed accepts no more messages, however few: a message can contain
 * thousands of readings, and each waiting one takes about 4 KB of memory.
 */
const MOST_WAITING = 20_000;

const NANOSECONDS_PER_MS = 1e6;

export class ReadingsSink {
  readonly origin: Origin;
  readonly #options: ReadingsSinkOptions;
  readonly #pipeline: Pipeline;
  readonly #rejected = new Map<RejectCode, number>();
  readonly #counts = { received: 0, readings: 0, duplicates: 0, dropped: 0, waiting: 0 };
  readonly #backpressure = new Backpressure(() => this.full);
  readonly #ages = new Histogram(AGE_BOUNDS_MS);
  #agesMs = 0;
  #lastReceivedMs: number | undefined;

  constructor(options: ReadingsSinkOptions) {
    this.origin = options.origin;
    this.#options = options;
    this.#pipeline = new Pipeline({ publisher: options.publisher, inFlight: options.inFlight });
  }

  /** True if an acknowledged reading can still be lost, by the operator's choice. */
  get atMostOnce(): boolean {
    return this.#options.publisher.atMostOnce;
  }

  /** Why nothing is published at the moment. Undefined while readings are published. */
  get problem(): string | undefined {
    return this.#pipeline.problem;
  }

  /** Arrival of the last message, milliseconds since 1970. */
  get lastReceivedMs(): number | undefined {
    return this.#lastReceivedMs;
  }

  /** Most messages in progress. */
  get window(): number {
    return this.#options.window;
  }

  /** True at the limit of messages or readings in progress. */
  get full(): boolean {
    return this.#counts.waiting >= this.#options.window || this.#pipeline.metrics.waiting >= MOST_WAITING;
  }

  /** Resolves as soon as the sink is not full. */
  whenReady(): Promise<void> {
    return this.#backpressure.whenReady();
  }

  metrics(): ReadingsSinkMetrics {
    const { retried } = this.#pipeline.metrics;
    return {
      ...this.#counts,
      retried,
      ages: this.#ages.counts,
      agesMs: roundMs(this.#agesMs),
      rejected: Object.fromEntries(rejectCodes.flatMap((code) => this.#countOf(code))),
    };
  }

  /**
   * Publishes the decoded content of one message. When this resolves, the message may be acknowledged. A message
   * without content may be acknowledged at once.
   * @throws Stopped when the driver stops first: the message must not be acknowledged
   */
  async publish(message: DecodedMessage): Promise<void> {
    this.#counts.received++;
    this.#counts.waiting++;
    this.#lastReceivedMs = Date.now();
    try {
      const { measurements, rejects } = message;
      const all = await Promise.allSettled([
        ...measurements.map((measurement) => this.#publishMeasurement(measurement)),
        ...rejects.map((reject) => this.#publishReject(reject)),
      ]);
      const failed = all.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    } finally {
      this.#counts.waiting--;
      this.#backpressure.changed();
    }
  }

  /** See `Feed.stop`. */
  async stop(deadlineMs: number): Promise<void> {
    await this.#pipeline.stop(deadlineMs);
    this.#backpressure.changed();
  }

  async #publishMeasurement(measurement: Measurement): Promise<void> {
    // A time that is slightly ahead has no age.
    const ageMs = Math.max(0, Number(measurement.received - measurement.time) / NANOSECONDS_PER_MS);
    this.#ages.add(ageMs);
    this.#agesMs += ageMs;
    const sent = { inPlace: false };
    const rejected = (publication: Publication, code: RejectCode, reason: string): PublishRequest => {
      sent.inPlace = true;
      return this.#reject(rejectOf(measurement, publication.body, code, reason));
    };
    const confirmation = await this.#send(() => {
      const publication = publicationOf(this.#options.prefix, this.origin, measurement);
      const problem = nameProblem(measurement.tag, publication.subject);
      if (problem !== undefined) return rejected(publication, 'badName', problem);
      return { publication, instead: (why) => rejected(publication, 'tooLarge', why) };
    });
    if (sent.inPlace || confirmation === undefined) return;
    this.#counts.readings++;
    if (confirmation.duplicate) this.#counts.duplicates++;
    this.#options.onReading?.(this.origin, measurement);
  }

  async #publishReject(reject: Reject): Promise<void> {
    await this.#send(() => this.#reject(reject));
  }

  #reject(reject: Reject): PublishRequest {
    this.#count(reject.code);
    this.#options.logger.debug({ source: this.origin, code: reject.code, about: reject.about }, reject.reason);
    return this.#deadLetter(reject);
  }

  /** Includes the payload as far as it fits, otherwise omits it. */
  #deadLetter(reject: Reject): PublishRequest {
    const { prefix } = this.#options;
    return {
      publication: deadLetterOf(prefix, this.origin, reject),
      instead: () => ({ publication: deadLetterOf(prefix, this.origin, { ...reject, about: undefined }, 0) }),
    };
  }

  /** Undefined when not even a dead letter fits the bus. The message is then dropped and the log reports it. */
  async #send(make: () => PublishRequest) {
    let id: string | undefined;
    try {
      return await this.#pipeline.send(() => {
        const request = make();
        ({ id } = request.publication);
        return request;
      });
    } catch (error) {
      if (!(error instanceof PublishFailure)) throw error;
      this.#counts.dropped++;
      limited(this.#options.logger).error(
        `dropped of ${JSON.stringify(this.origin)}`,
        { source: this.origin, id, err: error },
        'A message does not fit the bus, and neither does its dead letter; it is dropped',
      );
      return undefined;
    }
  }

  #count(code: RejectCode): void {
    this.#rejected.set(code, (this.#rejected.get(code) ?? 0) + 1);
  }

  #countOf(code: RejectCode): [RejectCode, number][] {
    const count = this.#rejected.get(code);
    return count === undefined ? [] : [[code, count]];
  }
}

/** Why a tag cannot have its own subject. Undefined for almost all tags. */
function nameProblem({ id }: Tag, subject: string): string | undefined {
  // Unpaired surrogates would all become the same replacement character.
  if (!id.isWellFormed()) return 'The name is no well-formed Unicode text.';
  try {
    publishSubject(subject);
    return undefined;
  } catch (error) {
    if (!(error instanceof SubjectError)) throw error;
    return error.message;
  }
}

function rejectOf({ tag, received }: Measurement, payload: Uint8Array, code: RejectCode, reason: string): Reject {
  return { code, reason, payload, about: { tag: tag.id }, received };
}
