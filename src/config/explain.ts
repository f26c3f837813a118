import { z } from 'zod';
import { didYouMean } from './near.ts';
import { pathText, type Problem } from './problems.ts';
import { kindOf, shownValue } from './redact.ts';
import type { OWN_FILE, TEXT_FILE } from './fields.ts';
import { SENSITIVE } from './schema-server.ts';
import { configSchema } from './schema.ts';

/** The parts of a JSON Schema that this page needs. */
export interface SchemaNode {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly [SENSITIVE]?: boolean;
  readonly [TEXT_FILE]?: boolean;
  readonly [OWN_FILE]?: boolean;
}

/** The JSON Schema of the file: what may be written, so defaults are optional. */
export const configJsonSchema = (): SchemaNode => z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode;

type Issue = z.core.$ZodIssue;
const schema = configJsonSchema();

/**
 * What zod found, in the words of a person.
 * @param root the whole file as read
 * @param whole its JSON Schema; by default that of the configuration
 */
export function explain(issues: readonly Issue[], root: unknown, whole: SchemaNode = schema): Problem[] {
  return issues.flatMap((issue) => explainIssue(issue, root, whole));
}

function explainIssue(issue: Issue, root: unknown, whole: SchemaNode): Problem[] {
  const place = look(issue.path, root, whole);
  // A text in the place of an object or a list may be anything, so it is not repeated.
  const hidden = place.sensitive || place.node?.properties !== undefined || place.node?.items !== undefined;
  const value = hidden ? undefined : shownValue(place.value);
  const at = (message: string, shown = value): Problem[] => [
    { path: pathText(issue.path), message, ...(shown === undefined ? {} : { value: shown }) },
  ];
  switch (issue.code) {
    case 'invalid_type':
      return at(place.value === undefined ? missing(place.node) : wrongType(issue.expected, place));
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey([...issue.path, key], key, keysOf(place.node)));
    case 'invalid_union':
      return explainUnion(issue, place, root, whole) ?? at('must be a string, { "file": "path" } or { "env": "NAME" }');
    case 'invalid_key':
      return issue.issues
        .flatMap((inner) => explainIssue({ ...inner, path: issue.path }, root, whole))
        .map(({ path, message }) => ({ path, message: `its name ${message}` }));
    case 'invalid_value':
      return at(`must be ${issue.values.map((each) => JSON.stringify(each)).join(' or ')}`);
    case 'too_small':
      return at(
        issue.origin === 'string' || issue.origin === 'array'
          ? 'must not be empty'
          : `must be at least ${String(issue.minimum)}`,
      );
    case 'too_big':
      return at(
        issue.origin === 'string' || issue.origin === 'array'
          ? `must have at most ${String(issue.maximum)} ${issue.origin === 'string' ? 'characters' : 'entries'}`
          : `must be at most ${String(issue.maximum)}`,
      );
    default:
      return at(issue.message);
  }
}

/** An unknown key, with the one that was probably meant. Its value is never shown: anything may stand there. */
function unknownKey(path: readonly PropertyKey[], key: string, known: readonly string[]): Problem {
  const hint = didYouMean(key, known) || `; known here: ${known.join(', ')}`;
  return { path: pathText(path), message: `is not a known key${hint}` };
}

/** A warning for each key at the top of the file that IOTA does not document. IOTA may add some, so they do no harm. */
export function unknownTopLevel(root: Readonly<Record<string, unknown>>): Problem[] {
  const known = keysOf(schema);
  return Object.keys(root)
    .filter((key) => !known.includes(key))
    .map((key) => ({ path: pathText([key]), message: `is not a known key and is ignored${didYouMean(key, known)}` }));
}

/** The keys of an object; of several forms, those of the form that is an object. */
const keysOf = (node: SchemaNode | undefined): string[] => Object.keys(objectForm(node)?.properties ?? {});
const objectForm = (node: SchemaNode | undefined): SchemaNode | undefined =>
  node?.anyOf?.find((form) => form.properties) ?? node;

interface Place {
  readonly node: SchemaNode | undefined;
  readonly value: unknown;
  readonly sensitive: boolean;
}

/** Follows a path through the schema and the file at once. */
function look(path: readonly PropertyKey[], root: unknown, whole: SchemaNode): Place {
  let node: SchemaNode | undefined = whole;
  let value: unknown = root;
  let sensitive = false;
  for (const part of path) {
    const under: SchemaNode | undefined = objectForm(node);
    node = typeof part === 'number' ? under?.items : under?.properties?.[String(part)];
    value = typeof value === 'object' && value !== null ? (value as Record<PropertyKey, unknown>)[part] : undefined;
    sensitive ||= node?.[SENSITIVE] === true;
  }
  return { node, value, sensitive };
}

function missing(node: SchemaNode | undefined): string {
  return `is missing. ${node?.description ?? ''}`.trim();
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
};

function wrongType(expected: string, place: Place): string {
  if (keysOf(place.node).includes('file') && typeof place.value === 'string' && expected === 'object') {
    return 'must not stand in this file as text; write { "file": "path" } or { "env": "NAME" } that holds it';
  }
  const wanted = expected === 'number' && place.node?.type === 'integer' ? 'int' : expected;
  if (wanted === 'int' && typeof place.value === 'number') return 'must be a whole number';
  const hint = typeof place.value === 'string' && (wanted === 'int' || wanted === 'boolean') ? ' without quotes' : '';
  return `must be ${KINDS[wanted] ?? wanted}${hint}, not ${kindOf(place.value)}`;
}

/** Of the forms that a value may have, takes the one that it was probably meant to be. */
function explainUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  place: Place,
  root: unknown,
  whole: SchemaNode,
): Problem[] | undefined {
  const branch = issue.errors.find(
    (errors) => !errors.some((error) => error.code === 'invalid_type' && error.path.length === 0),
  );
  if (!branch || place.value === undefined) return undefined;
  return explain(
    branch.map((error) => ({ ...error, path: [...issue.path, ...error.path] })),
    root,
    whole,
  );
}
