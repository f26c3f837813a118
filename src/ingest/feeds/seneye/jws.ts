/**
 * The signed message of a post: a JSON Web Signature (RFC 7515) in compact form, `header.payload.signature`, HMAC with
 * SHA-256. The key is the text of the secret in UTF-8; seneye does not encode it.
 */
import { count } from '../../../lib/wording/phrases.ts';
import { createHmac, timingSafeEqual } from 'node:crypto';

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

/*
 * Base64 as devices send it. seneye documents the URL alphabet (`-`, `_`, no padding). Receivers that work with real
 * devices expect the standard one (`+`, `/`), with or without padding. Strict JWT libraries reject that, so this file
 * has its own implementation.
 */

const EITHER_ALPHABET = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * Decodes base64 text in either alphabet, or a mixture, with or without padding. Returns undefined if it is not valid.
 * Text whose last character holds bits beyond the last byte is rejected: no encoder writes it, and accepting it would
 * let several texts mean the same bytes.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (!EITHER_ALPHABET.test(text)) return undefined;
  const digits = toUrlAlphabet(withoutPadding(text));
  if (text.includes('=') && text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(digits, 'base64url');
  return bytes.toString('base64url') === digits ? bytes : undefined;
}

/**
 * The texts that a sender may have signed, the received one first. A sender may sign one encoding and send another. All
 * forms mean the same bytes, so accepting them does not help a forger.
 */
export function signedForms(header: string, payload: string): string[] {
  const bare = withoutPadding(payload);
  const padded = bare.padEnd(Math.ceil(bare.length / 4) * 4, '=');
  const payloads = [
    payload,
    toUrlAlphabet(bare),
    toUrlAlphabet(padded),
    toStandardAlphabet(bare),
    toStandardAlphabet(padded),
  ];
  return [...new Set([payload, bare, ...payloads])].map((form) => `${header}.${form}`);
}

const withoutPadding = (text: string): string => text.replace(/={1,2}$/, '');
const toUrlAlphabet = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');
const toStandardAlphabet = (text: string): string => text.replaceAll('-', '+').replaceAll('_', '/');
