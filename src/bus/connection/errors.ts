/** Why there is no connection to the bus, with the remedy for the operator. */
import { NatsError } from 'nats';
import { errorCodes, networkProblem, type NetworkProblem } from '../../lib/network-problem.ts';
import { formatAddress, type ServerAddress } from './address.ts';

export type BusErrorCode =
  | 'refused'
  | 'unknownHost'
  | 'unreachable'
  | 'timeout'
  | 'closedByServer'
  | 'notNats'
  | 'authentication'
  | 'tlsNotOffered'
  | 'tlsRequired'
  | 'untrusted'
  | 'expired'
  | 'hostMismatch'
  | 'tlsFailed'
  | 'keyUnusable'
  | 'caUnreadable'
  | 'serverError'
  | 'lost'
  | 'stale'
  | 'other';

/** The reason why an attempt failed or a connection broke. The message says what happened and what to do. */
export class BusError extends Error {
  override readonly name = 'BusError';
  readonly code: BusErrorCode;

  constructor(code: BusErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** Facts about an attempt besides its error. */
export interface DialFacts {
  server: ServerAddress;
  insecure: boolean;
  tlsFirst: boolean;
  timeoutMs: number;
  /** The driver's public key. It is not secret, and the server's administrator needs it. */
  publicKey: string;
}

/** Classifies the reason of a failed attempt. */
export function classifyFailure(error: unknown, facts: DialFacts): BusError {
  if (error instanceof BusError) return error;
  const where = formatAddress(facts.server);
  const problem = (code: BusErrorCode, message: string): BusError => new BusError(code, message, error);
  const codes = errorCodes(error, causeOf);
  const has = (...wanted: string[]): boolean => wanted.some((code) => codes.includes(code));
  const means = (problem: NetworkProblem): boolean => codes.some((code) => networkProblem(code) === problem);
  const text = error instanceof Error ? error.message : '';

  if (facts.insecure && (has('TLS') || codes.some(isTlsCode))) {
    return problem(
      'tlsRequired',
      `The NATS server ${where} requires TLS, but the driver is set to connect without it. Leave out settings.bus.insecure (--insecure).`,
    );
  }
  if (means('refused')) {
    return problem(
      'refused',
      `Nothing listens at ${where} (connection refused). Start the NATS server, or correct the address.`,
    );
  }
  if (means('unknownHost')) {
    return problem(
      'unknownHost',
      `The host name "${facts.server.host}" cannot be resolved. Correct the address, or the name service of this machine.`,
    );
  }
  if (means('unreachable')) {
    return problem(
      'unreachable',
      `The NATS server ${where} cannot be reached from here. Check network, routes and firewalls.`,
    );
  }
  if (has('TIMEOUT', 'CONNECTION_TIMEOUT') || means('timeout')) {
    return problem(
      'timeout',
      `The NATS server ${where} did not answer within ${facts.timeoutMs} ms. ` +
        'Check that the address is that of a NATS server, that it is not overloaded, and the firewalls on the way.',
    );
  }
  if (has('AUTHORIZATION_VIOLATION', 'AUTHENTICATION_EXPIRED', 'ACCOUNT_EXPIRED')) {
    return problem(
      'authentication',
      `The NATS server ${where} refused the driver's key. Give its public key ${facts.publicKey} to the server's ` +
        "users, or use the key file that belongs to the server's user.",
    );
  }
  if (has('AUTHENTICATION_TIMEOUT')) {
    return problem(
      'authentication',
      `The NATS server ${where} did not wait for the driver's log-in to finish. Raise the server's authorization timeout.`,
    );
  }
  if (has('SERVER_OPT_NA') && !facts.insecure) {
    return problem(
      'tlsNotOffered',
      `The NATS server ${where} offers no TLS, which the driver requires. Set up TLS at the server, correct natsurl (--nats), or allow plain TCP: nats:// in it, and settings.bus.insecure (--insecure).`,
    );
  }
  if (means('untrusted')) {
    return problem(
      'untrusted',
      `The certificate of the NATS server ${where} is signed by an authority that the driver does not trust (${first(codes)}). ` +
        "Name a PEM file with the server's CA certificate as settings.bus.tls.caFile (--ca).",
    );
  }
  if (means('expired')) {
    return problem(
      'expired',
      `The certificate of the NATS server ${where} is not valid today (${first(codes)}). Renew it, or correct the clock.`,
    );
  }
  if (means('hostMismatch')) {
    return problem(
      'hostMismatch',
      `The certificate of the NATS server ${where} does not contain the name "${facts.server.tlsName}" (${altNames(error)}). ` +
        "Use an address that the certificate names as natsurl (--nats), or set the certificate's name as " +
        'settings.bus.tls.serverName (--server-name).',
    );
  }
  if (has('TLS') || codes.some(isTlsCode)) {
    return problem('tlsFailed', `TLS with ${where} failed: ${text}. ${firstHint(facts)}`);
  }
  if (error instanceof SyntaxError || text === 'unexpected response from server') {
    return problem('notNats', `The program at ${where} is not a NATS server. Correct the address.`);
  }
  if (error === undefined || has('CONNECTION_REFUSED', 'DISCONNECT') || means('closed')) {
    return problem(
      'closedByServer',
      `The NATS server ${where} closed the connection before it was made. ${firstHint(facts)} The server's log may contain the reason.`,
    );
  }
  if (has('NATS_PROTOCOL_ERR')) {
    return problem('serverError', `The NATS server ${where} refused the connection: ${text}.`);
  }
  return problem('other', `The connection to the NATS server ${where} failed: ${text || 'the reason is unknown'}.`);
}

/** The reason why an established connection ended. */
export function lostConnection(server: ServerAddress, reason: unknown): BusError {
  const text = reason instanceof Error ? reason.message : 'the server closed it';
  return new BusError('lost', `The connection to the NATS server ${formatAddress(server)} was lost: ${text}.`, reason);
}

export function staleConnection(server: ServerAddress, silentMs: number): BusError {
  return new BusError(
    'stale',
    `The NATS server ${formatAddress(server)} has not answered a ping for ${silentMs} ms; the driver closes the connection and connects again.`,
  );
}

function firstHint(facts: DialFacts): string {
  return facts.tlsFirst
    ? 'The driver begins with TLS (settings.bus.tls.first, --tls-first); check that the server does so too (handshake_first).'
    : 'If the server begins with TLS (handshake_first), set settings.bus.tls.first (--tls-first).';
}

/** The NATS client stores the cause of its errors elsewhere. */
const causeOf = (error: Error): unknown => (error instanceof NatsError ? error.chainedError : error.cause);

const tlsProblems = new Set<NetworkProblem | undefined>(['untrusted', 'expired', 'hostMismatch', 'tls']);
const isTlsCode = (code: string): boolean => tlsProblems.has(networkProblem(code));

function first(codes: string[]): string {
  return codes.find((code) => isTlsCode(code)) ?? codes[0] ?? 'unknown';
}

/** The names in a mismatched certificate, as Node's error contains them. */
function altNames(error: unknown): string {
  const { cert } = error as { cert?: { subjectaltname?: unknown } };
  const names = cert?.subjectaltname;
  return typeof names === 'string' && names !== '' ? `it contains ${names.slice(0, 300)}` : 'it contains no names';
}
