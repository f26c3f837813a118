/** The caller of a request, as far as its message shows. Slots are shared between callers. */

export interface Caller {
  /** Identifies the connection: the constant part of its reply subjects. */
  readonly root: string;
  /** The user in the request. It counts only within the root, because any caller may name any user. */
  readonly user: string;
}

/** Calls of the driver itself, such as the polls of leases. */
export const OWN_CALLS: Caller = { root: '', user: '' };

/** Ids of NATS clients (NUID): 12 characters identify the process, 10 are a counter. */
const NUID = /^[0-9A-Za-z]{22}$/;
const NUID_PREFIX = 12;

/**
 * The root of a reply subject. Clients subscribe to `_INBOX.<NUID>.<token>` for all of their requests, or to a new
 * `<prefix>.<NUID>` for each. The first 12 characters of a NUID are the same in both. Without a NUID the last token
 * belongs to the request. A caller that invents roots counts as many callers. Its gain is limited, because callers
 * without a slot come first.
 */
export function callerRoot(reply: string): string {
  const tokens = reply.split('.');
  const at = tokens.findIndex((token) => NUID.test(token));
  if (at >= 0) return [...tokens.slice(0, at), tokens[at]?.slice(0, NUID_PREFIX)].join('.');
  return tokens.length === 1 ? reply : tokens.slice(0, -1).join('.');
}
