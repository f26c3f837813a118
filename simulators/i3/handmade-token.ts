/** JSON Web Tokens made by hand, with Node's own cryptography and no JWT library. */
import { constants, sign } from 'node:crypto';

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Signed as the header's `alg` says (RS and PS); any other algorithm gets the signature of RS256. */
export function handmadeToken(
  privatePem: string,
  claims: unknown,
  header: object = { alg: 'RS256', typ: 'JWT' },
): string {
  const { alg = '' } = header as { alg?: string };
  const signed = `${part(header)}.${part(claims)}`;
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const key = { key: privatePem, ...(alg.startsWith('PS') ? pss : {}) };
  const digest = /^[RP]S(\d{3})$/.exec(alg)?.[1] ?? '256';
  return `${signed}.${sign(`sha${digest}`, Buffer.from(signed), key).toString('base64url')}`;
}
