/** One attempt to connect to one server, with everything that the client would otherwise do by default switched off. */
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect, nkeyAuthenticator, type ConnectionOptions, type NatsConnection, type TlsOptions } from 'nats';
import { fromSeed } from 'nkeys.js';
import { formatAddress, type ServerAddress } from './address.ts';
import { BusProblem, classifyFailure, type AttemptFacts } from './problem.ts';

/** How the driver trusts the server; `insecure` sends everything in the clear. */
export type BusTls =
  | {
      /** File with the certificates of trusted authorities (PEM), read anew at each attempt; by default Node's own. */
      caFile?: string | undefined;
      /** The same as text. */
      ca?: string | undefined;
      /** Name that the server's certificate must carry, in place of the address. */
      serverName?: string | undefined;
      /** TLS before the server's greeting (handshake_first at the server). */
      first?: boolean | undefined;
    }
  | 'insecure';

/** The seed of the driver's NKey, or where to get it; white space around it does not matter. */
export type SeedSource = Uint8Array | string | (() => Uint8Array | string);

export interface DialOptions {
  name: string;
  seed: SeedSource;
  tls: BusTls;
  connectTimeoutMs: number;
  /** Subject below which the connection listens for replies (to JetStream, for one). Default `_INBOX`. */
  inboxPrefix?: string | undefined;
}

/** The client's own pings are replaced by ours (see heartbeat.ts): this is the longest a timer can be set to. */
const never = 2 ** 31 - 1;

/** Resolves with a connection that does not reconnect by itself; rejects with a `BusProblem`. */
export async function dial(server: ServerAddress, options: DialOptions): Promise<NatsConnection> {
  const seed = readSeed(options.seed);
  const facts = attemptFacts(server, options, seed.publicKey);
  const settings: ConnectionOptions = {
    servers: [formatAddress(server)],
    name: options.name,
    authenticator: nkeyAuthenticator(seed.bytes),
    tls: tlsSettings(server, options.tls),
    timeout: options.connectTimeoutMs,
    // The client does not tell why each of its own attempts fails, so the dial loop is ours.
    reconnect: false,
    maxReconnectAttempts: 0,
    ignoreAuthErrorAbort: true,
    ignoreClusterUpdates: true,
    noRandomize: true,
    // Names are resolved as by every other program of this machine (/etc/hosts, search domains).
    resolve: false,
    pingInterval: never,
    noAsyncTraces: true,
    ...(options.inboxPrefix === undefined ? {} : { inboxPrefix: options.inboxPrefix }),
  };
  try {
    return await connect(settings);
  } catch (error) {
    throw classifyFailure(error, facts);
  }
}

export function attemptFacts(server: ServerAddress, options: DialOptions, publicKey: string): AttemptFacts {
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
 * The client hands these to Node's TLS as they are. `host` is given because Node would otherwise hold a server that is
 * dialled by its address to the name "localhost". Null, and not undefined, keeps the client from following the server.
 */
export function tlsSettings(
  server: ServerAddress,
  tls: BusTls,
): (TlsOptions & { host: string; servername: string }) | null {
  if (tls === 'insecure') return null;
  const host = tls.serverName ?? server.tlsName;
  const ca = tls.caFile === undefined ? tls.ca : readCa(tls.caFile);
  return {
    host,
    // An address is not allowed as a server name indication.
    servername: isIP(host) === 0 ? host : '',
    ...(ca === undefined ? {} : { ca }),
    ...(tls.first === true ? { handshakeFirst: true } : {}),
  };
}

function readCa(file: string): string {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new BusProblem(
      'caUnreadable',
      `The CA file ${file} cannot be read (${why}). Correct its path or its rights.`,
    );
  }
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw new BusProblem('caUnreadable', `The CA file ${file} holds no certificate in PEM form.`);
}

/** The seed never becomes part of an error, not even of its cause. */
export function readSeed(source: SeedSource): { bytes: Uint8Array; publicKey: string } {
  const unusable = (why: string): BusProblem =>
    new BusProblem(
      'keyUnusable',
      `The driver's private key cannot be used: ${why}. It must be the seed of an NKey user ("SU...").`,
    );
  let given: Uint8Array | string;
  try {
    given = typeof source === 'function' ? source() : source;
  } catch (error) {
    throw unusable(`it cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`);
  }
  const text = (typeof given === 'string' ? given : Buffer.from(given).toString('latin1')).trim();
  const bytes = Buffer.from(text, 'latin1');
  try {
    return { bytes, publicKey: fromSeed(bytes).getPublicKey() };
  } catch {
    throw unusable('it is not a valid seed');
  }
}
