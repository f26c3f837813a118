/** What the process serves on the bus: for each driver type a request topic, and the sources that answer there. */
import type { BusConnection } from '../bus/connection/connection.ts';
import { controlSubject, SERVICE_NAME } from '../bus/driver-subjects.ts';
import { type RequestEndpoint, serveRequests } from '../bus/requests/endpoint.ts';
import { Inbox } from '../bus/requests/inbox.ts';
import { ReplicaQueries } from '../bus/requests/replicas.ts';
import { replyRule } from '../bus/subject.ts';
import type { AuditTrail } from '../contract/audit.ts';
import type { Logger } from '../contract/log.ts';
import type { DriverHealth } from '../contract/health.ts';
import type { DriverFacts } from '../driver/context.ts';
import { Driver } from '../driver/driver.ts';
import { Hosts } from '../driver/hosts.ts';
import type { SourceSetting } from '../sources/kind.ts';
import { subjectsWithoutAnswers, type BusUseConfig } from './bus-use.ts';
import type { Config, SourceKinds } from './configuration.ts';
import { sourceKinds } from './source-kinds.ts';

/** One request topic. */
export interface EndpointConfig {
  /** In the metadata of service discovery. */
  readonly driverType: string;
  /** For people, in service discovery. */
  readonly description: string;
  readonly topic: string;
  /** The kinds of sources that answer here. */
  readonly sources: SourceKinds;
}

/** The endpoints of a configuration. */
export const endpointsOf = ({ reqtopic }: { readonly reqtopic: string }): readonly EndpointConfig[] => [
  { driverType: 'seeq', description: 'Seeq driver of IOTA Vue', topic: reqtopic, sources: sourceKinds },
];

/** The part of a configuration that sources depend on: besides the limits, the list of each kind. */
export interface SourcesConfig {
  readonly limits: { readonly pageSamples: number; readonly concurrentRequests: number };
}

/** One host for each configured source of these kinds. Does not connect. */
export function openHosts(
  config: SourcesConfig,
  setting: Omit<SourceSetting, 'pageSamples'>,
  kinds: SourceKinds = sourceKinds,
): Hosts {
  const { pageSamples, concurrentRequests: requests } = config.limits;
  const lists = config as unknown as Readonly<Record<string, readonly { name: string }[]>>;
  return new Hosts(
    Object.entries(kinds).flatMap(([key, kind]) =>
      (lists[key] ?? []).map((entry) => ({ ...kind.open(entry, { ...setting, pageSamples }), requests })),
    ),
  );
}

/** The configuration that endpoints need, besides the sources. */
export type ServedConfig = Pick<Config, 'driverid' | 'limits'> &
  BusUseConfig & { readonly bus: Pick<Config['bus'], 'queue' | 'chunkBytes' | 'inFlightBytes'> };

/** What all endpoints of a process share. */
export interface EndpointSetting {
  readonly config: ServedConfig;
  readonly bus: BusConnection;
  readonly log: Logger;
  readonly audit?: AuditTrail | undefined;
  readonly userAgent: string;
  readonly version: string;
  readonly instance: string;
  /** Start time of the process, ISO 8601 UTC. */
  readonly started: string;
}

/** An endpoint with its sources. It answers from now on. */
export class DriverEndpoint {
  readonly topic: string;
  readonly hosts: Hosts;
  readonly driver: Driver;
  readonly requests: RequestEndpoint;
  readonly replicas: ReplicaQueries;
  readonly #facts: DriverFacts;
  readonly #log: Logger;

  constructor({ driverType, description, topic, sources }: EndpointConfig, setting: EndpointSetting) {
    const { config, bus, log, audit, userAgent, version, instance, started } = setting;
    const { driverid, limits } = config;
    this.topic = topic;
    this.#log = log;
    this.hosts = openHosts(config, { userAgent, log }, sources);
    const control = controlSubject(topic);
    const replies = new Inbox(bus, control, log);
    const peers = new ReplicaQueries(bus, { subject: control, replies, logger: log });
    this.replicas = peers;
    this.#facts = { version, instance, started };
    const driver = new Driver({ hosts: this.hosts, limits, facts: this.#facts, log, peers, audit });
    this.driver = driver;
    this.requests = serveRequests(
      bus,
      {
        subject: topic,
        queue: config.bus.queue,
        name: SERVICE_NAME,
        ...{ version, description },
        metadata: { driverType, instance, ...(driverid === undefined ? {} : { driverid }) },
        stats: () => driver.statistics.snapshot(),
        chunkBytes: config.bus.chunkBytes,
        inFlightBytes: config.bus.inFlightBytes,
        replies,
        replyRule: replyRule(subjectsWithoutAnswers(config)),
        logger: log,
      },
      (request) => driver.handle(request),
    );
  }

  /** The function `health` returns this from now on. */
  serveHealth(health: () => Promise<DriverHealth>): void {
    this.#facts.health = health;
  }

  /** Accepts no new requests and waits for the active ones. Those that do not finish in time get a retryable error. */
  async drain(timeoutMs: number): Promise<void> {
    const { unfinished } = await this.requests.stop(timeoutMs);
    if (unfinished === 0) return;
    const text = 'The stop ended requests early; their callers are asked to send them again';
    this.#log.warn({ unfinished }, text);
    this.driver.stop();
    await this.requests.stop(LAST_ANSWERS_MS);
  }
}

/** Time for the answers of aborted requests. */
const LAST_ANSWERS_MS = 2000;
