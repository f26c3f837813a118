/** Network failures of an HTTP call, and their remedies. */
import { DriverError } from '../contract/errors.ts';
import { errorCodes, networkProblem, type NetworkProblem } from '../lib/network-problem.ts';
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

const ADVICE: Readonly<Record<NetworkProblem, string>> = {
  refused: 'nothing listens at its address; is the server running, and is the port right?',
  unknownHost: 'its host name cannot be resolved; check "url" and DNS',
  unreachable: 'there is no network route to it',
  timeout: 'it does not answer to connections; is a firewall in between?',
  closed: 'it closed the connection in the middle',
  untrusted: 'its certificate is not signed by a trusted authority; give that authority as tls.caFile',
  expired: 'its certificate is not valid today; renew it or check the clocks',
  hostMismatch: 'its certificate is for another host name; use that name in "url"',
  tls: 'TLS does not work with it; is it plain "http", or the wrong port?',
};

const CODE_ADVICE: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'its host name cannot be resolved now; DNS does not answer',
  // Also the code of a file that may not be read.
  EACCES: 'EACCES',
  EPERM: 'EPERM',
};

function adviceOf(code: string): string {
  const problem = networkProblem(code);
  const known = CODE_ADVICE[code] ?? (problem === undefined ? undefined : ADVICE[problem]);
  return known ?? (code.startsWith('HPE_') ? 'it does not speak HTTP; is it "https", or the wrong port?' : code);
}

/** The network failure behind a thrown error. Undefined if it is not a network failure. */
export function networkError(thrown: unknown): NetworkFailure | undefined {
  const proxy = proxyFailure(thrown);
  if (proxy !== undefined) return { code: 'PROXY', advice: proxy.message, broken: proxy.passing };
  const code = networkCode(thrown);
  if (code === undefined) return undefined;
  const advice = adviceOf(code);
  return { code, advice: `${advice}${advice.endsWith('?') ? '' : '.'}`, broken: networkProblem(code) === 'closed' };
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

const TLS_PROBLEMS = new Set<NetworkProblem | undefined>(['untrusted', 'expired', 'hostMismatch', 'tls']);

/** Whether a call failed in the TLS handshake. */
export const isTlsProblem = (thrown: unknown): boolean =>
  errorCodes(thrown).some((code) => TLS_PROBLEMS.has(networkProblem(code)));
