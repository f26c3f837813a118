/**
 * Limits the cost of parsing JSON before it is parsed: text of nothing but braces, or with a hundred thousand different
 * keys, takes many times longer than an array of the same length.
 */

/**
 * Most objects, arrays and members of one request. An array of five thousand small objects, although invalid, is still
 * parsed.
 */
const MOST_PARTS = 32_768;
/** Most nesting levels of one request. The contract needs six. */
const MOST_LEVELS = 64;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Why a JSON text is too complex to be parsed, or undefined. The parser reports invalid JSON. */
export function tooComplex(text: Uint8Array, mostParts = MOST_PARTS): string | undefined {
  let parts = 0;
  let level = 0;
  for (let at = 0; at < text.length; at++) {
    const byte = text[at];
    if (byte === QUOTE) {
      at = endOfString(text, at + 1);
    } else if (byte === 0x7b || byte === 0x5b) {
      parts++;
      if (++level > MOST_LEVELS) return `it nests deeper than ${MOST_LEVELS} levels`;
    } else if (byte === 0x7d || byte === 0x5d) {
      level--;
    } else if (byte === 0x3a) {
      parts++;
    }
    if (parts > mostParts) return `it has more than ${mostParts} objects, lists and members`;
  }
  return undefined;
}

/** Position of the closing quote, or the end of the text. */
function endOfString(text: Uint8Array, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== QUOTE) at += text[at] === BACKSLASH ? 2 : 1;
  return at;
}
