/** The driver as a process: its components, and the order in which it starts and stops. */
import { once } from 'node:events';
import { hostname } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { connectBus } from '../bus/connection/connection.ts';
import { clientInbox } from '../bus/driver-subjects.ts';
import type { ProxyConfig } from '../config/proxy.ts';
import type { Http } from '../http/http.ts';
import { openIngest } from '../ingest/ingest.ts';
import { Audit, type AuditOptions } from '../telemetry/audit.ts';
import { LatestReadings } from '../telemetry/latest-readings.ts';
import { openLog } from '../telemetry/log.ts';
import { LogTopic } from '../telemetry/log-topic.ts';
import { RecentProblems } from '../telemetry/recent-problems.ts';
import { startTracing } from '../telemetry/tracing/start.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { busOptions } from './bus-options.ts';
import type { Config, LoadedConfig } from './configuration.ts';
import { DriverEndpoint, endpointsOf } from './endpoints.ts';
import type { Hangups } from './reload.ts';

export interface AppOptions extends Pick<LoadedConfig, 'config' | 'path'> {
  readonly version: string;
  /** Environment from which secrets are read again after a SIGHUP. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Abort it to stop the driver. Its reason is logged. */
  readonly stop: AbortSignal;
  readonly hangups: Hangups;
}

/**
 * Serves until `stop`, then finishes the active requests and disconnects. An unavailable bus does not end the driver:
 * it keeps retrying and reports why.
 * @returns true after a requested stop, false when the bus was closed permanently
 */
export async function runApp({ config, path, version, env, stop, hangups }: AppOptions): Promise<boolean> {
  const started = new Date().toISOString();
  const instance = `${hostname()}-${process.pid}`;
  const { driverid, reqtopic } = config;
  const identity = { driverid, instance, version, reqtopic };
  const logTopic = new LogTopic(identity);
  const problems = new RecentProblems();
  const { logger: log, ...logging } = openLog({
    ...{ ...logOptions(config), env, instance },
    also: (line) => {
      logTopic.write(line);
      if (config.http !== undefined) problems.write(line);
    },
  });
  // Only the status page shows them.
  const readings = config.http && config.ingest && new LatestReadings();
  // Its libraries take memory, so they are loaded only where they are needed.
  const http = config.http && (await import('../http/http.ts'));
  const tracing = await startTracing({ env, version, instance, driverid, logger: log });
  const userAgent = `iota-seeqdrv/${version}`;
  const bus = connectBus({
    ...busOptions(config.bus, `iota-seeqdrv ${instance}`, log),
    // Below the request topic, where the driver may subscribe anyway, so its user needs no right to an inbox.
    inboxPrefix: clientInbox(reqtopic),
  });
  const audit = config.audit && openAudit(config.audit, { identity, bus, logger: log });
  const setting = { config, bus, log, audit, userAgent, version, instance, started };
  const endpoints = endpointsOf(config).map((options) => new DriverEndpoint(options, setting));
  const ingest =
    config.ingest &&
    openIngest({
      ...{ config: config.ingest, bus, logger: log, userAgent },
      onReading: readings?.record,
      statusPage: (browserAddress) => server?.seneyeUrl(browserAddress),
    });
  const telemetry = endpoints.map(({ topic, driver, hosts, requests: endpoint, replicas }, at) =>
    startTelemetry({
      // The first endpoint also reports what the process has once.
      ...(at === 0 ? { config, ingest } : { config: { ...config, logstopic: undefined } }),
      ...{ identity: { ...identity, reqtopic: topic }, started, bus, driver, endpoint, hosts, replicas },
      ...{ logger: log, logTopic },
      logNumbers: logging.numbers,
      ...{ audit, tracing },
    }),
  );
  for (const [at, endpoint] of endpoints.entries()) {
    const own = telemetry[at];
    if (own !== undefined) endpoint.serveHealth(() => own.driverHealth());
  }
  // Before the bus is connected, so that probes have an answer from the start.
  const server: Http | undefined =
    config.http &&
    http?.openHttp({
      ...{ config: config.http, telemetry, logger: log },
      page: { problems, readings, handle: async (request) => endpoints[0]?.driver.handle(request) },
    });
  server?.start();
  ingest?.start();
  hangups.serve({ path, env, config, bus, log, audit });
  audit?.process('start', `version ${version}`);
  log.notice(
    {
      version,
      reqtopic,
      hosts: endpoints.flatMap(({ hosts }) => hosts.all.map(({ source }) => source.name)),
      ...proxies(config),
      heapLimitMiB: heapLimitMiB(),
    },
    'driver started',
  );

  await Promise.race([stop.aborted || once(stop, 'abort'), bus.closed]);
  const stopped = stop.aborted;
  if (stopped) log.notice({ reason: String(stop.reason) }, 'driver is stopping');
  else log.error({}, 'the connection to the bus was closed for good');

  hangups.ignore();
  const stopping = performance.now();
  for (const one of telemetry) one.stop();
  for (const { driver } of endpoints) driver.endLeases();
  const { drainTimeoutMs } = config.limits;
  await Promise.all([...endpoints.map((one) => one.drain(drainTimeoutMs)), ingest?.stop(drainTimeoutMs)]);
  audit?.process('stop', stopped ? String(stop.reason) : 'the connection to the bus was closed for good');
  await audit?.leaveBus(LAST_LINES_MS);
  const leftMs = drainTimeoutMs - (performance.now() - stopping);
  await Promise.all([bus.close(), tracing?.close(Math.max(LAST_LINES_MS, Math.min(leftMs, LAST_SPANS_MS)))]);
  await Promise.all(endpoints.map(({ hosts }) => hosts.close()));
  // At the end, so that probes see the driver stop.
  await server?.stop();
  log.notice({}, 'driver stopped');
  await audit?.close(LAST_LINES_MS);
  await logging.close(LAST_LINES_MS);
  return stopped;
}

function openAudit(
  { topic, file: path, fileBytes, fileCount, names }: NonNullable<Config['audit']>,
  rest: Pick<AuditOptions, 'identity' | 'bus' | 'logger'>,
): Audit {
  const file = path === undefined ? undefined : { path, maxBytes: fileBytes, keep: fileCount, scanMs: AUDIT_SCAN_MS };
  return new Audit({ topic, file, names, ...rest });
}

function logOptions({ debug, driverid, log, logfilecount, logfilesize, logscanmsec }: Config) {
  const { format, file } = log;
  return {
    ...{ debug, driverid, format },
    file:
      file === undefined ? undefined : { path: file, maxBytes: logfilesize, keep: logfilecount, scanMs: logscanmsec },
  };
}

/** The effective heap limit from the container, the machine or a flag of Node. */
const heapLimitMiB = (): number => Math.round(getHeapStatistics().heap_size_limit / 2 ** 20);

/** The proxies of sources and feeds, without credentials. */
function proxies(config: Config): { proxies?: Record<string, string> } {
  const lists = [config, config.ingest ?? {}].flatMap((part) => Object.values<unknown>(part)).filter(Array.isArray);
  const used = (lists.flat() as { name: string; proxy?: ProxyConfig }[]).flatMap(({ name, proxy }) =>
    proxy === undefined ? [] : [[name, proxy.url] as const],
  );
  return used.length === 0 ? {} : { proxies: Object.fromEntries(used) };
}

/** How often the audit file is checked without a record. */
const AUDIT_SCAN_MS = 10_000;

/** Time for the last export of traces, if the time to drain is not used up. */
const LAST_SPANS_MS = 5000;

/** Time for log lines that standard output has not accepted yet. */
const LAST_LINES_MS = 1000;
