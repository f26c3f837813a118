/** Finds values in JSON by path. */
import jsonP3, { type JSONPathQuery } from 'json-p3';
import type { JsonPath, Step } from './json-path.ts';
import type { JsonText } from './json-text.ts';

/** A value that a path leads to. */
export interface Match {
  readonly value: unknown;
  /** The number as written, if the JavaScript number may be rounded. */
  readonly source: string | undefined;
  /** Member names and indexes that the wildcards of a path matched, as one text. Different locations differ. */
  readonly location: string;
}

/**
 * The value at a singular path from `root`. Undefined if there is none. For a path with wildcards, the value before the
 * first of them.
 */
export function findOne(json: JsonText, root: Match, { steps }: JsonPath): Match | undefined {
  let { value, source } = root;
  for (const step of steps) {
    const key = memberKey(value, step);
    if (key === undefined) return undefined;
    const holder = value;
    value = (holder as Readonly<Record<string, unknown>>)[key];
    source = typeof value === 'number' ? json.sourceOf(holder, key) : undefined;
  }
  return { value, source, location: '' };
}

/** The text is nested deeper than a path with `..` can follow. */
export class TooDeep extends Error {
  override readonly name = 'TooDeep';
}

/**
 * All values that a path leads to from `root`, at most `limit`.
 * @throws TooDeep
 */
export function findAll(json: JsonText, root: Match, path: JsonPath, limit: number): Match[] {
  const { query, varying } = path;
  if (query === undefined) {
    const found = findOne(json, root, path);
    return found === undefined ? [] : [found];
  }
  try {
    return queryAll(json, root, { query, varying }, limit);
  } catch (error) {
    throw error instanceof jsonP3.JSONPathRecursionLimitError || error instanceof RangeError ? new TooDeep() : error;
  }
}

function queryAll(
  json: JsonText,
  root: Match,
  { query, varying }: { query: JSONPathQuery; varying: JsonPath['varying'] },
  limit: number,
): Match[] {
  const all: Match[] = [];
  // The value is always a result of JSON.parse.
  for (const { value, location } of query.lazyQuery(root.value as Parameters<typeof query.lazyQuery>[0])) {
    if (all.length === limit) break;
    const open = varying === undefined ? location : location.filter((_step, at) => varying[at]);
    const source = typeof value === 'number' ? sourceAt(json, root, location) : undefined;
    all.push({ value, source, location: locationText(open) });
  }
  return all;
}

/** The elements of an array or the members of an object, at most `limit`. Undefined for anything else. */
export function elements(json: JsonText, { value }: Match, limit: number): Match[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const keys = Array.isArray(value)
    ? Array.from({ length: Math.min(value.length, limit) }, (_, at) => String(at))
    : Object.keys(value).slice(0, limit);
  return keys.map((key) => {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    const source = typeof member === 'number' ? json.sourceOf(value, key) : undefined;
    return { value: member, source, location: locationText([key]) };
  });
}

function sourceAt(json: JsonText, root: Match, location: readonly (string | number)[]): string | undefined {
  const last = location.at(-1);
  if (last === undefined) return root.source;
  let holder = root.value;
  for (const step of location.slice(0, -1)) holder = (holder as Readonly<Record<string, unknown>>)[step];
  return json.sourceOf(holder, String(last));
}

function memberKey(value: unknown, step: Step): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) {
    const index = typeof step === 'object' ? tokenIndex(step.token) : step;
    if (typeof index !== 'number') return undefined;
    const at = index < 0 ? value.length + index : index;
    return at >= 0 && at < value.length ? String(at) : undefined;
  }
  const name = typeof step === 'object' ? step.token : step;
  return typeof name === 'string' && Object.hasOwn(value, name) ? name : undefined;
}

const tokenIndex = (token: string): number | undefined =>
  /^(?:0|[1-9]\d{0,14})$/.test(token) ? Number(token) : undefined;

/** Like a JSON Pointer without its first slash, so that a single name stays as it is and several are unambiguous. */
const locationText = (steps: readonly (string | number)[]): string =>
  steps.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
