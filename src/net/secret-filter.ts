/**
 * Removes secrets from external texts: a server's error, a broker's reason, a proxy's page.
 *
 * A careless server repeats what it received, in any form: unchanged, in Base64 (with a user before it, as in `Basic`),
 * in hexadecimal digits, percent-encoded once or twice, escaped for JSON or HTML, or only a part of it. The text is
 * decoded step by step, and each step is searched for pieces of every secret. Matches are masked in the original text.
 *
 * A short secret, or a plain word, may occur in a text by chance, and masking it would reveal it. With such a secret no
 * external text is shown at all, whether it contains the secret or not.
 */

const MASK = '[secret]';
/** Shorter secrets, and shorter ones of letters only, may occur in any text by chance. */
const SHORTEST = 6;
const SHORTEST_WORD = 16;
/** A part of a secret counts from this length on, or from this share of the secret if that is less. */
const LONGEST_PIECE = 12;
const SHARE = 0.75;
/** A password up to this length may consist of words. A longer secret is a token. */
const LONGEST_WITH_WORDS = 64;
/** Longest secret. A token has some thousand characters. */
const LONGEST_SECRET = 4096;
/**
 * Marks of the escapes that are decoded together, and the number of steps: text that is encoded more often is not
 * readable. Each kind is also decoded alone, for a secret that itself contains what looks like an escape.
 */
const DECODINGS: [marks: string, steps: number][] = [
  ['%\\&', 4],
  ['%', 2],
  ['\\', 2],
  ['&', 1],
];
/** Encodings make a text longer: this multiple of the shown length is read to identify what its end belongs to. */
const READ_AHEAD = 4;
/** Tokens change. Only the newest secrets are kept. */
const KEPT = 32;

/** Characters that control a terminal, hide parts of a text, or end a log line. */
// eslint-disable-next-line no-control-regex
const CONTROL = /\u001b\[[0-9;?]{0,32}[@-~]|[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

export class SecretFilter {
  readonly #secrets = new Set<string>();
  #pieces: Pieces | undefined;
  #guessable = 0;

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.learn(secret);
  }

  /** Adds a secret to remove. An empty one is ignored. */
  learn(secret: string): void {
    if (secret === '') return;
    const known = this.#secrets.delete(secret);
    this.#secrets.add(secret);
    if (known) return;
    if (isGuessable(secret)) this.#guessable++;
    const [oldest] = this.#secrets;
    if (this.#secrets.size > KEPT && oldest !== undefined) {
      this.#secrets.delete(oldest);
      if (isGuessable(oldest)) this.#guessable--;
    }
    this.#pieces = undefined;
  }

  /**
   * An external text on one line, without control characters and secrets. Empty if a secret could be guessed from what
   * is missing.
   * @param longest most characters of the text that are shown
   */
  readonly clean = (text: string, longest = 2000): string => {
    if (this.#guessable > 0) return '';
    const line = text
      .slice(0, longest * READ_AHEAD)
      .replace(CONTROL, ' ')
      .toWellFormed();
    if (this.#secrets.size === 0 || line === '') return line.slice(0, longest);
    this.#pieces ??= piecesOf(this.#secrets);
    return masked(line, this.#pieces, longest);
  };
}

const isGuessable = (secret: string): boolean =>
  secret.length < SHORTEST || (secret.length < SHORTEST_WORD && /^\p{L}+$/u.test(secret));

/** Bytes as a string: one character from 0 to 255 for each. */
type Bytes = string;
const bytesOf = (text: string): Bytes => Buffer.from(text, 'utf8').toString('latin1');

/** The pieces to search for, by length. The search ignores case, except in Base64. */
class PieceSet {
  readonly byLength = new Map<number, Set<string>>();
  /** Whether a piece begins with two given bytes: rules out most positions with one lookup. */
  readonly begins = new Uint8Array(65_536);

  /** Adds a text and every part of it that is long enough. A part of letters only may be an ordinary word. */
  add(text: Bytes): void {
    if (text.length < SHORTEST) return;
    const isShort = text.length <= LONGEST_WITH_WORDS;
    if (isShort) this.#put(text);
    const length = Math.max(SHORTEST, Math.min(LONGEST_PIECE, Math.ceil(text.length * SHARE)));
    for (let at = 0; at + length <= text.length; at++) {
      const piece = text.slice(at, at + length);
      if (!isShort || !/^[a-z]+$/i.test(piece)) this.#put(piece);
    }
  }

  #put(piece: Bytes): void {
    let set = this.byLength.get(piece.length);
    if (set === undefined) this.byLength.set(piece.length, (set = new Set()));
    set.add(piece);
    this.begins[pairAt(piece, 0)] = 1;
  }

  /** Calls `found` with the start and end of every piece in a text. */
  search(text: Bytes, found: (from: number, to: number) => void): void {
    for (let at = 0; at + SHORTEST <= text.length; at++) {
      if (this.begins[pairAt(text, at)] === 0) continue;
      for (const [length, set] of this.byLength) {
        if (set.has(text.slice(at, at + length))) found(at, at + length);
      }
    }
  }
}

const pairAt = (text: Bytes, at: number): number => (text.charCodeAt(at) << 8) | text.charCodeAt(at + 1);

interface Pieces {
  /** In lower case. */
  plain: PieceSet;
  base64: PieceSet;
}

function piecesOf(secrets: Iterable<string>): Pieces {
  const pieces: Pieces = { plain: new PieceSet(), base64: new PieceSet() };
  for (const whole of secrets) {
    const secret = whole.slice(0, LONGEST_SECRET);
    const form = secret.replaceAll(' ', '+');
    const inner = new Set([
      bytesOf(secret),
      // Some encoders write one byte for each character.
      ...(/[^ -\u00ff]/.test(secret) ? [] : [secret]),
      bytesOf(JSON.stringify(secret).slice(1, -1)),
      bytesOf(encodeURIComponent(secret.toWellFormed())),
    ]);
    const otherLetters = [secret.toLowerCase(), secret.toUpperCase()].map(bytesOf);
    for (const bytes of [...inner, ...otherLetters, bytesOf(form)]) pieces.plain.add(bytes.toLowerCase());
    for (const bytes of inner) {
      pieces.plain.add(Buffer.from(bytes, 'latin1').toString('hex'));
      for (const encoded of base64Cores(bytes)) pieces.base64.add(encoded);
    }
  }
  return pieces;
}

/** Base64 of a text after 0, 1 or 2 other bytes, without the characters that depend on adjacent bytes. */
function base64Cores(bytes: Bytes): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.from('\0'.repeat(shift) + bytes, 'latin1').toString('base64');
    const first = Math.ceil((shift * 8) / 6);
    return encoded.slice(first, Math.floor(((shift + bytes.length) * 8) / 6));
  });
}

