/** Puts the driver together from its configuration: sources, limits, bus. Nothing is connected here. */
import type { BusOptions } from '../bus/connection.ts';
import type { BusLogger } from '../bus/logger.ts';
import type { BusConfig, Config, ServerConfig } from '../config/config.ts';
import { Hosts } from '../driver/hosts.ts';
import { SeeqSource } from '../sources/seeq/source.ts';

/** One host for each configured server. A further kind of source is a further line here. */
export function openHosts(config: Config, version: string): Hosts {
  return new Hosts(
    config.servers.map((server) => ({
      source: openSeeq(server, config.limits.pageSamples, version),
      concurrency: server.concurrency,
      queueLimit: server.queueLimit,
    })),
  );
}

function openSeeq(server: ServerConfig, pageSamples: number, version: string): SeeqSource {
  const { name, url, ca, credentials, concurrency, insecureSkipVerify, connectTimeoutMs, requestTimeoutMs } = server;
  return new SeeqSource({
    name,
    url,
    ca,
    credentials,
    insecureSkipVerify,
    connectTimeoutMs,
    requestTimeoutMs,
    connections: concurrency,
    userAgent: `iota-seeqdrv/${version}`,
    pageSamples,
  });
}

/** The connection to the bus, as the configuration wants it. */
export function busOptions(bus: BusConfig, name: string, logger: BusLogger): BusOptions {
  const { addresses, tls, ca, serverName, tlsFirst, seed, pingIntervalMs, inFlightBytes } = bus;
  return {
    servers: addresses.map(({ scheme, host, port }) => `${scheme}://${host}:${port}`),
    seed: () => seed.reveal(),
    name,
    tls: tls ? { ca, serverName, first: tlsFirst } : 'insecure',
    pingIntervalMs,
    inFlightBytes,
    logger,
  };
}
