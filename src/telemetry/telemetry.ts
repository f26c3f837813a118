/**
 * Publishes the driver's telemetry: health, metrics, statistics and the log, each on its own topic if configured.
 * Publishing never waits, never fails and never logs, so that telemetry does not disturb the driver.
 */
import type { BusConnection } from '../bus/connection/connection.ts';
import type { RequestEndpoint } from '../bus/requests/endpoint.ts';
import type { ReplicaQueries } from '../bus/requests/replicas.ts';
import { telemetryPublisher, type TelemetryPublisher } from '../bus/telemetry-publisher.ts';
import { countConnectionStats } from '../bus/connection/connection-stats.ts';
import type { TopKeys } from '../config/schema.ts';
import type { DriverHealth, Health } from '../contract/health.ts';
import type { Metrics, Stats } from '../contract/telemetry.ts';
import type { Logger } from '../contract/log.ts';
import type { Driver } from '../driver/driver.ts';
import type { Hosts } from '../driver/hosts.ts';
import type { Refusal } from '../ingest/feed.ts';
import type { Ingest } from '../ingest/ingest.ts';
import type { Audit } from './audit.ts';
import { envelopeOf, type Identity } from './envelope.ts';
import { busHealth, judge, serverHealth, type Parts } from './health.ts';
import type { LogNumbers } from './log.ts';
import type { LogTopic } from './log-topic.ts';
import { functionMetrics, sourceMetrics, summary } from './metrics.ts';
import { meterProcess, type ProcessMeter } from './process.ts';
import { Replicas } from './replicas.ts';
import type { Tracing } from './tracing/tracing.ts';
import { ServerLog } from './server-log.ts';

export interface TelemetryOptions {
  /** Topics and intervals. */
  config: Pick<
    TopKeys,
    'healthtopic' | 'healthmsec' | 'metricstopic' | 'metricsmsec' | 'enablemetrics' | 'statstopic' | 'logstopic'
  >;
  identity: Identity;
  /** Start time of the process, ISO 8601 UTC. */
  started: string;
  bus: BusConnection;
  driver: Driver;
  endpoint: Pick<RequestEndpoint, 'sending' | 'isRefused'>;
  replicas: ReplicaQueries;
  hosts: Hosts;
  /** Absent where the driver has no feed. */
  ingest?: Ingest | undefined;
  logger: Logger;
  logTopic: LogTopic;
  logNumbers: () => LogNumbers;
  /** Absent where no audit trail is configured. */
  audit?: Pick<Audit, 'numbers' | 'problem'> | undefined;
  /** Absent where there are no traces. */
  tracing?: Pick<Tracing, 'numbers'> | undefined;
}

/** A request or lease that runs. */
export interface ActiveWork {
  readonly function: string;
  /** The user that it names. */
  readonly user: string;
  readonly arrivedMs: number;
}

/** What runs now. */
export interface Activity {
  /** The oldest ones. */
  readonly requests: readonly ActiveWork[];
  readonly leases: readonly ActiveWork[];
  /** Of all leases. */
  readonly load: { readonly leases: number; readonly items: number; readonly tags: number };
}

export type { Refusal } from '../ingest/feed.ts';

export interface MetricsMeter {
  read(): Metrics;
}

/** Interval at which the sources without a recent result are probed. */
const REFRESH_MS = 5_000;
/** At the start, delay between the first probes of two sources, and the limit for all of them. */
const SPREAD_MS = 100;
const LONGEST_SPREAD_MS = 5_000;

type Topic = 'health' | 'metrics' | 'stats' | 'logs';

