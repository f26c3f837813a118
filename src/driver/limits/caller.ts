/** Who asks, as far as a message tells: what places are shared by. */

export interface Caller {
  /** Names the connection: the part of its reply subjects that stays the same. */
  readonly root: string;
  /** The user that the request names; only within the root, because anybody may name any user. */
  readonly user: string;
}

/** What the driver does of its own accord, such as the polls of leases. */
export const OWN_CALLS: Caller = { root: '', user: '' };

/** Ids of NATS clients (NUID): 12 characters are those of the process, 10 count. */
const NUID = /^[0-9A-Za-z]{22}$/;
const NUID_PREFIX = 12;

/**
 * The root of a reply subject. Clients listen to `_INBOX.<NUID>.<token>` for all of their requests, or to a new
 * `<prefix>.<NUID>` for each; the first 12 characters of a NUID are the same in both. Without a NUID the last token is
 * that of the request. A caller that makes up roots looks like many; what it gains is bounded, because every caller
 * without a place comes first.
 */
export function callerRoot(reply: string): string {
  const tokens = reply.split('.');
  const at = tokens.findIndex((token) => NUID.test(token));
  if (at >= 0) return [...tokens.slice(0, at), tokens[at]?.slice(0, NUID_PREFIX)].join('.');
  return tokens.length === 1 ? reply : tokens.slice(0, -1).join('.');
}
