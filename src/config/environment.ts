/**
 * Values of the configuration from environment variables: `IOTA_SEEQDRV__settings__bus__tls__first=true`. A variable
 * replaces the value of the file. Its name is the path of the key, with `__` in place of each dot and bracket.
 */
import type { SchemaNode } from '../lib/wording/explain.ts';
import { pathText, type Problem } from '../lib/wording/problem.ts';
import { didYouMeanOneOf } from '../lib/wording/suggest.ts';

/** Begins the name of every such variable. */
export const VALUE_PREFIX = 'IOTA_SEEQDRV__';

/** A value, and the variable that it is from. */
export interface EnvironmentValue {
  readonly variable: string;
  readonly path: readonly (string | number)[];
}

/** A configuration with the values of the environment. */
export interface Overlaid {
  readonly root: Readonly<Record<string, unknown>>;
  readonly values: readonly EnvironmentValue[];
  readonly problems: readonly Problem[];
}

/** Part of a JSON Schema, of which a map has no names. */
type Node = SchemaNode & { readonly additionalProperties?: SchemaNode | boolean };

/**
 * Puts the values of variables over those of the file. Names must be known: a misspelt one is a problem, not ignored.
 * A number, `true`, `false`, `null`, an object or a list is written as JSON; any other text is a text. An empty variable
 * is ignored.
 */
export function withEnvironment(
  file: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, string | undefined>>,
  schema: SchemaNode,
): Overlaid {
  const root = structuredClone(file) as Record<string, unknown>;
  const values: EnvironmentValue[] = [];
  const problems: Problem[] = [];
  // Sorted, so that a whole object or list comes before its parts.
  for (const variable of Object.keys(env).sort()) {
    const text = env[variable] ?? '';
    if (!variable.startsWith(VALUE_PREFIX) || text === '') continue;
    const found = locationOf(variable, root, schema);
    if (typeof found === 'string') problems.push({ path: variable, message: found });
    else {
      put(root, found.path, valueOf(text, found.node));
      values.push({ variable, path: found.path });
    }
  }
  return { root, values, problems };
}

/** Adds the variable to a problem with a value that is from one. */
export function withVariable(problem: Problem, values: readonly EnvironmentValue[]): Problem {
  const from = values.find(({ path }) => {
    const text = pathText(path);
    return problem.path === text || problem.path.startsWith(`${text}.`) || problem.path.startsWith(`${text}[`);
  });
  return from === undefined ? problem : { ...problem, path: `${problem.path} (variable ${from.variable})` };
}

/** Where a value belongs. */
interface Location {
  readonly node: Node | undefined;
  readonly path: readonly (string | number)[];
}

/** The location that a variable names, or why there is none. */
function locationOf(variable: string, root: object, schema: SchemaNode): Location | string {
  const path: (string | number)[] = [];
  let around: unknown = root;
  let node: Node | undefined = schema;
  for (const key of variable.slice(VALUE_PREFIX.length).split('__')) {
    const isList: boolean = Array.isArray(around) || (around === undefined && listForm(node) !== undefined);
    const step: { key: string | number; node: Node | undefined } | string = isList
      ? entryOf(key, node, Array.isArray(around) ? around.length : 0, path)
      : memberOf(key, node, path);
    if (typeof step === 'string') return step;
    path.push(step.key);
    node = step.node;
    around = memberAt(around, step.key);
  }
  return { node, path };
}

/** Puts a value at a path. Missing objects and lists on the way are made. */
function put(root: object, path: readonly (string | number)[], value: unknown): void {
  let around = root as Record<string | number, unknown>;
  for (const [at, key] of path.slice(0, -1).entries()) {
    const inside = memberAt(around, key);
    const next: object =
      typeof inside === 'object' && inside !== null ? inside : typeof path[at + 1] === 'number' ? [] : {};
    around[key] = next;
    around = next as Record<string | number, unknown>;
  }
  const last = path.at(-1);
  if (last !== undefined) around[last] = value;
}

const memberAt = (around: unknown, key: string | number): unknown =>
  typeof around === 'object' && around !== null && Object.hasOwn(around, key)
    ? (around as Readonly<Record<string | number, unknown>>)[key]
    : undefined;

function memberOf(key: string, node: Node | undefined, path: readonly (string | number)[]) {
  const forms = formsOf(node);
  const known = forms.flatMap(({ properties }) => Object.keys(properties ?? {}));
  const where = path.length === 0 ? 'the configuration' : pathText(path);
  for (const { properties, additionalProperties } of forms) {
    if (properties !== undefined && Object.hasOwn(properties, key)) return { key, node: properties[key] };
    // A map has names of its own.
    if (typeof additionalProperties === 'object' && key !== '__proto__' && properties === undefined) {
      return { key, node: additionalProperties };
    }
  }
  return `names no key of ${where}: ${JSON.stringify(key)} is not known${didYouMeanOneOf(key, known)}`;
}

function entryOf(key: string, node: Node | undefined, length: number, path: readonly (string | number)[]) {
  const items = listForm(node)?.items;
  const index = /^\d{1,4}$/.test(key) ? Number(key) : undefined;
  if (index === undefined)
    return `must have the number of an entry of ${pathText(path)}, from 0, not ${JSON.stringify(key)}`;
  if (index > length)
    return `names entry ${index} of ${pathText(path)}, which has ${length}; the next one is ${length}`;
  return { key: index, node: items };
}

const formsOf = (node: Node | undefined): readonly Node[] =>
  node === undefined ? [] : node.anyOf === undefined ? [node] : node.anyOf.flatMap(formsOf);

const listForm = (node: Node | undefined): Node | undefined => formsOf(node).find(({ type }) => type === 'array');

/** A key that takes only texts keeps them as they are: "007" or "true" may be a name. */
function valueOf(text: string, node: Node | undefined): unknown {
  const types = formsOf(node).map(({ type }) => type);
  if (types.length > 0 && types.every((type) => type === 'string')) return text;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? text : value;
  } catch {
    return text;
  }
}
