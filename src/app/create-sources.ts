/** Makes the Seeq servers of the driver from its configuration. Nothing is connected here. */
import type { Config, ServerConfig } from '../config/config.ts';
import type { Logger } from '../contract/log.ts';
import { Hosts } from '../driver/hosts.ts';
import { SeeqSource } from '../sources/seeq/source.ts';

/** One host for each configured server. A further kind of source is a further line here. */
export function openHosts(config: Config, version: string, log: Logger): Hosts {
  return new Hosts(
    config.servers.map((server) => ({
      source: openSeeq(server, config.limits.pageSamples, version, log),
      concurrency: server.concurrency,
      queueLimit: server.queueLimit,
      requests: config.limits.concurrentRequests,
    })),
  );
}

function openSeeq(server: ServerConfig, pageSamples: number, version: string, log: Logger): SeeqSource {
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
    userAgent: `iota-seeqdrv/${version}`,
    pageSamples,
    log,
  });
}
