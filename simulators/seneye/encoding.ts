/** How a sender writes and signs its message: a compact JWS whose header is always the same. */
import { createHmac } from 'node:crypto';

export type Alphabet = 'standard' | 'url';

/** Devices document the URL alphabet; what they are seen to send is the standard one, at least in the signature. */
export interface Encoding {
  /** Alphabet of the signature; by default `standard`. */
  readonly signature?: Alphabet;
  /** Whether the signature ends with `=`; by default true with the standard alphabet. */
  readonly signaturePadding?: boolean;
  /** Alphabet of the payload; by default `url`. */
  readonly payload?: Alphabet;
  /** Whether the payload ends with `=` where it can; by default false. */
  readonly payloadPadding?: boolean;
  /** What the signature is made of: the text that is sent, or the URL form, translated after signing. By default `sent`. */
  readonly signed?: 'sent' | 'url';
}

/** `{"alg":"HS256"}`, without a type: the literal that all seneye senders use. */
export const HEADER = 'eyJhbGciOiJIUzI1NiJ9';

export function encodeBase64(bytes: Uint8Array, alphabet: Alphabet, padding: boolean): string {
  const standard = Buffer.from(bytes).toString('base64');
  const text = alphabet === 'standard' ? standard : standard.replaceAll('+', '-').replaceAll('/', '_');
  return padding ? text : text.replaceAll('=', '');
}

/** The body of a post. */
export function signMessage(payload: Uint8Array, secret: string, encoding: Encoding = {}): string {
  const { signature = 'standard', payload: alphabet = 'url', payloadPadding = false, signed = 'sent' } = encoding;
  const { signaturePadding = signature === 'standard' } = encoding;
  const sent = `${HEADER}.${encodeBase64(payload, alphabet, payloadPadding)}`;
  const text = signed === 'sent' ? sent : `${HEADER}.${encodeBase64(payload, 'url', false)}`;
  // The key is the text as the settings show it.
  const mac = createHmac('sha256', Buffer.from(secret, 'utf8')).update(text).digest();
  return `${sent}.${encodeBase64(mac, signature, signaturePadding)}`;
}
