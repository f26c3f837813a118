/** Parts of sentences that all messages share: lists, counts and articles. */

/** The entries as alternatives: `a, b or c`. */
export const anyOf = (entries: readonly string[]): string => joined(entries, 'or');

/** The entries together: `a, b and c`. */
export const allOf = (entries: readonly string[]): string => joined(entries, 'and');

function joined(entries: readonly string[], word: string): string {
  if (entries.length < 2) return entries[0] ?? 'none';
  return `${entries.slice(0, -1).join(', ')} ${word} ${entries.at(-1) ?? ''}`;
}

/** A number with its noun: `1 item`, `2 items`. @param plural if it is not the noun with an "s" */
export const count = (number: number, noun: string, plural = `${noun}s`): string =>
  `${number} ${number === 1 ? noun : plural}`;

/** A noun with its article: `an asset`, `a signal`. */
export const withArticle = (noun: string): string => `${/^[aeiou]/i.test(noun) ? 'an' : 'a'} ${noun}`;

/** Longest external name that a message repeats. */
export const LONGEST_QUOTE = 100;

/** An external text for a message, shortened. */
export function quote(text: string): string {
  return JSON.stringify(text.length <= LONGEST_QUOTE ? text : `${text.slice(0, LONGEST_QUOTE)}…`);
}

/** The text with a full stop, unless it ends with a punctuation mark. */
export const asSentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`);
