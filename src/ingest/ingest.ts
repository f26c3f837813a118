/** All feeds of one driver: created from the configuration, started and stopped together. */
import type { BusConnection } from '../bus/connection/connection.ts';
import type { Logger } from '../contract/log.ts';
import { corePublisher, streamPublisher, type ReadingsPublisher } from '../bus/jetstream/readings-publisher.ts';
import { StreamMonitor, type StreamRequirements } from '../bus/jetstream/stream-monitor.ts';
import type { FeedHealth, StreamHealth } from '../contract/health.ts';
import type { FeedMetrics } from '../contract/telemetry.ts';
import type { Clock } from '../lib/clock.ts';
import type { IngestConfig } from './config.ts';
import { feedKinds } from './feed-kinds.ts';
import type { Feed, FeedTools, Refusal, StatusPageUrl } from './feed.ts';
import type { FeedDefinition } from './kind.ts';
import { type ReadingObserver, ReadingsSink } from './readings-sink.ts';
import { readingSubjects } from '../contract/reading-subject.ts';

export interface IngestOptions {
  readonly config: IngestConfig;
  readonly bus: BusConnection;
  readonly logger: Logger;
  readonly userAgent: string;
  /** See `FeedTools`. */
  readonly statusPage?: StatusPageUrl | undefined;
  /** Called for each reading that is safe on the bus. */
  readonly onReading?: ReadingObserver | undefined;
  /** The clock for delays between the retries of a platform call. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** Creates the feeds. They do not connect before `start`. */
export function openIngest(options: IngestOptions): Ingest {
  return new Ingest(options);
}

export class Ingest {
  readonly #feeds: readonly Feed[];
  readonly #streamMonitor: StreamMonitor | undefined;

  constructor({ config, bus, logger, userAgent, clock, onReading, statusPage }: IngestOptions) {
    const { prefix, stream, window, times } = config;
    this.#streamMonitor =
      stream.mode === 'core' ? undefined : new StreamMonitor(bus, streamRequirements(config), logger);
    const publisher = publisherOf(config, bus, this.#streamMonitor);
    const tools: FeedTools = {
      ...{ bus, prefix, times, logger, userAgent, clock, statusPage },
      stream: { name: stream.name, repeatableMs: repeatableMs(config) },
      createSink: (origin) => {
        const { messages, inFlight } = window;
        return new ReadingsSink({ ...{ origin, prefix, publisher, inFlight, logger, onReading }, window: messages });
      },
    };
    this.#feeds = Object.entries<FeedDefinition>(feedKinds).flatMap(([key, kind]) =>
      kind.open(config[key as keyof typeof feedKinds], tools),
    );
  }

  start(): void {
    for (const feed of this.#feeds) feed.start();
  }

  /** See `Feed.stop`. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#feeds.map((feed) => feed.stop(deadlineMs)));
    this.#streamMonitor?.stop();
  }

  /** Health of the stream. Undefined with core NATS. */
  stream(): StreamHealth | undefined {
    if (this.#streamMonitor === undefined) return undefined;
    const { name, sinceMs, status } = this.#streamMonitor;
    const { state, message } = status;
    const since = new Date(sinceMs).toISOString();
    return { name, state, since, ...(message === undefined ? {} : { message }) };
  }

  health(): FeedHealth[] {
    return this.#feeds.map((feed) => feed.health());
  }

  /** Messages that the feeds refused to their senders. */
  refusals(): Refusal[] {
    return this.#feeds.flatMap((feed) => feed.refusals?.() ?? []);
  }

  metrics(): FeedMetrics[] {
    return this.#feeds.map((feed) => feed.metrics());
  }
}

/** Greatest age of readings that are sent again after a start: the stream's duplicate window, with a reserve. */
const repeatableMs = ({ stream }: IngestConfig): number =>
  stream.mode === 'core' ? 0 : Math.floor(stream.duplicateWindowMs * 0.9);

/** What the stream for readings must be like. */
export function streamRequirements({ prefix, stream }: Pick<IngestConfig, 'prefix' | 'stream'>): StreamRequirements {
  const { name, duplicateWindowMs, create, maxAgeMs, maxBytes, replicas, storage } = stream;
  return {
    name,
    subjects: readingSubjects(prefix),
    duplicateWindowMs,
    create: create ? { maxAgeMs, maxBytes, replicas, storage } : false,
  };
}

function publisherOf(
  { stream }: IngestConfig,
  bus: BusConnection,
  monitor: StreamMonitor | undefined,
): ReadingsPublisher {
  if (monitor === undefined) return corePublisher(bus);
  const publisher = streamPublisher(bus, {
    stream: stream.name,
    timeoutMs: stream.ackTimeoutMs,
    blocked: () => monitor.blocked,
    messageLimit: () => monitor.messageLimit,
    onUnexpected: () => {
      monitor.check();
    },
  });
  // A stream that has become available triggers a retry, like a new connection.
  return {
    atMostOnce: false,
    publish: (publication) => publisher.publish(publication),
    onAvailable: (listener) => {
      const ends = [publisher.onAvailable(listener), monitor.onAvailable(listener)];
      return () => {
        for (const end of ends) end();
      };
    },
  };
}
