/**
 * Publishes the driver's telemetry: health, metrics, statistics and the log, each on its own topic if configured.
 * Publishing never waits, never fails and never logs, so that telemetry does not disturb the driver.
 */
import type { BusConnection } from '../bus/connection/connection.ts';
import { telemetryPublisher, type TelemetryPublisher } from '../bus/telemetry-publisher.ts';
import { countConnectionStats } from '../bus/connection/connection-stats.ts';
import type { Config } from '../config/config.ts';
import type { Health, Metrics, Stats } from '../contract/telemetry.ts';
import type { Logger } from '../contract/log.ts';
import type { Driver } from '../driver/driver.ts';
import type { Hosts } from '../driver/hosts.ts';
import { probe } from '../driver/source-health/probe.ts';
import type { Ingest } from '../ingest/ingest.ts';
import { envelopeOf, type Identity } from './envelope.ts';
import { busHealth, judge, serverHealth, type Parts } from './health.ts';
import type { LogNumbers } from './log.ts';
import type { LogTopic } from './log-topic.ts';
import { functionMetrics, sourceMetrics, summary } from './metrics.ts';
import { meterProcess, type ProcessMeter } from './process.ts';
import { ServerLog } from './server-log.ts';
import { HealthPoller } from './health-poller.ts';

export interface TelemetryOptions {
  /** Topics and intervals. */
  config: Pick<
    Config,
    'healthtopic' | 'healthmsec' | 'metricstopic' | 'metricsmsec' | 'enablemetrics' | 'statstopic' | 'logstopic'
  >;
  identity: Identity;
  /** Start time of the process, ISO 8601 UTC. */
  started: string;
  bus: BusConnection;
  driver: Driver;
  hosts: Hosts;
  /** Absent where the driver has no feed. */
  ingest?: Ingest | undefined;
  logger: Logger;
  logTopic: LogTopic;
  logNumbers: () => LogNumbers;
}

interface Watching {
  readonly watch: HealthPoller;
  /** Resolves when each server was probed for the first time. */
  readonly first: Promise<void>;
}

/** Interval of checks for servers that are due for a probe. */
const LOOK_MS = 5_000;
/** At the start, delay between the first probes of two servers, and the limit for all of them. */
const SPREAD_MS = 100;
const LONGEST_SPREAD_MS = 5_000;

type Topic = 'health' | 'metrics' | 'stats' | 'logs';

/** Starts publishing, at the latest when the bus is connected. Start it before that, so that all traffic is counted. */
export function startTelemetry(options: TelemetryOptions): Telemetry {
  return new Telemetry(options);
}

export class Telemetry {
  readonly #options: TelemetryOptions;
  readonly #topics: Partial<Record<Topic, TelemetryPublisher>>;
  readonly #traffic: ReturnType<typeof countConnectionStats>;
  readonly #ends: (() => void)[] = [];
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
    const watch = this.#watchServers();
    if (health) this.#reportHealth(health, watch, healthmsec);
    if (metrics) {
      const meter = meterProcess();
      this.#ends.push(() => {
        meter.stop();
      });
      this.#every(metricsmsec, () => metrics.publish(this.#metrics(meter)));
    }
    if (stats) this.#every(metricsmsec, () => stats.publish(this.#stats()));
  }

  /** The current health of the driver. */
  health(): Health {
    const { identity, started, bus, hosts, ingest } = this.#options;
    const parts: Parts = {
      bus: busHealth(bus),
      servers: hosts.all.map(serverHealth),
      stream: ingest?.stream(),
      feeds: ingest?.health(),
    };
    const { state, reasons } = judge(parts, this.#stopping);
    return { kind: 'health', ...envelopeOf(identity), state, reasons, started, ...parts };
  }

  /** Publishes the last health, `stopping`, and then only the log, until the bus is closed. */
  stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    for (const end of this.#ends) end();
    this.#topics.health?.publish(this.health());
  }

  /** Probes each server at the start and when it is due, in the background, and logs its state. */
  #watchServers(): Watching {
    const { hosts, logger } = this.#options;
    const servers = hosts.all.map((host) => ({ host, server: watched(host) }));
    const watch = new HealthPoller(servers.map(({ server }) => server));
    for (const { host, server } of servers) {
      const log = new ServerLog({
        name: host.source.name,
        logger,
        confirm: () => {
          if (!this.#stopping) watch.confirm(server);
        },
      });
      host.findings.onNews((found, probed) => {
        log.news(found, probed);
      });
    }
    const first = watch.look(Math.min(LONGEST_SPREAD_MS, SPREAD_MS * (servers.length - 1)));
    this.#every(LOOK_MS, () => void watch.look());
    return { watch, first };
  }

  /**
   * Publishes on every new connection and every interval: at once, with the known state. Only the first report waits
   * for the servers to be probed.
   */
  #reportHealth(topic: TelemetryPublisher, { watch, first }: Watching, periodMs: number): void {
    const { bus } = this.#options;
    const report = () => {
      if (!this.#stopping) topic.publish(this.health());
    };
    let knows = false;
    void first.then(() => {
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
      void watch.look();
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
    const { identity, bus, driver, hosts, ingest, logNumbers } = this.#options;
    const requests = driver.statistics.snapshot();
    return {
      kind: 'metrics',
      ...envelopeOf(identity),
      uptimeMs: uptimeMs(),
      inFlight: driver.inFlight,
      unanswerable: requests.unanswerable,
      requests: functionMetrics(requests),
      sources: sourceMetrics(hosts.all),
      ...(ingest === undefined ? {} : { feeds: ingest.metrics() }),
      bus: { ...this.#traffic(), ...bus.sending },
      process: meter.read(),
      log: logNumbers(),
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

/** Probe calls belong to no request: they count in no answer, and are not limited. */
function watched(host: Hosts['all'][number]) {
  return {
    findings: host.findings,
    probe: () => probe(host, (signal) => ({ signal, run: (call) => call() })),
  };
}

const uptimeMs = (): number => Math.round(process.uptime() * 1000);