/** Starts publishing, at the latest when the bus is connected. Start it before that, so that all traffic is counted. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  return new Telemetry(options);
}

export class Telemetry {
  /** The other replicas of this driver. */
  readonly replicas: Replicas;
  readonly #options: TelemetryOptions;
  readonly #topics: Partial<Record<Topic, TelemetryPublisher>>;
  readonly #traffic: ReturnType<typeof countConnectionStats>;
  readonly #ends: (() => void)[] = [];
  #hasProbed = false;
  #stopping = false;

  constructor(options: TelemetryOptions) {
    const { bus, config, logTopic } = options;
    const { healthmsec, metricsmsec, enablemetrics } = config;
    const publisher = (subject: string | undefined) =>
      subject === undefined ? undefined : telemetryPublisher(bus, subject);
    const topics = {
      health: publisher(config.healthtopic),
      metrics: enablemetrics ? publisher(config.metricstopic) : undefined,
      stats: publisher(config.statstopic),
      logs: publisher(config.logstopic),
    };
    this.#options = options;
    this.#topics = Object.fromEntries(Object.entries(topics).filter(([, topic]) => topic !== undefined));
    this.#traffic = countConnectionStats(bus);

    const { health, metrics, stats, logs } = topics;
    if (logs) logTopic.attach((message) => logs.publish(message));
    this.replicas = new Replicas(options.replicas, () => this.health());
    const probed = this.#watchSources();
    void probed.then(() => (this.#hasProbed = true));
    if (health) this.#reportHealth(health, probed, healthmsec);
    if (metrics) {
      const meter = this.meter();
      this.#every(metricsmsec, () => metrics.publish(meter.read()));
    }
    options.replicas.serveHealth(() => this.health());
    if (stats) this.#every(metricsmsec, () => stats.publish(this.#stats()));
  }

  /** The current health of the driver. */
  health(): Health {
    const { identity, started, bus, endpoint, hosts, ingest, audit } = this.#options;
    const parts: Parts = {
      bus: busHealth(bus, endpoint.isRefused),
      servers: hosts.all.map(serverHealth),
      stream: ingest?.stream(),
      feeds: ingest?.health(),
    };
    const { state, reasons } = judge({ ...parts, auditProblem: audit?.problem }, this.#stopping);
    return { kind: 'health', ...envelopeOf(identity), state, reasons, started, ...parts };
  }

  /** Each source was probed once, so its state is known. This takes some seconds at most, also if none answers. */
  get hasProbed(): boolean {
    return this.#hasProbed;
  }

  /** The metrics, for one reader: their gauges of the process cover the time since its previous call. */
  meter(): MetricsMeter {
    const meter = meterProcess();
    this.#ends.push(() => {
      meter.stop();
    });
    return { read: () => this.#metrics(meter) };
  }

  /** Messages that feeds refused to their senders, by reason. */
  refusals(): Refusal[] {
    return this.#options.ingest?.refusals() ?? [];
  }

  /** What runs now: the oldest requests and leases, at most `most` of each. */
  activity(most: number): Activity {
    const { driver } = this.#options;
    const { requests, leases } = driver.active(most);
    const shown = ({ function: of, user, arrivedMs }: ActiveWork): ActiveWork => ({ function: of, user, arrivedMs });
    return { requests: requests.map(shown), leases: leases.map(shown), load: driver.leases };
  }

  /** The same for a caller, with the other replicas. Asks them, unless they have answered recently. */
  async driverHealth(): Promise<DriverHealth> {
    await this.replicas.refresh();
    return { ...this.health(), replicas: this.replicas.others };
  }

  /** Publishes the last health, `stopping`, and then only the log, until the bus is closed. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const end of this.#ends) end();
    this.#topics.health?.publish(this.health());
  }

  /** Logs the state of each source. Resolves when each was probed for the first time. */
  async #watchSources(): Promise<void> {
    const { hosts, logger } = this.#options;
    for (const { source, health } of hosts.all) {
      const log = new ServerLog(source.name, logger);
      this.#ends.push(
        health.follow({
          onConfirmed: (found) => {
            log.found(found);
          },
        }),
      );
    }
    this.#every(REFRESH_MS, () => void this.#refreshSources());
    await this.#refreshSources(Math.min(LONGEST_SPREAD_MS, SPREAD_MS * (hosts.all.length - 1)));
  }

  /** @param spreadMs the probes are spread over this time, to distribute the load */
  async #refreshSources(spreadMs = 0): Promise<void> {
    await Promise.all(this.#options.hosts.all.map(({ health }) => health.refresh(spreadMs * Math.random())));
  }

  /**
   * Publishes on every new connection and every interval: at once, with the known state. Only the first report waits
   * for the servers to be probed.
   */
  #reportHealth(topic: TelemetryPublisher, probed: Promise<void>, periodMs: number): void {
    const { bus } = this.#options;
    const report = () => {
      if (!this.#stopping) topic.publish(this.health());
    };
    let knows = false;
    void probed.then(() => {
      knows = true;
      if (bus.state === 'connected') report();
    });
    this.#ends.push(
      bus.onState((state) => {
        if (knows && state === 'connected') report();
      }),
    );
    this.#every(periodMs, () => {
      if (knows) report();
      void this.#refreshSources();
    });
  }

  #every(periodMs: number, work: () => void): void {
    const timer = setInterval(work, periodMs);
    timer.unref();
    this.#ends.push(() => {
      clearInterval(timer);
    });
  }

  #metrics(meter: ProcessMeter): Metrics {
    const { identity, driver, endpoint, hosts, ingest, logNumbers, audit, tracing } = this.#options;
    const requests = driver.statistics.snapshot();
    return {
      kind: 'metrics',
      ...envelopeOf(identity),
      uptimeMs: uptimeMs(),
      inFlight: driver.inFlight,
      leases: driver.leases,
      unanswerable: requests.unanswerable,
      requests: functionMetrics(requests),
      sources: sourceMetrics(hosts.all),
      ...(ingest === undefined ? {} : { feeds: ingest.metrics() }),
      bus: { ...this.#traffic(), ...endpoint.sending },
      process: meter.read(),
      log: logNumbers(),
      ...(audit === undefined ? {} : { audit: audit.numbers }),
      ...(tracing === undefined ? {} : { tracing: { ...tracing.numbers } }),
      telemetry: Object.fromEntries(
        Object.entries(this.#topics).map(([name, { published, dropped }]) => [name, { published, dropped }]),
      ),
    };
  }

  #stats(): Stats {
    const { identity, started, driver, hosts } = this.#options;
    return {
      kind: 'stats',
      ...envelopeOf(identity),
      started,
      uptimeMs: uptimeMs(),
      ...summary(driver.statistics.snapshot(), hosts.all, this.#traffic(), this.health().state),
    };
  }
}

const uptimeMs = (): number => Math.round(process.uptime() * 1000);