/** A decoded text, and the range of each of its bytes in the original. */
interface Decoded {
  text: Bytes;
  from: Uint32Array;
  to: Uint32Array;
}

const ESCAPE =
  /%([0-9a-f]{2})|\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\(["\\/'])|&#([0-9]{1,7});|&#x([0-9a-f]{1,6});|&(amp|lt|gt|quot|apos);/gi;
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The bytes of an escape. */
function unescaped([whole, ...groups]: RegExpExecArray): Bytes {
  const [percent, high, low, unit, byte, plain, decimal, hex, entity] = groups;
  if (percent !== undefined || byte !== undefined) return String.fromCharCode(parseInt(percent ?? byte ?? '', 16));
  if (high !== undefined && low !== undefined) {
    return bytesOf(String.fromCharCode(parseInt(high, 16), parseInt(low, 16)));
  }
  if (unit !== undefined) return bytesOf(String.fromCharCode(parseInt(unit, 16)));
  if (plain !== undefined) return plain;
  if (entity !== undefined) return ENTITIES[entity.toLowerCase()] ?? whole;
  const code = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
  return code <= 0x10_ff_ff ? bytesOf(String.fromCodePoint(code)) : whole;
}

/** One decoding step for the escapes that begin with the given marks. Undefined if there is nothing to decode. */
function decode({ text, from, to }: Decoded, marks: string): Decoded | undefined {
  const parts: Bytes[] = [];
  const starts = new Uint32Array(text.length);
  const ends = new Uint32Array(text.length);
  let length = 0;
  let done = 0;
  const copy = (end: number): void => {
    parts.push(text.slice(done, end));
    for (let at = done; at < end; at++, length++) {
      starts[length] = from[at] ?? 0;
      ends[length] = to[at] ?? 0;
    }
  };
  for (const match of text.matchAll(ESCAPE)) {
    if (!marks.includes(text.charAt(match.index))) continue;
    const end = match.index + match[0].length;
    // Never longer than the escape itself.
    const bytes = unescaped(match);
    copy(match.index);
    parts.push(bytes);
    for (let n = 0; n < bytes.length; n++, length++) {
      starts[length] = from[match.index] ?? 0;
      ends[length] = to[end - 1] ?? 0;
    }
    done = end;
  }
  if (done === 0) return undefined;
  copy(text.length);
  return { text: parts.join(''), from: starts.subarray(0, length), to: ends.subarray(0, length) };
}

/** The start of a line, with secrets masked. */
function masked(line: string, { plain, base64 }: Pieces, longest: number): string {
  const source = bytesOf(line);
  const hidden = new Uint8Array(source.length);
  const own = Uint32Array.from({ length: source.length }, (_, at) => at);
  const whole: Decoded = { text: source, from: own, to: own.map((at) => at + 1) };
  let any = false;
  const search = ({ text, from, to }: Decoded): void => {
    const hide = (first: number, end: number): void => {
      hidden.fill(1, from[first], to[end - 1]);
      any = true;
    };
    plain.search(text.toLowerCase(), hide);
    base64.search(text.replaceAll('-', '+').replaceAll('_', '/'), hide);
  };
  search(whole);
  for (const [marks, steps] of DECODINGS) {
    let step = decode(whole, marks);
    for (let n = 0; n < steps && step !== undefined; n++) {
      search(step);
      step = decode(step, marks);
    }
  }
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set by a function
  if (!any) return line.slice(0, longest);
  const shown = Buffer.byteLength(line.slice(0, longest).toWellFormed());
  const parts: string[] = [];
  for (let at = 0; at < shown;) {
    const isHidden = hidden[at] === 1;
    let end = at + 1;
    while (end < shown && (hidden[end] === 1) === isHidden) end++;
    parts.push(isHidden ? MASK : Buffer.from(source.slice(at, end), 'latin1').toString('utf8'));
    at = end;
  }
  return parts.join('');
}
