/**
 * The marketplace's check of a JSON Web Token: what its broker's plugin lets pass, which is more in some places and less
 * in others than one would expect. Written without a JWT library, so that it shares no mistake with the driver.
 * After the plugin of I3-Core (be-jwt.c, verify_jwt.c), which calls PyJWT 1.7.1.
 */
import { constants, createPublicKey, verify, type KeyObject } from 'node:crypto';

/** Why a token does not pass; undefined when it does. */
export function tokenProblem(token: string, publicKeyBody: string, nowSeconds: number): string | undefined {
  const key = publicKeyOf(publicKeyBody);
  if (key === undefined) return 'the stored public key is not one';
  const parts = token.split('.');
  const [header, payload, signature] = parts.map(decodePart);
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) {
    return 'it has not the form of a token';
  }
  const head = readObject(header);
  const claims = readObject(payload);
  if (head === undefined || claims === undefined) return 'its header or its claims are no JSON object';
  const signed = Buffer.from(parts.slice(0, 2).join('.'), 'latin1');
  if (!signatureHolds(head.alg, signed, signature, key)) return 'its signature does not belong to the key';
  return claimsProblem(claims, nowSeconds);
}

/** The plugin asks for RS256 by a parameter that PyJWT 1.7.1 ignores, so every algorithm that fits the key passes. */
function signatureHolds(algorithm: unknown, signed: Buffer, signature: Buffer, key: KeyObject): boolean {
  const match = typeof algorithm === 'string' ? /^([RP])S(256|384|512)$/.exec(algorithm) : null;
  if (match === null) return false;
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
  return verify(`sha${match[2] ?? ''}`, signed, match[1] === 'P' ? { key, ...pss } : key, signature);
}

function claimsProblem(claims: Record<string, unknown>, now: number): string | undefined {
  for (const name of ['iat', 'nbf', 'exp']) {
    if (name in claims && wholeNumber(claims[name]) === undefined) return `${name} is no number`;
  }
  // `iat` may lie in the future, and `iss` may be anything; a token without `exp` never expires.
  if ('nbf' in claims && (wholeNumber(claims.nbf) ?? 0) > now) return 'it is not valid yet';
  if ('exp' in claims && (wholeNumber(claims.exp) ?? 0) < now) return 'it has expired';
  if ('aud' in claims) return 'it names an audience';
  return undefined;
}

/** As Python's `int()` takes it. */
function wholeNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.trunc(value);
  if (typeof value === 'string' && /^\s*[+-]?\d+\s*$/.test(value)) return Number(value);
  return undefined;
}

function publicKeyOf(body: string): KeyObject | undefined {
  try {
    return createPublicKey(`-----BEGIN PUBLIC KEY-----\n${body}\n-----END PUBLIC KEY-----\n`);
  } catch {
    return undefined;
  }
}

const decodePart = (part: string): Buffer | undefined =>
  /^[\w-]+=*$/.test(part) ? Buffer.from(part, 'base64url') : undefined;

function readObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
