/**
 * Converts zod issues about external input to sentences: what is expected, what was found, and the nearest known name.
 */
import type { z } from 'zod';
import { anyOf, count } from './phrases.ts';
import { pathText, type Problem } from './problem.ts';
import { kindOf, shownValue } from './shown-value.ts';
import { didYouMean, didYouMeanOneOf, nearest } from './suggest.ts';

/** The parts of a JSON Schema that are used here. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** The driver's own marks. */
  readonly [mark: `x-${string}`]: unknown;
}

/** Marks a part of the input whose values are never printed. The mark is part of the JSON Schema. */
export const SENSITIVE = 'x-sensitive';

/**
 * Option for validations whose problems are explained here: zod adds no message of its own, unless the schema has one.
 */
export const WITHOUT_WORDS = { error: () => '' };

export interface Wording {
  /** The word for a member: "key" in a file, "field" or "parameter" in a request. */
  readonly noun: string;
  /** Whether a null member counts as missing. */
  readonly nullIsAbsent?: boolean;
  /** The hint for an unknown member that belongs elsewhere. It replaces a suggestion. */
  readonly elsewhere?: (path: readonly PropertyKey[]) => string | undefined;
}

type Issue = z.core.$ZodIssue;

/**
 * @param issues issues of a validation {@link WITHOUT_WORDS}
 * @param root the whole input
 * @param whole its JSON Schema, of kind "input"
 */
export function explain(issues: readonly Issue[], root: unknown, whole: SchemaNode, wording: Wording): Problem[] {
  const explainer = new Explainer(root, whole, wording);
  return telling(issues).flatMap((issue) => explainer.issue(issue));
}

/**
 * Removes issues that only follow from another one of the same member: if the type is wrong, a length or bound is
 * irrelevant, and of two bounds the later one is the narrower.
 */
function telling(issues: readonly Issue[]): Issue[] {
  const types = new Set<string>();
  const bounds = new Map<string, Issue>();
  for (const issue of issues) {
    const path = pathText(issue.path);
    if (issue.code === 'invalid_type') types.add(path);
    if (issue.code === 'too_big' || issue.code === 'too_small') bounds.set(`${issue.code} ${path}`, issue);
  }
  return issues.filter((issue) => {
    if (issue.code !== 'too_big' && issue.code !== 'too_small') return true;
    const path = pathText(issue.path);
    return !types.has(path) && bounds.get(`${issue.code} ${path}`) === issue;
  });
}

/** The keys of an object. For several forms, those of the form that is an object. */
export const keysOf = (node: SchemaNode | undefined): string[] => Object.keys(objectForm(node)?.properties ?? {});

const objectForm = (node: SchemaNode | undefined): SchemaNode | undefined =>
  node?.anyOf?.find((form) => form.properties) ?? node;

interface Found {
  readonly node: SchemaNode | undefined;
  readonly value: unknown;
  readonly sensitive: boolean;
}

class Explainer {
  readonly #root: unknown;
  readonly #whole: SchemaNode;
  readonly #wording: Wording;
  readonly #described = new Set<string>();

  constructor(root: unknown, whole: SchemaNode, wording: Wording) {
    this.#root = root;
    this.#whole = whole;
    this.#wording = wording;
  }

