/**
 * Base64 as devices send it. seneye documents the URL alphabet (`-`, `_`, no padding). Receivers that work with real
 * devices expect the standard one (`+`, `/`), with or without padding. Strict JWT libraries reject that, so this folder
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
