/**
 * The filter language of the item search. Several filters are alternatives; one filter is a list of clauses joined by
 * ` && `: `text`, `field==value`, `field~=value`, each value plain or `/regex/`. Directives begin with `@`.
 */
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import { propertyValues } from '../answers/shapes.ts';

export interface Filter {
  readonly matches: (item: Item) => boolean;
  /** Set where nothing but items of these ids can match. */
  readonly ids: readonly string[] | undefined;
  /** Also archived items. */
  readonly includeUnsearchable: boolean;
  readonly excludeGloballyScoped: boolean;
}

interface Clause {
  readonly matches: (item: Item) => boolean;
  /** The only id that can match, for a clause that names one. */
  readonly id?: string;
}

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
  const named = alternatives.map((clauses) => clauses.find(({ id }) => id !== undefined)?.id);
  const ids = named.filter((id) => id !== undefined);
  return {
    includeUnsearchable,
    excludeGloballyScoped,
    ids: named.length > 0 && ids.length === named.length ? ids : undefined,
    matches: (item) =>
      alternatives.length === 0 || alternatives.some((clauses) => clauses.every((clause) => clause.matches(item))),
  };
}

const OPERATOR = /==|~=/;

/** Cuts at ` && `, with spaces as the language has it; a regular expression may hold that too. */
function splitClauses(text: string): string[] {
  const clauses: string[] = [];
  let rest = text;
  for (;;) {
    const cut = endOfClause(rest);
    clauses.push(rest.slice(0, cut).trim());
    const join = /^\s*&&\s*/.exec(rest.slice(cut));
    if (join === null) return clauses;
    rest = rest.slice(cut + join[0].length);
  }
}

/** A regular expression ends at the slash before the next clause or at the end. */
function endOfClause(text: string): number {
  const join = text.search(/(?:^|\s)&&(?:\s|$)/);
  const end = join < 0 ? text.length : join;
  const operator = text.search(OPERATOR);
  if (operator < 0 || operator > end) return end;
  const value = text.slice(operator + 2);
  const first = operator + 2 + (value.length - value.trimStart().length);
  if (text[first] !== '/') return end;
  for (let at = first + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '/' && /^(?:\s+&&\s|\s*$)/.test(text.slice(at + 1, at + 1 + MOST_SPACES))) return at + 1;
  }
  return end;
}

/** As far as is looked for what follows a regular expression. */
const MOST_SPACES = 100;

function parseClause(clause: string, filter: string): Clause {
  if (clause === '') {
    if (filter.trim() === '') return { matches: () => true };
    throw new SeeqError(400, `The filter '${filter}' has an empty clause`);
  }
  const at = clause.search(OPERATOR);
  const field = clause.slice(0, at).trim();
  if (at < 0 || field === '' || /[=~]/.test(field)) return { matches: bareText(clause) };
  const value = clause.slice(at + 2).trim();
  const exactly = clause.startsWith('==', at);
  if (field === 'ID' && exactly && !value.startsWith('/')) {
    const id = value.toUpperCase();
    return { id, matches: (item) => item.id === id };
  }
  const test = exactly ? equals(value, filter) : contains(value, filter);
  return { matches: (item) => valuesOf(item, field).some(test) };
}

/** Text alone: name or description contains it, whatever the case; `*` alone is everything. */
function bareText(text: string): (item: Item) => boolean {
  if (text === '*') return () => true;
  const test = glob(text);
  return (item) => test(item.name) || test(item.description ?? '');
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
  return glob(value);
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
function glob(value: string): Test {
  if (!/[*?]/.test(value)) {
    const part = value.toLowerCase();
    return (text) => text.toLowerCase().includes(part);
  }
  const source = value
    .replace(/[.+^${}()|[\]\\/]/g, '\\$&')
    .replace(/\*+/g, '.*')
    .replaceAll('?', '.');
  const pattern = new RegExp(`^${source}$`, 'isu');
  return (text) => pattern.test(text);
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
      return propertyValues(item, field).map(String);
  }
}
