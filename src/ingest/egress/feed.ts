/** `settings.ingest.egress[]`: egress from the bus, for a seller at an I3 marketplace. */
import { rejectCodes } from '../../contract/reading.ts';
import type { FeedHealth } from '../../contract/health.ts';
import type { FeedMetrics } from '../../contract/telemetry.ts';
import { FeedStatus } from '../feed-status.ts';
import type { Feed, FeedTools } from '../feed.ts';
import { accountConnection } from '../feeds/i3/account.ts';
import { openBrokerClient, type BrokerClient } from '../../mqtt/client.ts';
import type { EgressConfig } from './config.ts';
import { TopicPublisher, type TopicPublisherMetrics } from './topic-publisher.ts';

/** One configured seller connection. It does not connect before `start`. */
export function openEgressFeed(config: EgressConfig, tools: FeedTools): Feed {
  return new EgressFeed(config, tools);
}

class EgressFeed implements Feed {
  readonly #name: string;
  readonly #status: FeedStatus;
  readonly #broker: BrokerClient;
  readonly #publishers: readonly TopicPublisher[];

  constructor(config: EgressConfig, { bus, logger, stream: { name: stream } }: FeedTools) {
    const { name, inFlight, ackWaitMs, publish, ...account } = config;
    const { connection, ...login } = accountConnection({ name, ...account });
    const settle = (): void => {
      this.#settle();
    };
    this.#name = name;
    this.#status = new FeedStatus('egress', name, logger);
    this.#broker = openBrokerClient({
      ...connection,
      ...login,
      logger,
      onState: settle,
      // Egress only publishes.
      subscriptions: () => [],
      onMessage: () => Promise.resolve(),
      full: () => false,
      whenReady: () => Promise.resolve(),
    });
    const shared = { connection: name, broker: this.#broker, onProblem: settle };
    this.#publishers = publish.map(
      (entry) => new TopicPublisher({ ...shared, ...{ stream, inFlight, ackWaitMs, bus, logger }, config: entry }),
    );
  }

  start(): void {
    this.#broker.start();
    for (const publisher of this.#publishers) publisher.start();
  }

  /** Messages that the broker has not acknowledged by then stay in the stream, and are sent after the next start. */
  async stop(deadlineMs: number): Promise<void> {
    await Promise.all(this.#publishers.map((publisher) => publisher.stop(deadlineMs)));
    await this.#broker.stop(deadlineMs);
  }

  health(): FeedHealth {
    const last = Math.max(0, ...this.#publishers.map(({ lastMs }) => lastMs ?? 0));
    return this.#status.health(last === 0 ? undefined : last);
  }

  metrics(): FeedMetrics {
    const all = this.#publishers.map((publisher) => publisher.metrics());
    const sum = (count: (metrics: TopicPublisherMetrics) => number): number =>
      all.reduce((total, metrics) => total + count(metrics), 0);
    const skipped = rejectCodes.map((code) => [code, sum((metrics) => metrics.skipped[code] ?? 0)] as const);
    return {
      kind: 'egress',
      name: this.#name,
      received: sum(({ received }) => received),
      readings: sum(({ published }) => published),
      // The broker does not report duplicates.
      duplicates: 0,
      rejected: Object.fromEntries(skipped.filter(([, count]) => count > 0)),
      refused: 0,
      atMostOnce: sum(({ atMostOnce }) => atMostOnce),
      retried: sum(({ retried }) => retried),
      dropped: sum(({ refused }) => refused),
      connections: this.#broker.metrics.connections,
      waiting: sum(({ waiting }) => waiting),
    };
  }

  /** Derives the feed status from the connection and the stream. */
  #settle(): void {
    const { state, message } = this.#broker.state;
    const problem = this.#publishers.find((publisher) => publisher.problem !== undefined)?.problem;
    if (state === 'up' && problem !== undefined) this.#status.report('waiting', problem);
    else this.#status.report(state, message);
  }
}
