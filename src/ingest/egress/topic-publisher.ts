/**
 * One entry of `publish`: sends readings from the stream to one topic, in order, each until the broker has acknowledged
 * it.
 */
import { hash } from 'node:crypto';
import type { BusConnection } from '../../bus/connection/connection.ts';
import { withTimeout } from '../../lib/timeout.ts';
import { ReadingsConsumer, type StreamMessage } from '../../bus/jetstream/readings-consumer.ts';
import type { PublishConfig } from './config.ts';
import { limited, type Logger } from '../../contract/log.ts';
import type { RejectCode } from '../../contract/reading.ts';
import { PublishRefused, type BrokerClient } from '../../mqtt/client.ts';
import { payloadOf } from './payload.ts';

export interface TopicPublisherOptions {
  readonly config: PublishConfig;
  /** Name of the connection. */
  readonly connection: string;
  readonly stream: string;
  readonly inFlight: number;
  readonly ackWaitMs: number;
  readonly bus: BusConnection;
  readonly broker: Pick<BrokerClient, 'publish' | 'onUp' | 'state'>;
  readonly onProblem: () => void;
  readonly logger: Logger;
}

/** Counts since the start; `waiting` is a gauge. */
export interface TopicPublisherMetrics {
  /** Messages received from the stream. */
  received: number;
  /** Acknowledged by the broker. With QoS 0, sent. */
  published: number;
  /** Skipped, by reason. */
  skipped: Partial<Record<RejectCode, number>>;
  atMostOnce: number;
  /** Attempts that failed and were repeated. */
  retried: number;
  /** Refused permanently by the broker. */
  refused: number;
  waiting: number;
}

interface Waiting {
  readonly message: StreamMessage;
  readonly bytes: Uint8Array;
  /** The attempt in progress. */
  attempt: Promise<void> | undefined;
}

/** Delay after a failure that did not end the connection. */
const RETRY_MS = 1000;

export class TopicPublisher {
  readonly #options: TopicPublisherOptions;
  readonly #consumer: ReadingsConsumer;
  /** Unacknowledged messages, in stream order. */
  readonly #queue = new Set<Waiting>();
  readonly #skipped = new Map<RejectCode, number>();
  readonly #counts = { received: 0, published: 0, atMostOnce: 0, retried: 0, refused: 0 };
  readonly #stopListening: () => void;
  #lastMs: number | undefined;
  #retry: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: TopicPublisherOptions) {
    const { config, stream, inFlight, ackWaitMs, bus, broker, onProblem, logger } = options;
    this.#options = options;
    this.#consumer = new ReadingsConsumer(bus, {
      ...{ stream, inFlight, ackWaitMs, onProblem, logger },
      durable: durableOf(options.connection, config),
      filter: config.subject,
      from: config.from,
      onMessage: (message) => {
        this.#receive(message);
      },
    });
    this.#stopListening = broker.onUp(() => {
      this.#send();
    });
  }

  /** Why no messages arrive from the stream. Undefined while they can. */
  get problem(): string | undefined {
    return this.#consumer.problem;
  }

  /** Arrival of the last message, milliseconds since 1970. */
  get lastMs(): number | undefined {
    return this.#lastMs;
  }

  metrics(): TopicPublisherMetrics {
    return { ...this.#counts, skipped: Object.fromEntries(this.#skipped), waiting: this.#queue.size };
  }

  start(): void {
    this.#consumer.start();
  }

  /**
   * Stops sending and waits at most `deadlineMs` for messages in flight. Messages that the broker has not acknowledged
   * stay in the stream.
   */
  async stop(deadlineMs: number): Promise<void> {
    const began = performance.now();
    this.#stopped = true;
    this.#stopListening();
    clearTimeout(this.#retry);
    await withTimeout(deadlineMs, Promise.all([...this.#queue].flatMap(({ attempt }) => attempt ?? [])));
    await this.#consumer.stop(deadlineMs - (performance.now() - began));
  }

  #receive(message: StreamMessage): void {
    const { payload: form, topic } = this.#options.config;
    this.#counts.received++;
    this.#lastMs = Date.now();
    const payload = payloadOf(message.body, form);
    if (payload.kind === 'skip') {
      this.#skipped.set(payload.code, (this.#skipped.get(payload.code) ?? 0) + 1);
      this.#options.logger.debug({ subject: message.subject, topic, code: payload.code }, payload.reason);
      message.confirm();
      return;
    }
    this.#queue.add({ message, bytes: payload.bytes, attempt: undefined });
    this.#send();
  }

  /** In order: after a break all unacknowledged messages are sent again before newer ones. */
  #send(): void {
    for (const waiting of this.#queue) {
      if (this.#stopped || this.#options.broker.state.state !== 'up') return;
      waiting.attempt ??= this.#sendOne(waiting);
    }
  }

  async #sendOne(waiting: Waiting): Promise<void> {
    const { topic, qos } = this.#options.config;
    try {
      await this.#options.broker.publish(topic, waiting.bytes, qos);
      this.#counts.published++;
      if (qos === 0) this.#counts.atMostOnce++;
      this.#done(waiting);
    } catch (error) {
      waiting.attempt = undefined;
      if (error instanceof PublishRefused) this.#drop(waiting, error);
      else this.#retryLater();
    }
  }

  /** Usually the connection has ended, and the next one starts with the remaining messages. */
  #retryLater(): void {
    this.#counts.retried++;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      this.#send();
    }, RETRY_MS);
    this.#retry.unref();
  }

  #drop(waiting: Waiting, { message: why }: PublishRefused): void {
    const { subject } = waiting.message;
    this.#counts.refused++;
    const { config, logger, connection } = this.#options;
    const facts = { subject, topic: config.topic };
    limited(logger).error(`refused by ${connection}`, facts, `A reading was not published: ${why}`);
    this.#done(waiting);
  }

  #done(waiting: Waiting): void {
    this.#queue.delete(waiting);
    waiting.message.confirm();
  }
}

/** The name is permanent for an entry, and different for each entry. */
export function durableOf(
  connection: string,
  { durable, subject, topic }: Pick<PublishConfig, 'durable' | 'subject' | 'topic'>,
): string {
  if (durable !== undefined) return durable;
  const readable = connection.replace(/[^A-Za-z0-9_-]+/g, '-').slice(0, 32);
  return `egress-${readable}-${hash('sha256', JSON.stringify([connection, subject, topic]), 'base64url').slice(0, 12)}`;
}
