/** Creates the sources of the driver from its configuration. Does not connect. */
import type { Config, ServerConfig } from '../config/config.ts';
import type { Logger } from '../contract/log.ts';
import { type HostOptions, Hosts } from '../driver/hosts.ts';
import { SeeqSource } from '../sources/seeq/source.ts';

/** Dependencies of the sources. */
export interface SourceSetting {
  readonly config: Config;
  /** Name and version of the driver, for the user agent of calls. */
  readonly userAgent: string;
  readonly log: Logger;
}

/** Creates the configured sources of one kind, each with its call limits. */
export type OpenSources = (setting: SourceSetting) => Omit<HostOptions, 'requests'>[];

/** All kinds of sources. A new kind needs a folder in `src/sources` and a line here. */
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
