/**
 * The comparison of user texts: in Unicode's composed form (NFC), without regard to letter case, and without
 * surrounding blanks. Full-width and other compatibility forms stay different: in plant names "m²" is not "m2".
 */

/** Invisible characters for a character class: blanks, zero-width characters, byte order marks and direction marks. */
export const BLANKS = '\t \u00a0\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u2069\u3000\ufeff';

const ASCII = /^[\0-\x7f]*$/;
const BLANK = /[\s\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u2069\u3000\ufeff]/u;

/** Removes blanks of every kind at both ends. */
export function trimmed(text: string): string {
  let begin = 0;
  let end = text.length;
  while (begin < end && BLANK.test(text.charAt(begin))) begin++;
  while (end > begin && BLANK.test(text.charAt(end - 1))) end--;
  return text.slice(begin, end);
}

/** More combining marks on one letter than any language uses. */
const MANY_MARKS = /\p{M}{30}/gu;
/** Invisible character that ends a composed sequence. */
const JOINER = '\u034f';

/**
 * The composed form. Sorting combining marks takes quadratic time (hours for a text of nothing else), so long sequences
 * are sorted in groups of thirty.
 */
export const composed = (text: string): string =>
  ASCII.test(text) ? text : text.replace(MANY_MARKS, `$&${JOINER}`).normalize('NFC');

/** Equal for texts that count as the same. */
export const folded = (text: string): string => foldCase(composed(trimmed(text)));

/** Unicode has no cased letters beyond its first two planes. */
const CASED = 0x20000;
/** Lowercase letter by code point, 0 if not cached. It makes case folding of a long text thirty times as fast. */
const smallLetters = new Uint32Array(CASED);
/** From this code point on a letter is a surrogate pair. */
const FIRST_PAIR = 0x10000;

const smallLetter = (code: number): number => foldLetter(String.fromCodePoint(code)).codePointAt(0) ?? 0;

/** Letters that share their uppercase form with another one, or have three forms. */
const EXTRA_FORMS = 'ςſ\u212a\u212b\u2126ϐϑϕϖϰϱϵµẛẞǅǈǋǲ';

const extras = Map.groupBy(EXTRA_FORMS, foldCase);

/** Maps every letter to the lowercase of its uppercase form. Letters without a single one, such as "ß", stay. */
function foldCase(text: string): string {
  // The usual case.
  if (ASCII.test(text)) return text.toLowerCase();
  const bytes = Buffer.allocUnsafe(2 * text.length);
  let to = 0;
  const write = (unit: number): void => {
    bytes[to++] = unit & 0xff;
    bytes[to++] = unit >> 8;
  };
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) ?? 0;
    const letter = code < CASED ? (smallLetters[code] ||= smallLetter(code)) : code;
    if (letter < FIRST_PAIR) {
      write(letter);
      continue;
    }
    write(0xd800 + ((letter - FIRST_PAIR) >> 10));
    write(0xdc00 + (letter & 0x3ff));
    at++;
  }
  return bytes.toString('utf16le');
}

function foldLetter(letter: string): string {
  const upper = letter.toUpperCase();
  const lower = (upper.length === letter.length ? upper : letter).toLowerCase();
  return lower.length === letter.length ? lower : letter;
}

/** From this product of both lengths on, the worst case of a plain search blocks the event loop. */
const LONG_SEARCH = 1_000_000;

/** Whether a text contains another one, in linear time. */
export function holdsText(text: string, part: string): boolean {
  if (text.length * part.length < LONG_SEARCH) return text.includes(part);
  // Knuth-Morris-Pratt: how much of the part still matches if the next unit differs.
  const shorter = new Uint32Array(part.length + 1);
  for (let at = 1, found = 0; at < part.length; at++) {
    while (found > 0 && part.charCodeAt(at) !== part.charCodeAt(found)) found = shorter[found] ?? 0;
    if (part.charCodeAt(at) === part.charCodeAt(found)) found++;
    shorter[at + 1] = found;
  }
  for (let at = 0, found = 0; at < text.length; at++) {
    while (found > 0 && text.charCodeAt(at) !== part.charCodeAt(found)) found = shorter[found] ?? 0;
    if (text.charCodeAt(at) === part.charCodeAt(found)) found++;
    if (found === part.length) return true;
  }
  return part === '';
}

/**
 * A text as a sequence of letters, each with all spellings that count as the same: in either case, composed, and
 * decomposed wholly or in part ("ế" is one, two or three code points).
 */
export function lettersOf(text: string): string[][] {
  const characters = Array.from(composed(text));
  const letters: string[][] = [];
  const known = new Map<string, string[]>();
  for (let at = 0; at < characters.length;) {
    const length = [3, 2].find((size) => isOneLetter(characters.slice(at, at + size))) ?? 1;
    const own = characters.slice(at, at + length);
    const forms = known.get(own.join('')) ?? formsOf(own);
    known.set(own.join(''), forms);
    letters.push(forms);
    at += length;
  }
  return letters;
}

const isOneLetter = (characters: readonly string[]): boolean =>
  characters.length > 1 && aliases.has(characters.join(''));

function formsOf(characters: readonly string[]): string[] {
  const own = characters.join('');
  if (characters.length > 1) return [own, ...(aliases.get(own) ?? [])];
  const letter = foldCase(own);
  const upper = letter.toUpperCase();
  const cases = [letter, ...(upper.length === letter.length ? [upper] : []), own, ...(extras.get(letter) ?? [])];
  return [...new Set(cases.flatMap((form) => [form, ...decompositions(form), ...(aliases.get(form) ?? [])]))];
}

function decompositions(character: string): string[] {
  const parts = Array.from(character.normalize('NFD'));
  if (parts.length === 1) return parts;
  return parts.map((_, last) => {
    const begin = parts.slice(0, last + 1).join('');
    return begin.normalize('NFC') + parts.slice(last + 1).join('');
  });
}

/** Ranges of characters that the composed form replaces: Greek, Indic, Hebrew, CJK and musical duplicates. */
const REPLACED = [
  [0x340, 0x2fff],
  [0xf900, 0xfb4f],
  [0x1d15e, 0x1d1c0],
  [0x2f800, 0x2fa1f],
] as const;

/** The replaced characters by composed form. */
const aliases = new Map<string, string[]>();
for (const [first, last] of REPLACED) {
  for (let code = first; code <= last; code++) {
    const character = String.fromCodePoint(code);
    const whole = character.normalize('NFC');
    if (whole !== character) aliases.set(whole, [...(aliases.get(whole) ?? []), character]);
  }
}
