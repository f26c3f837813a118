import type { BusOptions } from '../bus/connection/connection.ts';
import type { Logger } from '../contract/log.ts';
import type { BusConfig } from '../config/config.ts';

/** The options of the bus connection from the configuration. */
export function busOptions(bus: BusConfig, name: string, logger: Logger): BusOptions {
  const { addresses, tls, ca, serverName, tlsFirst, seed, pingIntervalMs, inFlightBytes } = bus;
  return {
    servers: addresses.map(({ scheme, host, port }) => `${scheme}://${host}:${port}`),
    seed: () => seed.reveal(),
    name,
    tls: tls ? { ca: ca && (() => ca.reveal()), serverName, first: tlsFirst } : 'insecure',
    pingIntervalMs,
    inFlightBytes,
    logger,
  };
}
