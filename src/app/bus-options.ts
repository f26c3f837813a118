import type { BusOptions } from '../bus/connection/connection.ts';
import type { Logger } from '../contract/log.ts';
import type { Config } from './configuration.ts';

/** The options of the bus connection from the configuration. */
export function busOptions(bus: Config['bus'], name: string, logger: Logger): BusOptions {
  const { addresses, encrypted, tls, seed, pingIntervalMs } = bus;
  const { caFile, serverName, first } = tls;
  return {
    servers: addresses.map(({ scheme, host, port }) => `${scheme}://${host}:${port}`),
    seed: () => seed.reveal(),
    name,
    tls: encrypted ? { ca: caFile && (() => caFile.reveal()), serverName, first } : 'insecure',
    pingIntervalMs,
    logger,
  };
}
