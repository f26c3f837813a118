/**
 * The filter grammar of Seeq's item search.
 *
 * One element of `filters` is a conjunction (` && `), several elements are alternatives. `field~=text` means "contains,
 * ignoring case"; `field==/regex/` must match the whole value and `field~=/regex/` a part of it, both heeding case.
 * How the server treats quotes, wildcards or `&&` inside a plain value is not published, so a text with anything but
 * letters, digits and harmless marks is sent as a regular expression in which every such character stands in a class of
 * its own: then only the published part of the grammar is used, and the text means itself. The server compares code
 * points, so each letter beyond ASCII is sent in every form that counts as the same, composed and decomposed.
 */
import { BLANKS, lettersOf, trimmed } from '../../lib/text.ts';
import type { TextPattern } from '../source.ts';

/** Characters without a meaning in the grammar or in a regular expression. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*(?: [\p{L}\p{N}_-]+)*$/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Filters for a text in one field or several (any of them); empty when the pattern matches everything. */
export function patternFilters(pattern: TextPattern, fields: readonly string[]): string[] {
  const clause = patternClause(pattern);
  return clause === undefined ? [] : fields.map((field) => `${field}${clause}`);
}

/** A clause that the whole value of a field equals the text, ignoring case and blanks at the ends. */
export function equalsClause(field: string, text: string): string {
  return `${field}==/${whole(literal(trimmed(text)))}/`;
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

/** One character, with the marks that belong to it where the text is decomposed. */
const ANY_CHARACTER = '.[\u0300-\u036f]*';

function globRegex(glob: string): string {
  return whole(
    glob
      .split(/([*?])/)
      .map((part) => (part === '*' ? '.*' : part === '?' ? ANY_CHARACTER : literal(part)))
      .join(''),
  );
}

/** For a whole value: blanks at its ends do not count. */
const whole = (regex: string): string => `[${BLANKS}]*${regex}[${BLANKS}]*`;

/** A regular expression for a text, whatever its case, composed or not. */
const literal = (text: string): string => lettersOf(text).map(anyForm).join('');

function anyForm(forms: readonly string[]): string {
  const single = forms.filter((form) => Array.from(form).length === 1);
  const longer = forms.filter((form) => !single.includes(form)).map((form) => Array.from(form, escaped).join(''));
  const [first = '', ...others] = single;
  const one = first === '' ? [] : [others.length === 0 ? escaped(first) : `[${single.map(inClass).join('')}]`];
  return longer.length === 0 ? one.join('') : `(?:${[...one, ...longer].join('|')})`;
}

/** These four keep a meaning in a class, at least in Java; the escape is valid in every dialect. */
const inClass = (character: string): string => (/[\\[\]^]/.test(character) ? `\\${character}` : character);

function escaped(character: string): string {
  if (/[\p{L}\p{N}_ ]/u.test(character)) return character;
  return inClass(character) === character ? `[${character}]` : inClass(character);
}
