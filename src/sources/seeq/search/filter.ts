/**
 * The filter grammar of Seeq's item search.
 *
 * One element of `filters` is a conjunction (` && `), several elements are alternatives. `field~=text` means "contains,
 * ignoring case". `field==/regex/` must match the whole value and `field~=/regex/` a part of it, both case-sensitive.
 * The vendor does not document how the server treats quotes, wildcards or `&&` in a plain value. So a text with
 * anything but letters, digits and safe characters is sent as a regular expression with every such character in its own
 * class, which uses only the documented grammar. The server compares code points, so each letter beyond ASCII is sent
 * in every equivalent form, composed and decomposed.
 */
import { BLANKS, lettersOf, trimmed } from '../../../lib/text.ts';
import type { TextPattern } from '../../source.ts';

/** Characters without a meaning in the grammar or in a regular expression. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_-]*(?: [\p{L}\p{N}_-]+)*$/u;
const ASCII = /^[\x20-\x7e]*$/;

/** Filters for a text in any of several fields. Empty if the pattern matches everything. */
export function patternFilters(pattern: TextPattern, fields: readonly string[]): string[] {
  const clause = patternClause(pattern);
  return clause === undefined ? [] : fields.map((field) => `${field}${clause}`);
}

/** A clause that matches if the whole value of a field equals the text, ignoring case and surrounding blanks. */
export function equalsClause(field: string, text: string): string {
  return `${field}==/${whole(literal(trimmed(text)))}/`;
}

/** Adds further clauses to each of the alternatives. */
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
 * Replaces `&&` by the equivalent `&[&]`, which cannot be mistaken for the end of the clause. Within a class `&&`
 * stays: the other form would have another meaning there.
 */
function withoutJoin(regex: string): string {
  let inClass = false;
  // An unterminated class was rejected before. A single expression for whole classes would take quadratic time.
  return regex.replace(/\\.|&&|[[\]]/gs, (part) => {
    if (part === '[') inClass = true;
    else if (part === ']') inClass = false;
    return part === '&&' && !inClass ? '&[&]' : part;
  });
}

/** One character, with its combining marks if the text is decomposed. */
const ANY_CHARACTER = '.[\u0300-\u036f]*';

function globRegex(glob: string): string {
  return whole(
    glob
      .split(/([*?])/)
      .map((part) => (part === '*' ? '.*' : part === '?' ? ANY_CHARACTER : literal(part)))
      .join(''),
  );
}

/** For a whole value: surrounding blanks are ignored. */
const whole = (regex: string): string => `[${BLANKS}]*${regex}[${BLANKS}]*`;

/** A regular expression for a text, in any case, composed or not. */
const literal = (text: string): string => lettersOf(text).map(anyForm).join('');

function anyForm(forms: readonly string[]): string {
  const single = forms.filter((form) => Array.from(form).length === 1);
  const longer = forms.filter((form) => !single.includes(form)).map((form) => Array.from(form, escaped).join(''));
  const [first = '', ...others] = single;
  const one = first === '' ? [] : [others.length === 0 ? escaped(first) : `[${single.map(inClass).join('')}]`];
  return longer.length === 0 ? one.join('') : `(?:${[...one, ...longer].join('|')})`;
}

/** These four keep a meaning in a class, at least in Java. The escape is valid in every dialect. */
const inClass = (character: string): string => (/[\\[\]^]/.test(character) ? `\\${character}` : character);

function escaped(character: string): string {
  if (/[\p{L}\p{N}_ ]/u.test(character)) return character;
  return inClass(character) === character ? `[${character}]` : inClass(character);
}
