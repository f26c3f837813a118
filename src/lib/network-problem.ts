/** What the error codes of Node, OpenSSL and undici mean for a connection. The rooms add the remedies. */

export type NetworkProblem =
  /** Nothing listens at the address. */
  | 'refused'
  | 'unknownHost'
  /** There is no route to the address, or the machine forbids it. */
  | 'unreachable'
  | 'timeout'
  /** The peer closed the connection, or its last message is incomplete. */
  | 'closed'
  /** The certificate is signed by an authority that is not trusted. */
  | 'untrusted'
  | 'expired'
  | 'hostMismatch'
  /** Another failure of TLS. */
  | 'tls';

const PROBLEMS: readonly (readonly [pattern: RegExp, problem: NetworkProblem])[] = [
  [/^ECONNREFUSED$/, 'refused'],
  [/^(ENOTFOUND|EAI_\w+)$/, 'unknownHost'],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ENETDOWN|EACCES|EPERM|EADDRNOTAVAIL)$/, 'unreachable'],
  [/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'timeout'],
  [
    /^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|HPE_INVALID_EOF_STATE|UND_ERR_RES_CONTENT_LENGTH_MISMATCH)$/,
    'closed',
  ],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY|GET)_\w+|CERT_(UNTRUSTED|REJECTED|SIGNATURE_FAILURE)|INVALID_CA)$/,
    'untrusted',
  ],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'expired'],
  [/^(ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH)$/, 'hostMismatch'],
  [/^(ERR_(SSL|TLS|OSSL)_\w+|CERT_\w+|EPROTO)$/, 'tls'],
];

/** The problem that an error code means. Undefined if it is not one of a connection. */
export function networkProblem(code: string): NetworkProblem | undefined {
  return PROBLEMS.find(([pattern]) => pattern.test(code))?.[1];
}

/** Most errors that are looked at. */
const MOST_ERRORS = 64;

/**
 * The codes of an error, of its causes and of the errors that it collects, outermost first. Causes may form a circle.
 * @param causeOf the cause of an error, for libraries that store it elsewhere
 */
export function errorCodes(error: unknown, causeOf: (error: Error) => unknown = ({ cause }) => cause): string[] {
  const codes: string[] = [];
  const seen = new Set<Error>();
  const open = [error];
  while (open.length > 0 && seen.size < MOST_ERRORS) {
    const current = open.shift();
    if (!(current instanceof Error) || seen.has(current)) continue;
    seen.add(current);
    const { code } = current as { code?: unknown };
    if (typeof code === 'string') codes.push(code);
    const collected: unknown[] = current instanceof AggregateError ? current.errors.slice(0, MOST_ERRORS) : [];
    open.unshift(...collected, causeOf(current));
  }
  return codes;
}
