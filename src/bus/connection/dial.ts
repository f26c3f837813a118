/** One attempt to connect to one server, with the client's own default behavior switched off. */
import { isIP } from 'node:net';
import { connect, nkeyAuthenticator, type ConnectionOptions, type NatsConnection, type TlsOptions } from 'nats';
import { fromSeed } from 'nkeys.js';
import { formatAddress, type ServerAddress } from './address.ts';
import { AttemptSockets } from './attempt-sockets.ts';
import { BusError, classifyFailure, type DialFacts } from './errors.ts';

/** How the driver trusts the server. `insecure` sends everything unencrypted. */
export type BusTls =
  | {
      /** Certificates of the trusted authorities (PEM). A function is called for each attempt. Default: Node's own. */
      ca?: ValueOrReader<string> | undefined;
      /** Name that the server's certificate must contain, instead of the address. */
      serverName?: string | undefined;
      /** TLS before the server's INFO message (handshake_first at the server). */
      first?: boolean | undefined;
    }
  | 'insecure';

/** A value, or a function that reads it again for each use. Its error says what cannot be read and is safe to log. */
export type ValueOrReader<T> = T | (() => T | Promise<T>);

/** The seed of the driver's NKey, or a function that reads it. Surrounding white space is ignored. */
export type SeedSource = ValueOrReader<Uint8Array | string>;

/** Credentials of an attempt that can change while the driver runs. */
export interface BusIdentity {
  readonly seed: Uint8Array;
  readonly publicKey: string;
  /** Undefined if Node's own authorities are used. */
  readonly ca: string | undefined;
}

export interface DialOptions {
  name: string;
  seed: SeedSource;
  tls: BusTls;
  connectTimeoutMs: number;
  /** Subject below which the connection receives replies, for example those of JetStream. Default `_INBOX`. */
  inboxPrefix?: string | undefined;
}

/** The driver's own pings replace the client's (see live-connection.ts). This is the longest timer interval. */
const never = 2 ** 31 - 1;

/**
 * Reads the current seed and authorities.
 * @throws BusError `keyUnusable` or `caUnreadable`
 */
export async function readIdentity({ seed, tls }: Pick<DialOptions, 'seed' | 'tls'>): Promise<BusIdentity> {
  const [key, ca] = await Promise.all([readSeed(seed), tls === 'insecure' ? undefined : readCa(tls.ca)]);
  return { seed: key.bytes, publicKey: key.publicKey, ca };
}

/** True if both identities lead to the same connection. */
export function isSameIdentity(one: BusIdentity, other: BusIdentity): boolean {
  return one.ca === other.ca && Buffer.compare(one.seed, other.seed) === 0;
}

/**
 * Resolves with a connection that does not reconnect by itself. An attempt that fails or is aborted leaves no socket
 * open.
 * @throws BusError
 */
export async function dial(
  server: ServerAddress,
  options: DialOptions,
  identity: BusIdentity,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const settings: ConnectionOptions = {
    servers: [formatAddress(server)],
    name: options.name,
    authenticator: nkeyAuthenticator(identity.seed),
    tls: tlsSettings(server, options.tls, identity.ca),
    timeout: options.connectTimeoutMs,
    // The client does not report why each of its own attempts fails, so the driver has its own dial loop.
    reconnect: false,
    maxReconnectAttempts: 0,
    ignoreAuthErrorAbort: true,
    ignoreClusterUpdates: true,
    noRandomize: true,
    // Names are resolved by the operating system (/etc/hosts, search domains).
    resolve: false,
    pingInterval: never,
    noAsyncTraces: true,
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
  };
  const sockets = new AttemptSockets();
  const abandon = (): void => {
    sockets.destroy();
  };
  signal.addEventListener('abort', abandon, { once: true });
  try {
    if (signal.aborted) throw new BusError('other', 'The attempt to connect was aborted.');
    return await sockets.during(() => connect(settings));
  } catch (error) {
    sockets.destroy();
    throw classifyFailure(error, dialFacts(server, options, identity.publicKey));
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}

export function dialFacts(server: ServerAddress, options: DialOptions, publicKey: string): DialFacts {
  const { tls, connectTimeoutMs } = options;
  const insecure = tls === 'insecure';
  return {
    server: insecure ? server : { ...server, tlsName: tls.serverName ?? server.tlsName },
    insecure,
    tlsFirst: !insecure && tls.first === true,
    timeoutMs: connectTimeoutMs,
    publicKey,
  };
}

/**
 * The client passes these to Node's TLS unchanged. Without `host`, Node checks a server that is dialled by its address
 * against the name "localhost". Null instead of undefined prevents the client from following the server's TLS setting.
 */
function tlsSettings(
  server: ServerAddress,
  tls: BusTls,
  ca: string | undefined,
): (TlsOptions & { host: string; servername: string }) | null {
  if (tls === 'insecure') return null;
  const host = tls.serverName ?? server.tlsName;
  return {
    host,
    // TLS does not allow an IP address as server name indication.
    servername: isIP(host) === 0 ? host : '',
    ...(ca === undefined ? {} : { ca }),
    ...(tls.first === true ? { handshakeFirst: true } : {}),
  };
}

async function readCa(source: ValueOrReader<string> | undefined): Promise<string | undefined> {
  if (source === undefined) return undefined;
  const unreadable = (why: string): BusError =>
    new BusError(
      'caUnreadable',
      `The authorities of the NATS server cannot be read: ${why}. Correct the path, the rights or the content of the CA file.`,
    );
  let text: string;
  try {
    text = typeof source === 'function' ? await source() : source;
  } catch (error) {
    throw unreadable(reasonOf(error));
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw unreadable('there is no certificate in PEM form');
}

/** The seed never becomes part of an error or of its cause. */
async function readSeed(source: SeedSource): Promise<{ bytes: Uint8Array; publicKey: string }> {
  const unusable = (why: string): BusError =>
    new BusError(
      'keyUnusable',
      `The driver's private key cannot be used: ${why}. It must be the seed of an NKey user ("SU...").`,
    );
  let given: Uint8Array | string;
  try {
    given = typeof source === 'function' ? await source() : source;
  } catch (error) {
    throw unusable(reasonOf(error));
  }
  const text = (typeof given === 'string' ? given : Buffer.from(given).toString('latin1')).trim();
  const bytes = Buffer.from(text, 'latin1');
  try {
    return { bytes, publicKey: fromSeed(bytes).getPublicKey() };
  } catch {
    throw unusable('it is not a valid seed');
  }
}

/** The code of a system call, or the message of a source, which names the location and no content. */
function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (code !== undefined) return `it cannot be read (${code})`;
  return error instanceof Error ? error.message : 'unknown error';
}
