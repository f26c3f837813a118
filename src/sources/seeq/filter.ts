/**
 * The filter grammar of Seeq's item search.
 *
 * One element of `filters` is a conjunction (` && `), several elements are alternatives. `field~=text` means "contains,
 * ignoring case"; `field==/regex/` must match the whole value and `field~=/regex/` a part of it, both heeding case.
 * How the server treats quotes, wildcards or `&&` inside a plain value is not published, so a text with anything but
 * letters, digits and harmless marks is sent as a regular expression in which every such character stands in a class of
 * its own: then only the published part of the grammar is used, and the text means itself.
 */
import type { TextPattern } from '../source.ts';

/** Characters without a meaning in the grammar or in a regular expression. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*(?: [\p{L}\p{N}_-]+)*$/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Filters for a text in one field or several (any of them); empty when the pattern matches everything. */
export function patternFilters(pattern: TextPattern, fields: readonly string[]): string[] {
  const clause = patternClause(pattern);
  return clause === undefined ? [] : fields.map((field) => `${field}${clause}`);
}

/** A clause that the whole value of a field equals the text, ignoring case. */
export function equalsClause(field: string, text: string): string {
  return `${field}==/${literal(text)}/`;
}

/** Adds clauses that must hold too to each of the alternatives. */
export function withClauses(filters: string[], clauses: string[]): string[] {
  if (clauses.length === 0) return filters;
  return (filters.length === 0 ? [''] : filters).map((filter) =>
    [filter, ...clauses].filter((part) => part !== '').join(' && '),
  );
}

function patternClause(pattern: TextPattern): string | undefined {
  if (pattern.kind === 'all') return undefined;
  if (pattern.kind === 'regex') return `~=/${withoutJoin(pattern.text)}/`;
  if (pattern.kind === 'glob') return `==/${globRegex(pattern.text)}/`;
  if (PLAIN.test(pattern.text) && ASCII.test(pattern.text)) return `~=${pattern.text}`;
  return `~=/${literal(pattern.text)}/`;
}

/**
 * `&&` means the same as `&[&]`, which cannot be taken for the end of the clause. Within a class it stays: there the
 * other form would mean something else.
 */
function withoutJoin(regex: string): string {
  let inClass = false;
  // A class that never ends is refused before; one expression for whole classes would take the square of its length.
  return regex.replace(/\\.|&&|[[\]]/gs, (part) => {
    if (part === '[') inClass = true;
    else if (part === ']') inClass = false;
    return part === '&&' && !inClass ? '&[&]' : part;
  });
}

function globRegex(glob: string): string {
  return Array.from(glob, (character) =>
    character === '*' ? '.*' : character === '?' ? '.' : literalCharacter(character),
  ).join('');
}

function literal(text: string): string {
  return Array.from(text, literalCharacter).join('');
}

/** A regular expression for one character, ignoring case. */
function literalCharacter(character: string): string {
  const lower = character.toLowerCase();
  const upper = character.toUpperCase();
  // Some letters have no single counterpart ("ß" becomes "SS"); those stand for themselves.
  if (lower !== upper && lower.length === character.length && upper.length === character.length)
    // Three forms have letters such as "ǅ", which is neither lower nor upper case.
    return `[${[...new Set([lower, upper, character])].join('')}]`;
  if (/[\p{L}\p{N}_ ]/u.test(character)) return character;
  // These four keep a meaning in a class, at least in Java; the escape is valid in every dialect.
  return /[\\[\]^]/.test(character) ? `\\${character}` : `[${character}]`;
}
