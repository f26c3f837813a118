/** The credentials of one connection attempt to an I3 broker: the current password, or a new token. */
import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import type { BrokerCredentials } from '../../../mqtt/client.ts';
import type { I3Config } from './config.ts';
import { passwordProblem, readPrivateKey } from './secrets.ts';

/** The credential settings, the same for buyers and sellers. */
export type I3Account = Pick<I3Config, 'user' | 'credentials'>;

/**
 * Reads the secret again for each attempt: a replaced one is used, and a token is always fresh.
 * @throws Error that names the problem with the secret, without its content, before anything is sent
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
 * A JSON Web Token signed with RS256. It contains exactly `iss`, `iat` and `exp`: the broker refuses a token with an
 * audience, and older brokers check the rest strictly (I3 guide; the plugin of I3-Core).
 */
export function mintToken(
  key: KeyObject,
  { issuer, lifetimeSeconds, nowMs }: { issuer: string; lifetimeSeconds: number; nowMs: number },
): Promise<string> {
  // Rounded down: some brokers reject a token that was issued in the future.
  const now = Math.floor(nowMs / 1000);
  return new SignJWT({ iss: issuer, iat: now, exp: now + lifetimeSeconds })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .sign(key);
}
