/**
 * How texts of people are compared: in Unicode's composed form (NFC), without regard to letter case, and without blanks
 * at their ends. Full-width and other compatibility forms stay different: in the names of a plant "m²" is not "m2".
 */

/** Blanks, zero-width characters, byte order marks and marks of direction, which nobody sees, as part of a class. */
export const BLANKS = '\t \u00a0\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u2069\u3000\ufeff';

const ASCII = /^[\0-\x7f]*$/;
const BLANK = /[\s\u061c\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u2066-\u2069\u3000\ufeff]/u;

/** Without the blanks of every kind at its ends. */
export function trimmed(text: string): string {
  let begin = 0;
  let end = text.length;
  while (begin < end && BLANK.test(text.charAt(begin))) begin++;
  while (end > begin && BLANK.test(text.charAt(end - 1))) end--;
  return text.slice(begin, end);
}

/** Equal for texts that count as the same. */
export const folded = (text: string): string => foldCase(trimmed(text).normalize('NFC'));

/** Letters that share their capital with another one, or have three forms. */
const EXTRA_FORMS = 'ςſ\u212a\u212b\u2126ϐϑϕϖϰϱϵµẛẞǅǈǋǲ';

const extras = Map.groupBy(EXTRA_FORMS, foldCase);

/** Every letter becomes the small letter of its capital; those that have no single one, such as "ß", stay. */
function foldCase(text: string): string {
  // Nearly every text of a plant, and letter by letter a long one takes a hundred times as long.
  if (ASCII.test(text)) return text.toLowerCase();
  return Array.from(text, foldLetter).join('');
}

function foldLetter(letter: string): string {
  const upper = letter.toUpperCase();
  const lower = (upper.length === letter.length ? upper : letter).toLowerCase();
  return lower.length === letter.length ? lower : letter;
}

/**
 * A text as a row of letters, each with every way to write it that counts as the same: in either case, composed, and
 * decomposed wholly or in part ("ế" is one, two or three code points).
 */
export function lettersOf(text: string): string[][] {
  const characters = Array.from(text.normalize('NFC'));
  const letters: string[][] = [];
  for (let at = 0; at < characters.length;) {
    const length = [3, 2].find((size) => isOneLetter(characters.slice(at, at + size))) ?? 1;
    letters.push(formsOf(characters.slice(at, at + length)));
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
  return parts.map((_, composed) => {
    const begin = parts.slice(0, composed + 1).join('');
    return begin.normalize('NFC') + parts.slice(composed + 1).join('');
  });
}

/** Where Unicode has characters that its composed form replaces: Greek, Indic, Hebrew, CJK and musical duplicates. */
const REPLACED = [
  [0x340, 0x2fff],
  [0xf900, 0xfb4f],
  [0x1d15e, 0x1d1c0],
  [0x2f800, 0x2fa1f],
] as const;

/** By the composed form, the characters that it replaces. */
const aliases = new Map<string, string[]>();
for (const [first, last] of REPLACED) {
  for (let code = first; code <= last; code++) {
    const character = String.fromCodePoint(code);
    const composed = character.normalize('NFC');
    if (composed !== character) aliases.set(composed, [...(aliases.get(composed) ?? []), character]);
  }
}
