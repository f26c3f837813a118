/** A feed that subscribes to topics of one broker and converts messages to readings by mapping entries. */
import type { FeedHealth } from '../../contract/health.ts';
import type { FeedMetrics } from '../../contract/telemetry.ts';
import { FeedStatus } from '../feed-status.ts';
import type { Feed, FeedTools } from '../feed.ts';
import type { ReadingsSink } from '../readings-sink.ts';
import { openMapping, type Mapping, type MappingEntry } from '../mapping/mapping.ts';
import type { Origin } from '../reading.ts';
import { StalenessWatch } from '../staleness.ts';
import {
  openBrokerClient,
  type Incoming,
  type BrokerCredentials,
  type BrokerOptions,
  type BrokerClient,
} from '../../mqtt/client.ts';

/** What a feed subscribes to, and how it decodes the messages. */
export interface TopicEntry extends MappingEntry, Subscribable {
  /** Silence beyond this is reported, in milliseconds. */
  readonly silentAfterMs?: number | undefined;
}

export interface TopicFeedOptions {
  readonly origin: Origin;
  readonly connection: BrokerOptions;
  readonly version: '3.1.1' | '5';
  readonly clientId: string;
  readonly credentials: () => Promise<BrokerCredentials>;
  readonly entries: readonly TopicEntry[];
  readonly tools: FeedTools;
  /** Name in messages: `MQTT broker "hall"`. */
  readonly label: string;
  /** Advice for a silent filter, as a sentence. */
  readonly stalenessAdvice?: string | undefined;
}

export class TopicFeed implements Feed {
  readonly #options: TopicFeedOptions;
  readonly #sink: ReadingsSink;
  readonly #mapping: Mapping;
  readonly #status: FeedStatus;
  readonly #staleness: StalenessWatch;
  readonly #broker: BrokerClient;

  constructor(options: TopicFeedOptions) {
    const { origin, connection, version, clientId, credentials, entries, tools, label } = options;
    const { logger } = tools;
    this.#options = options;
    this.#sink = tools.createSink(origin);
    this.#mapping = openMapping(entries, tools.times);
    this.#status = new FeedStatus(origin.scheme, origin.connection, logger);
    const settle = (): void => {
      this.#settle();
    };
    this.#staleness = new StalenessWatch({ onSilent: settle, onRecovered: settle });
    const subscriptions = subscriptionsOf(entries);
    this.#broker = openBrokerClient({
      ...connection,
      ...{ version, clientId, credentials, label, logger },
      receiveMaximum: this.#sink.window,
      subscriptions: () => subscriptions,
      onMessage: (message) => this.#receive(message),
      full: () => this.#sink.full,
      whenReady: () => this.#sink.whenReady(),
      onState: settle,
    });
  }

  start(): void {
    for (const [at, { silentAfterMs }] of this.#options.entries.entries()) {
      if (silentAfterMs !== undefined) this.#staleness.expect({ name: String(at), afterMs: silentAfterMs });
    }
    this.#broker.start();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#staleness.stop();
    // In parallel: the client accepts no more messages from here on, and waits for the sink to publish those in
    // progress.
    await Promise.all([this.#broker.stop(deadlineMs), this.#sink.stop(deadlineMs)]);
  }

  health(): FeedHealth {
    const { problem, lastReceivedMs } = this.#sink;
    const waits = problem !== undefined && ['up', 'silent', 'waiting'].includes(this.#status.state);
    return this.#status.health(lastReceivedMs, waits ? { state: 'waiting', message: problem } : undefined);
  }

  metrics(): FeedMetrics {
    const { scheme, connection } = this.#sink.origin;
    const numbers = this.#sink.metrics();
    const { atMostOnce, connections } = this.#broker.metrics;
    return {
      ...numbers,
      kind: scheme,
      name: connection,
      refused: 0,
      // With core NATS every message can be lost, even if the broker keeps it.
      atMostOnce: this.#sink.atMostOnce ? numbers.received : atMostOnce,
      connections,
    };
  }

  async #receive(message: Incoming): Promise<void> {
    const entry = this.#mapping.entryOf(message.topic);
    // A retained message does not show that a device is active.
    if (entry !== undefined && !message.retained) this.#staleness.heard(String(entry));
    await this.#sink.publish(this.#mapping.read(message));
  }

  #settle(): void {
    const { state, message } = this.#broker.state;
    const silent = state === 'up' ? this.#silent() : undefined;
    if (silent === undefined) this.#status.report(state, message);
    else this.#status.report('silent', silent);
  }

  /** The silent filters, as a text. It is shown only while the connection is up: without one, silence is expected. */
  #silent(): string | undefined {
    const { entries, stalenessAdvice } = this.#options;
    const silent = this.#staleness.silent;
    if (silent.length === 0) return undefined;
    const named = silent.slice(0, 5).map(({ name, afterMs }) => {
      return `"${entries[Number(name)]?.filter ?? name}" for more than ${afterMs / 1000} s`;
    });
    const more = silent.length > named.length ? `; and ${silent.length - named.length} more` : '';
    const advice = stalenessAdvice ?? 'Is the sender running, and does it use this topic?';
    return `No message has arrived on ${named.join('; ')}${more}. ${advice}`;
  }
}

/** The part of an entry that is used here; `topicSchema` produces it. */
export interface Subscribable {
  readonly filter: string;
  readonly qos: 0 | 1;
  readonly share?: string | undefined;
}

/** The subscriptions of the entries, each once. Of several for one filter the highest QoS counts. */
export function subscriptionsOf(topics: readonly Subscribable[]): { filter: string; qos: 0 | 1 }[] {
  const all = new Map<string, 0 | 1>();
  for (const { filter, qos, share } of topics) {
    const whole = share === undefined ? filter : `$share/${share}/${filter}`;
    all.set(whole, qos === 1 ? 1 : (all.get(whole) ?? 0));
  }
  return Array.from(all, ([filter, qos]) => ({ filter, qos }));
}
