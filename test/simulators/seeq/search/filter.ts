/**
 * The filter language of the item search. Several filters are alternatives; one filter is a list of clauses joined by
 * ` && `: `text`, `field==value`, `field~=value`, each value plain or `/regex/`. Directives begin with `@`.
 */
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import { propertiesOf } from '../answers/shapes.ts';

export interface Filter {
  readonly matches: (item: Item) => boolean;
  /** Also archived items. */
  readonly includeUnsearchable: boolean;
  readonly excludeGloballyScoped: boolean;
}

type Clause = (item: Item) => boolean;

/** @throws SeeqError 400 for a filter that cannot be read, with its text in the message */
export function parseFilters(filters: readonly string[] | null | undefined): Filter {
  const alternatives: Clause[][] = [];
  let includeUnsearchable = false;
  let excludeGloballyScoped = false;
  for (const filter of filters ?? []) {
    const text = filter.trim();
    if (text === '@includeUnsearchable') includeUnsearchable = true;
    else if (text === '@excludeGloballyScoped') excludeGloballyScoped = true;
    else if (text.startsWith('@')) throw new SeeqError(400, `Unknown directive '${text}' in the filter`);
    else alternatives.push(splitClauses(text).map((clause) => parseClause(clause, filter)));
  }
  return {
    includeUnsearchable,
    excludeGloballyScoped,
    matches: (item) =>
      alternatives.length === 0 || alternatives.some((clauses) => clauses.every((clause) => clause(item))),
  };
}

/** Cuts at ` && `, with spaces as the language has it, so that a name may hold `&&` inside a regular expression. */
function splitClauses(text: string): string[] {
  const clauses: string[] = [];
  let rest = text;
  for (;;) {
    // A regular expression ends at the slash that stands before the next clause or at the end.
    const regex = /^([^=~/]*?\s*(?:==|~=)\s*)\/(?:\\.|[^\\])*?\/(?=\s+&&\s|\s*$)/.exec(rest);
    const cut = regex === null ? rest.search(/\s&&(?:\s|$)/) : regex[0].length;
    if (cut < 0) break;
    clauses.push(rest.slice(0, cut).trim());
    const join = /^\s*&&\s*/.exec(rest.slice(cut));
    if (join === null) return clauses;
    rest = rest.slice(cut + join[0].length);
  }
  clauses.push(rest.trim());
  return clauses;
}

function parseClause(clause: string, filter: string): Clause {
  if (clause === '') {
    if (filter.trim() === '') return () => true;
    throw new SeeqError(400, `The filter '${filter}' has an empty clause`);
  }
  const match = /^([^=~]+?)\s*(==|~=)\s*([\s\S]*)$/.exec(clause);
  if (match === null) return bareText(clause);
  const [, field = '', operator = '==', value = ''] = match;
  const test = operator === '==' ? equals(value, filter) : contains(value, filter);
  return (item) => valuesOf(item, field).some(test);
}

/** Text alone: name or description contains it, whatever the case; `*` alone is everything. */
function bareText(text: string): Clause {
  if (text === '*') return () => true;
  const pattern = globPattern(text);
  return (item) => pattern.test(item.name) || pattern.test(item.description ?? '');
}

type Test = (value: string) => boolean;

function equals(value: string, filter: string): Test {
  const regex = regexOf(value, filter, (source) => `^(?:${source})$`);
  if (regex !== undefined) return (text) => regex.test(text);
  return (text) => text === value;
}

function contains(value: string, filter: string): Test {
  const regex = regexOf(value, filter, (source) => source);
  if (regex !== undefined) return (text) => regex.test(text);
  const pattern = globPattern(value);
  return (text) => pattern.test(text);
}

function regexOf(value: string, filter: string, frame: (source: string) => string): RegExp | undefined {
  if (value.length < 2 || !value.startsWith('/') || !value.endsWith('/')) return undefined;
  try {
    return new RegExp(frame(plainEscapes(value.slice(1, -1))), 'su');
  } catch {
    throw new SeeqError(400, `The regular expression in the filter '${filter}' is not valid`);
  }
}

/** Other languages let any sign be escaped that is no letter or digit, as in `\ ` and `\#`; JavaScript does not. */
function plainEscapes(source: string): string {
  return source.replace(/\\(.)/gsu, (escape, sign: string) =>
    /[\w^$\\.*+?()[\]{}|/]/.test(sign) ? escape : `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/**
 * Contains, case-insensitive, with `*` and `?`. A value with a wildcard must cover the whole text, so that `Area ?`
 * does not find `Area 51`. [Inferred: wildcards are attested, how they are anchored is not.]
 */
function globPattern(value: string): RegExp {
  const source = value
    .replace(/[.+^${}()|[\]\\/]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return /[*?]/.test(value) ? new RegExp(`^${source}$`, 'isu') : new RegExp(source, 'isu');
}

/** The texts of a field of an item; fields are the names of properties. */
function valuesOf(item: Item, field: string): string[] {
  switch (field) {
    case 'ID':
      return [item.id];
    case 'Name':
      return [item.name];
    case 'Description':
      return item.description === undefined ? [] : [item.description];
    case 'Type':
      return [item.type];
    default:
      return propertiesOf(item)
        .filter((property) => property.name === field)
        .map((property) => String(property.value));
  }
}
