/** Makes the sources of the driver from its configuration. Nothing is connected here. */
import type { Config, ServerConfig } from '../config/config.ts';
import type { Logger } from '../contract/log.ts';
import { type HostOptions, Hosts } from '../driver/hosts.ts';
import { SeeqSource } from '../sources/seeq/source.ts';

/** What sources are made from. */
export interface SourceSetting {
  readonly config: Config;
  /** What the driver calls itself at a server. */
  readonly userAgent: string;
  readonly log: Logger;
}

/** Makes the sources of one kind that are configured, each with the calls that it may get. */
export type OpenSources = (setting: SourceSetting) => Omit<HostOptions, 'requests'>[];

/** All kinds of sources: a new one is a folder in `src/sources` and a line here. */
export const kindsOfSources: readonly OpenSources[] = [
  (setting) => setting.config.servers.map((server) => ({ source: openSeeq(server, setting), ...callsOf(server) })),
];

/** One host for each configured source. */
export function openHosts(setting: SourceSetting, kinds: readonly OpenSources[] = kindsOfSources): Hosts {
  const requests = setting.config.limits.concurrentRequests;
  return new Hosts(kinds.flatMap((open) => open(setting)).map((opened) => ({ ...opened, requests })));
}

const callsOf = ({ concurrency, queueLimit }: ServerConfig) => ({ concurrency, queueLimit });

function openSeeq(server: ServerConfig, { config, userAgent, log }: SourceSetting): SeeqSource {
  const { name, url, ca, proxy, credentials, concurrency, insecureSkipVerify, connectTimeoutMs, requestTimeoutMs } =
    server;
  return new SeeqSource({
    name,
    url,
    ca,
    proxy,
    credentials,
    insecureSkipVerify,
    connectTimeoutMs,
    requestTimeoutMs,
    connections: concurrency,
    userAgent,
    pageSamples: config.limits.pageSamples,
    log,
  });
}
