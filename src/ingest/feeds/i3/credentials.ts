/** The log-in of one attempt to connect to an I3 broker: the password as it is now, or a token made for the occasion. */
import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { IngestConfig } from '../../../config/config.ts';
import { passwordProblem } from '../../../config/ingest/i3-password.ts';
import { readPrivateKey } from '../../../config/ingest/private-key.ts';
import type { BrokerCredentials } from '../../../mqtt/client.ts';

/** What is configured of it; the same for buyers and sellers. */
export type I3Account = Pick<IngestConfig['i3'][number], 'user' | 'credentials'>;

/**
 * Reads the secret anew, for each attempt: one that was replaced meanwhile is used, and a token is always fresh.
 * @throws Error whose message names what is wrong with the secret, without any of it, before anything is sent
 */
export async function loginOf(account: I3Account, nowMs: number = Date.now()): Promise<BrokerCredentials> {
  const { user, credentials } = account;
  const { privateKey, password } = credentials;
  if (privateKey !== undefined) {
    const key = readPrivateKey(await privateKey.reveal());
    const { issuer = user.split('$')[0] ?? user, lifetimeSeconds } = credentials;
    return { username: user, password: await mintToken(key, { issuer, lifetimeSeconds, nowMs }) };
  }
  if (password === undefined) throw new Error('There is neither a password nor a private key.');
  const text = await password.reveal();
  const problem = passwordProblem(text);
  if (problem !== undefined) throw new Error(problem);
  return { username: user, password: text };
}

/**
 * A JSON Web Token signed with RS256. Exactly `iss`, `iat` and `exp`: the broker refuses one that names an audience, and
 * older ones look closely at the rest (I3 guide; the plugin of I3-Core).
 */
export function mintToken(
  key: KeyObject,
  { issuer, lifetimeSeconds, nowMs }: { issuer: string; lifetimeSeconds: number; nowMs: number },
): Promise<string> {
  // Rounded down: a token that was issued in the future is none to some.
  const now = Math.floor(nowMs / 1000);
  return new SignJWT({ iss: issuer, iat: now, exp: now + lifetimeSeconds })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .sign(key);
}
