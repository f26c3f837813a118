/**
 * Base64 as it is met in the field. seneye documents the URL alphabet (`-`, `_`, no padding); receivers that work with
 * real devices expect the standard one (`+`, `/`), with or without padding. Strict JWT libraries refuse that, which is
 * why the folder has an implementation of its own.
 */

const EITHER_ALPHABET = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * The bytes of base64 text in either alphabet, or a mixture, with or without padding; undefined when it is none. Text
 * whose last character holds bits beyond the last byte is refused: no encoder makes it, and with it several texts would
 * mean the same bytes.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (!EITHER_ALPHABET.test(text)) return undefined;
  const digits = toUrlAlphabet(withoutPadding(text));
  if (text.includes('=') && text.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(digits, 'base64url');
  return bytes.toString('base64url') === digits ? bytes : undefined;
}

/**
 * The texts that a sender may have signed, the text as it came first. A sender may encode in one form, sign, and translate
 * what it sends into another; all forms mean the same bytes, so accepting them gives a forger nothing.
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
