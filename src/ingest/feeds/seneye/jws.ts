/**
 * The signed message of a post: a JSON Web Signature (RFC 7515) in compact form, `header.payload.signature`, HMAC with
 * SHA-256. The key is the text of the secret in UTF-8; seneye does not encode it.
 */
import { count } from '../../../lib/phrases.ts';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64, signedForms } from './base64.ts';

/** Why the form of a message is invalid. The text is for the log and contains nothing of the payload. */
export class JwsError extends Error {
  override readonly name = 'JwsError';
}

/** A parsed message. Its signature is not checked yet. */
export interface Jws {
  /** Texts that may have been signed, the most likely first. */
  readonly signed: readonly string[];
  readonly payload: Buffer;
  readonly signature: Buffer;
}

const SIGNATURE_BYTES = 32;

/**
 * Parses a message.
 * @throws JwsError if the form is invalid, or the algorithm is not HS256
 */
export function readJws(body: Uint8Array): Jws {
  // One character for each byte. Invalid base64 is detected below.
  const parts = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1').trim().split('.');
  const [header, payloadText, signatureText] = parts;
  if (header === undefined || payloadText === undefined || signatureText === undefined || parts.length !== 3) {
    throw new JwsError(`the body has ${count(parts.length, 'part')}, not the three of header.payload.signature`);
  }
  checkHeader(header);
  const payload = decodeBase64(payloadText);
  if (payload === undefined) throw new JwsError('the payload is not base64');
  const signature = decodeBase64(signatureText);
  if (signature?.length !== SIGNATURE_BYTES) throw new JwsError('the signature is not base64 of 32 bytes');
  return { signed: signedForms(header, payloadText), payload, signature };
}

/** Whether the message was signed with this secret. Takes constant time for every wrong signature. */
export function isSignedWith(secret: string, { signed, signature }: Jws): boolean {
  return signed.some((text) => timingSafeEqual(createHmac('sha256', secret).update(text).digest(), signature));
}

/** Only one algorithm is allowed: a sender that could choose it could choose `none`. */
function checkHeader(text: string): void {
  const fields = headerFields(text);
  if (fields === undefined) throw new JwsError('the header is not base64 of a JSON object');
  if (fields.alg !== 'HS256') throw new JwsError('the header names another algorithm than HS256');
  if (fields.crit !== undefined || fields.b64 !== undefined) {
    throw new JwsError('the header asks for extensions, which seneye does not use');
  }
}

function headerFields(text: string): Readonly<Record<string, unknown>> | undefined {
  const bytes = decodeBase64(text);
  if (bytes === undefined || bytes.length > 1024) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
