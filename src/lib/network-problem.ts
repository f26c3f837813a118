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

/** Most causes that are followed. */
const MOST_CAUSES = 8;

/**
 * The codes of an error and of its causes, outermost first.
 * @param causeOf the cause of an error, for libraries that store it elsewhere
 */
export function errorCodes(error: unknown, causeOf: (error: Error) => unknown = ({ cause }) => cause): string[] {
  const codes: string[] = [];
  for (let current = error; current instanceof Error && codes.length < MOST_CAUSES; current = causeOf(current)) {
    const { code } = current as { code?: unknown };
    if (typeof code === 'string') codes.push(code);
    if (current instanceof AggregateError) codes.push(...current.errors.flatMap((one) => errorCodes(one, causeOf)));
  }
  return codes;
}
