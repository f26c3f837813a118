/** The URL of a page, as the configuration has it. */
import { hostname } from 'node:os';
import { isIP } from 'node:net';
import { type HttpConfig, isLocalAddress } from '../config.ts';

const WILDCARDS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/**
 * The URL of a page, for a browser at this address. Undefined if the server does not listen, or listens only for this
 * machine and the browser is on another one.
 * @param port port at which the server listens
 */
export function pageUrl(
  { address, tls, publicUrl }: Pick<HttpConfig, 'address' | 'tls' | 'publicUrl'>,
  port: number | undefined,
  path: string,
  browserAddress: string | undefined,
): string | undefined {
  if (publicUrl !== undefined) return `${publicUrl.replace(/\/$/, '')}${path}`;
  if (port === undefined) return undefined;
  if (isLocalAddress(address) && !isLocalAddress(plain(browserAddress))) return undefined;
  const host = WILDCARDS.has(address) ? hostname() : address;
  return `${tls === undefined ? 'http' : 'https'}://${isIP(host) === 6 ? `[${host}]` : host}:${port}${path}`;
}

/** An IPv4 address in IPv6 notation is one of IPv4. */
const plain = (address = ''): string => address.replace(/^::ffff:/i, '');
