/** Addresses of NATS servers in the forms that users write. */
import { isIP } from 'node:net';

/** A server to connect to. */
export interface ServerAddress {
  host: string;
  port: number;
  /** Name that the server's certificate must contain. */
  tlsName: string;
}

const defaultPort = 4222;

/**
 * Parses `host`, `host:port` and `[ipv6]:port`, each with or without `nats://` or `tls://`. Throws on anything else.
 * Rejects user names and passwords, because the bus uses NKeys only.
 */
export function parseAddress(text: string, tlsName?: string): ServerAddress {
  const match = /^(?:(?:nats|tls):\/\/)?(?:\[([\da-f:.]+)\]|([^\s:/@[\]]+))(?::(\d{1,5}))?\/?$/i.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = match?.[3] === undefined ? defaultPort : Number(match[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new Error('A NATS server is given as "host:port", "tls://host:port" or "nats://host:port", without a user.');
  }
  return { host, port, tlsName: tlsName ?? host };
}

/** Formats an address for messages and for the client: IPv6 in brackets. */
export function formatAddress({ host, port }: Pick<ServerAddress, 'host' | 'port'>): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Addresses of the cluster that a server announces. An address without a name is checked against the TLS name of the
 * announcing server.
 */
export function discoveredAddresses(urls: readonly string[] | undefined, by: ServerAddress): ServerAddress[] {
  return (urls ?? []).flatMap((url) => {
    try {
      const address = parseAddress(url);
      return [isIP(address.host) === 0 ? address : { ...address, tlsName: by.tlsName }];
    } catch {
      return [];
    }
  });
}