  issue(issue: Issue): Problem[] {
    const found = this.#look(issue.path);
    // A text instead of an object or an array may be anything, so it is not repeated.
    const hidden = found.sensitive || found.node?.properties !== undefined || found.node?.items !== undefined;
    const value = foundBy(issue) ?? (hidden || found.value === '' ? undefined : shownValue(found.value));
    const at = (message: string): Problem[] => [
      // Not if the message contains the value already.
      { path: pathText(issue.path), message, ...(value === undefined || holds(message, value) ? {} : { value }) },
    ];
    if (this.#isMissing(issue, found)) return [{ path: pathText(issue.path), message: this.#missing(found.node) }];
    switch (issue.code) {
      case 'unrecognized_keys':
        return this.#unknownKeys(issue, found.node);
      case 'invalid_key':
        return issue.issues
          .flatMap((inner) => this.issue({ ...inner, path: issue.path }))
          .map(({ path, message }) => ({ path, message: `its name ${message}` }));
      case 'invalid_union':
        return this.#union(issue, found) ?? at(issue.message || wrongType(found, 'value'));
      case 'invalid_value':
        return at(wrongValue(this.#choices(issue.values), issue.values, found.value, value));
      default:
        return at(issue.message || expectation(issue, found));
    }
  }

  /** Follows a path through the schema and the input at the same time. */
  #look(path: readonly PropertyKey[]): Found {
    let node: SchemaNode | undefined = this.#whole;
    let value: unknown = this.#root;
    let sensitive = false;
    for (const part of path) {
      node = under(node, part);
      value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined;
      sensitive ||= node?.[SENSITIVE] === true;
    }
    return { node, value, sensitive };
  }

  #isMissing({ code, path }: Issue, { value }: Found): boolean {
    if (path.length === 0 || typeof path.at(-1) === 'number') return false;
    if (code !== 'invalid_type' && code !== 'invalid_union' && code !== 'invalid_value') return false;
    return value === undefined || (value === null && this.#wording.nullIsAbsent === true);
  }

  /** All valid values. They are listed once if several values of one kind are wrong. */
  #choices(values: readonly unknown[]): string {
    const all = anyOf(values.map((each) => JSON.stringify(each)));
    if (this.#described.has(all)) return 'one of the values above';
    if (values.length > FEW_VALUES) this.#described.add(all);
    return all;
  }

  /** Adds the description. It is added once if several of a kind are missing. */
  #missing({ description = '' }: SchemaNode = {}): string {
    if (description === '' || this.#described.has(description)) return 'is missing';
    this.#described.add(description);
    return `is missing. ${description}`;
  }

  /** Unknown members, each with the one that was probably meant. Their values can be anything and are not shown. */
  #unknownKeys({ path, keys }: Extract<Issue, { code: 'unrecognized_keys' }>, node: SchemaNode | undefined): Problem[] {
    const { noun, elsewhere = (unknown: readonly PropertyKey[]) => this.#locationOf(unknown) } = this.#wording;
    const known = keysOf(node);
    return keys.map((key) => {
      const unknown: PropertyKey[] = [...path, key];
      const home = nearest(key, known) === undefined ? elsewhere(unknown) : undefined;
      const hint = home === undefined ? didYouMeanOneOf(key, known) : `; ${home}`;
      return { path: pathText(unknown), message: `is not a known ${noun}${hint}` };
    });
  }

  /** Where a misplaced key is known: above it, or in one of the objects beside it. */
  #locationOf(path: readonly PropertyKey[]): string | undefined {
    const key = String(path.at(-1));
    for (let length = path.length - 2; length >= 0; length--) {
      const above = path.slice(0, length);
      if (!keysOf(this.#look(above).node).includes(key)) continue;
      return length === 0 ? 'it belongs to the top' : `it belongs into ${pathText(above)}`;
    }
    const beside = path.slice(0, -1);
    const { node } = this.#look(beside);
    const home = keysOf(node).find((name) => keysOf(under(node, name)).includes(key));
    return home === undefined ? undefined : `it belongs into ${pathText([...beside, home])}`;
  }

  /** Selects the form of a value that was probably meant. */
  #union(issue: Extract<Issue, { code: 'invalid_union' }>, found: Found): Problem[] | undefined {
    if (issue.message !== '' || found.value === undefined) return undefined;
    const branch = issue.errors.find(
      (errors) => !errors.some(({ code, path }) => path.length === 0 && OF_TYPE.has(code)),
    );
    return branch?.flatMap((error) => this.issue({ ...error, path: [...issue.path, ...error.path] }));
  }
}

/** The problem with a value of the wrong type. */
const OF_TYPE: ReadonlySet<string> = new Set<Issue['code']>(['invalid_type', 'invalid_value', 'invalid_union']);

function under(node: SchemaNode | undefined, part: PropertyKey): SchemaNode | undefined {
  const forms = node?.anyOf ?? (node ? [node] : []);
  if (typeof part === 'number') return forms.find((form) => form.items)?.items;
  return objectForm(node)?.properties?.[String(part)];
}

/** The value that a rule found, if the input does not have it. */
function foundBy(issue: Issue): string | undefined {
  const found: unknown = issue.code === 'custom' ? issue.params?.found : undefined;
  return typeof found === 'string' ? found : undefined;
}

/** Whether a message contains the value as a separate word. */
function holds(message: string, value: string): boolean {
  const at = message.indexOf(value);
  return at >= 0 && !/\w/.test(message.charAt(at - 1)) && !/[\w.]/.test(message.charAt(at + value.length));
}

function expectation(issue: Issue, found: Found): string {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(found, issue.expected);
    case 'too_small':
      return tooSmall(issue, found);
    case 'too_big':
      return tooBig(issue);
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    default:
      return 'does not have the right form';
  }
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  integer: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

function wrongType({ node, value }: Found, expected: string): string {
  if (keysOf(node).includes('file') && typeof value === 'string' && expected === 'object') {
    return 'must not be in this file as text; write { "file": "path" } or { "env": "NAME" } that contains it';
  }
  const wanted = expected === 'number' && node?.type === 'integer' ? 'int' : expected;
  if (wanted === 'int' && typeof value === 'number') return 'must be a whole number';
  const hint = typeof value === 'string' && ['int', 'number', 'boolean'].includes(wanted) ? ' without quotes' : '';
  const form = KINDS[wanted] ?? anyOf([...new Set(formsOf(node).flatMap(formOf))]);
  return `must be ${form}${hint}, not ${kindOf(value)}`;
}

/** All forms of a value. */
function formsOf(node: SchemaNode = {}): SchemaNode[] {
  if (node.anyOf) return node.anyOf.flatMap(formsOf);
  // One of several simple types.
  const types: unknown = node.type;
  return Array.isArray(types) ? types.map((type: string) => ({ type })) : [node];
}

function formOf(node: SchemaNode): string | string[] {
  if (node.const !== undefined) return node.const === '' ? 'a string' : JSON.stringify(node.const);
  if (node.enum !== undefined) return anyOf(node.enum.map((value) => JSON.stringify(value)));
  if (node.properties?.file && node.properties.env) return ['{ "file": "path" }', '{ "env": "NAME" }'];
  return KINDS[node.type ?? ''] ?? 'another value';
}

/** Up to this many values may be listed repeatedly. */
const FEW_VALUES = 5;

function wrongValue(choices: string, known: readonly unknown[], value: unknown, shown: string | undefined): string {
  const came = shown ?? (typeof value === 'object' ? kindOf(value) : undefined);
  const hint = typeof value === 'string' ? didYouMean(value, known.map(String)) : '';
  return `must be ${choices}${came === undefined ? '' : `, not ${came}`}${hint}`;
}

function tooSmall(
  { origin, minimum, inclusive }: Extract<Issue, { code: 'too_small' }>,
  { node, value }: Found,
): string {
  if (origin === 'string' || origin === 'array') {
    return minimum === 1 ? 'must not be empty' : `must have at least ${sizeOf(origin, Number(minimum))}`;
  }
  const leave = value === 0 && node?.default !== undefined ? ` (leave it out for ${JSON.stringify(node.default)})` : '';
  return `must be ${inclusive === false ? 'greater than' : 'at least'} ${String(minimum)}${leave}`;
}

function tooBig({ origin, maximum, inclusive }: Extract<Issue, { code: 'too_big' }>): string {
  if (origin === 'string' || origin === 'array') return `must have at most ${sizeOf(origin, Number(maximum))}`;
  return `must be ${inclusive === false ? 'less than' : 'at most'} ${String(maximum)}`;
}

const sizeOf = (origin: string, size: number): string =>
  origin === 'string' ? count(size, 'character') : count(size, 'entry', 'entries');
