/** Network failures of an HTTP call, and their remedies. */
import { DriverError } from '../contract/errors.ts';
import { ProxyError } from './proxy-errors.ts';

/** Facts about a failure below HTTP. */
export interface NetworkFailure {
  /** Error code of Node, TLS or undici. */
  readonly code: string;
  /** Ends with a full stop or a question mark. */
  readonly advice: string;
  /** The connection was established and broke later, which does not predict the next call. */
  readonly broken: boolean;
}

/** Advice for TLS failures by code. */
const TLS_ADVICE: [pattern: RegExp, advice: string][] = [
  [/ALTNAME/, 'its certificate is for another host name; use that name in "url"'],
  [/EXPIRED|NOT_YET_VALID/, 'its certificate is not valid today; renew it or check the clocks'],
  [
    /SELF_SIGNED|UNABLE_TO_(GET_ISSUER|VERIFY)|CERT_UNTRUSTED|INVALID_CA/,
    'its certificate is not signed by a trusted authority; give that authority as tls.caFile',
  ],
  [/WRONG_VERSION|SSL|TLS|EPROTO/, 'TLS does not work with it; is it plain "http", or the wrong port?'],
  [/^HPE_/, 'it does not speak HTTP; is it "https", or the wrong port?'],
];

const NETWORK_ADVICE: Record<string, string> = {
  ECONNREFUSED: 'nothing listens at its address; is the server running, and is the port right?',
  ENOTFOUND: 'its host name cannot be resolved; check "url" and DNS',
  EAI_AGAIN: 'its host name cannot be resolved now; DNS does not answer',
  EHOSTUNREACH: 'there is no network route to it',
  ENETUNREACH: 'there is no network route to it',
  ETIMEDOUT: 'it does not answer to connections; is a firewall in between?',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer to connections in time; is a firewall in between?',
  ECONNRESET: 'it closed the connection in the middle',
  EPIPE: 'it closed the connection in the middle',
  UND_ERR_SOCKET: 'it closed the connection in the middle',
};

/** The last two: a chunked answer, or one with a length, arrived incomplete. */
const BROKEN = /^(ECONNRESET|EPIPE|UND_ERR_SOCKET|HPE_INVALID_EOF_STATE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/;

/** The network failure behind a thrown error. Undefined if it is not a network failure. */
export function networkError(thrown: unknown): NetworkFailure | undefined {
  const proxy = proxyFailure(thrown);
  if (proxy !== undefined) return { code: 'PROXY', advice: proxy.message, broken: proxy.passing };
  const code = networkCode(thrown);
  if (code === undefined) return undefined;
  const broken = BROKEN.test(code);
  const known = NETWORK_ADVICE[code] ?? (broken ? NETWORK_ADVICE.ECONNRESET : undefined);
  const advice = known ?? TLS_ADVICE.find(([pattern]) => pattern.test(code))?.[1] ?? code;
  return { code, advice: `${advice}${advice.endsWith('?') ? '' : '.'}`, broken };
}

function proxyFailure(thrown: unknown): ProxyError | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    if (error instanceof ProxyError) return error;
  }
  return undefined;
}

/** The code of a network error, which undici and TLS store at different depths. */
function networkCode(thrown: unknown): string | undefined {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const { code } = error as { code?: unknown };
    // The codes of the driver's own errors belong to the contract, not to the network.
    if (typeof code === 'string' && !(error instanceof DriverError)) return code;
    // It has a code only in its type declaration.
    if (error.name === 'HTTPParserError') return 'HPE_INVALID';
    if (error instanceof AggregateError && error.errors.length > 0) return networkCode(error.errors[0]);
  }
  return undefined;
}
