/** The driver as a process: its components, and the order in which it starts and stops. */
import { once } from 'node:events';
import { hostname } from 'node:os';
import { getHeapStatistics } from 'node:v8';
import { connectBus } from '../bus/connection/connection.ts';
import { clientInbox, controlSubject, SERVICE_NAME } from '../bus/driver-subjects.ts';
import { serveRequests } from '../bus/requests/endpoint.ts';
import { Inbox } from '../bus/requests/inbox.ts';
import { ReplicaQueries } from '../bus/requests/replicas.ts';
import { replyRule } from '../bus/subject.ts';
import type { Logger } from '../contract/log.ts';
import { Driver } from '../driver/driver.ts';
import { openIngest } from '../ingest/ingest.ts';
import { openLog } from '../telemetry/log.ts';
import { LogTopic } from '../telemetry/log-topic.ts';
import { startTelemetry } from '../telemetry/telemetry.ts';
import { busOptions } from './bus-options.ts';
import { subjectsWithoutAnswers } from './bus-use.ts';
import type { Config, LoadedConfig } from './configuration.ts';
import { openHosts } from './create-sources.ts';
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
  const { logger: log, ...logging } = openLog({ debug: config.debug, driverid, instance, also: logTopic.write });
  const userAgent = `iota-seeqdrv/${version}`;
  const hosts = openHosts(config, { userAgent, log });
  const control = controlSubject(reqtopic);
  const bus = connectBus({
    ...busOptions(config.bus, `iota-seeqdrv ${instance}`, log),
    // Below the request topic, where the driver may subscribe anyway, so its user needs no right to an inbox.
    inboxPrefix: clientInbox(reqtopic),
  });
  const replies = new Inbox(bus, control, log);
  const peers = new ReplicaQueries(bus, { subject: control, replies, logger: log });
  const driver = new Driver({ hosts, limits: config.limits, facts: { version, instance, started }, log, peers });
  const ingest = config.ingest && openIngest({ config: config.ingest, bus, logger: log, userAgent });
  const endpoint = serveRequests(
    bus,
    {
      subject: reqtopic,
      queue: config.bus.queue,
      name: SERVICE_NAME,
      version,
      description: 'Seeq driver of IOTA Vue',
      metadata: {
        driverType: 'seeq',
        instance,
        ...(driverid === undefined ? {} : { driverid }),
      },
      stats: () => driver.statistics.snapshot(),
      chunkBytes: config.bus.chunkBytes,
      inFlightBytes: config.bus.inFlightBytes,
      replies,
      replyRule: replyRule(subjectsWithoutAnswers(config)),
      logger: log,
    },
    (request) => driver.handle(request),
  );
  const telemetry = startTelemetry({
    config,
    identity,
    started,
    bus,
    driver,
    endpoint,
    hosts,
    ingest,
    logger: log,
    logTopic,
    logNumbers: logging.numbers,
  });
  ingest?.start();
  hangups.serve({ path, env, config, bus, log });
  log.notice(
    {
      version,
      reqtopic,
      hosts: config.servers.map(({ name }) => name),
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
  telemetry.stop();
  driver.endLeases();
  const { drainTimeoutMs } = config.limits;
  await Promise.all([drain(endpoint, driver, drainTimeoutMs, log), ingest?.stop(drainTimeoutMs)]);
  await bus.close();
  await hosts.close();
  log.notice({}, 'driver stopped');
  await logging.close(LAST_LINES_MS);
  return stopped;
}

/** The effective heap limit from the container, the machine or a flag of Node. */
const heapLimitMiB = (): number => Math.round(getHeapStatistics().heap_size_limit / 2 ** 20);

/** The proxies for servers and platforms, without credentials. */
function proxies({ servers, ingest }: Config): { proxies?: Record<string, string> } {
  const used = [...servers, ...(ingest?.iotopen ?? [])].flatMap(({ name, proxy }) =>
    proxy === undefined ? [] : [[name, proxy.url] as const],
  );
  return used.length === 0 ? {} : { proxies: Object.fromEntries(used) };
}

/** Waits for active requests. Requests that do not finish in time get a retryable error. */
async function drain(
  endpoint: ReturnType<typeof serveRequests>,
  driver: Driver,
  timeoutMs: number,
  log: Logger,
): Promise<void> {
  const { unfinished } = await endpoint.stop(timeoutMs);
  if (unfinished === 0) return;
  log.warn({ unfinished }, 'The stop ended requests early; their callers are asked to send them again');
  driver.stop();
  await endpoint.stop(LAST_ANSWERS_MS);
}

/** Time for the answers of aborted requests. */
const LAST_ANSWERS_MS = 2000;
/** Time for log lines that standard output has not accepted yet. */
const LAST_LINES_MS = 1000;
