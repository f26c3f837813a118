/** The `pw` column of the marketplace's users, which decides by its form how a log-in is checked. */
import { pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';
import { tokenProblem } from './token.ts';

/** How a device or a buyer proves itself. */
export type Proof =
  /** 6 to 500 characters, as the marketplace's forms ask for. */
  | { readonly password: string }
  /** Body of an RSA public key: base64 without the lines of PEM. */
  | { readonly publicKey: string };

const ITERATIONS = 901;
const KEY_BYTES = 24;

/** What the marketplace stores for a proof. */
export function passwordColumn(proof: Proof): string {
  if ('publicKey' in proof) return proof.publicKey.replace(/-----[^-]+-----|\s/g, '');
  // The salt is used as the text that it is, not decoded.
  const salt = randomBytes(12).toString('base64');
  const key = pbkdf2Sync(proof.password, salt, ITERATIONS, KEY_BYTES, 'sha256').toString('base64');
  return `PBKDF2$sha256$${ITERATIONS}$${salt}$${key}`;
}

/** Why a password does not pass; undefined when it does. */
export function passwordProblem(column: string, password: string, nowSeconds: number): string | undefined {
  if (column.startsWith('PBKDF2$sha')) return hashHolds(column, password) ? undefined : 'the password is wrong';
  if (column.length <= 10) return 'the stored password is too short to be a key';
  return tokenProblem(password, column, nowSeconds);
}

function hashHolds(column: string, password: string): boolean {
  const [, digest = '', iterations, salt = '', key = ''] = column.split('$');
  const stored = Buffer.from(key, 'base64');
  if (!/^sha(1|256|512)$/.test(digest) || !(Number(iterations) > 0) || stored.length === 0) return false;
  return timingSafeEqual(pbkdf2Sync(password, salt, Number(iterations), stored.length, digest), stored);
}
