/** A commented example of a configuration file, made from its schema. */
import type { SchemaNode } from '../lib/wording/explain.ts';

/** Longest line of a comment. */
const WIDTH = 100;
/** Deeper objects are left out. */
const DEEPEST = 8;

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/**
 * The values that are given, and as comments every other key with its description and its default. A commented key ends
 * with a comma and comes before the given ones, so the file stays valid if its marks are removed.
 */
export function exampleOf(schema: SchemaNode, given: Json): string {
  const intro = [
    '// Keys that begin with // are optional and show their defaults, or "…" where there is none.',
    '// To set one, remove the // of all its lines. "iota-seeqdrv check" reports every mistake.',
  ];
  return [...intro, ...valueLines(schema, given, 0)].join('\n');
}

function valueLines(node: SchemaNode | undefined, given: Json | undefined, depth: number): string[] {
  if (given === undefined) return sampleLines(node, depth);
  if (Array.isArray(given)) {
    const entries = (given as readonly Json[]).map((entry) => valueLines(itemsOf(node), entry, depth + 1));
    return enclosed('[', entries.map(indented), ']');
  }
  if (typeof given !== 'object' || given === null) return [JSON.stringify(given)];
  return objectLines(formOf(node, given), given as Readonly<Record<string, Json>>, depth);
}

function objectLines(node: SchemaNode | undefined, given: Readonly<Record<string, Json>>, depth: number): string[] {
  const properties = Object.entries(node?.properties ?? {});
  const isGiven = ([key]: readonly [string, unknown]): boolean => Object.hasOwn(given, key);
  const optional = properties
    .filter((entry) => !isGiven(entry))
    .map(([key, child]) => {
      const lines = keyed(key, valueLines(child, undefined, depth + 1));
      return [...comment(child.description), ...closed(lines, ',').map((line) => `// ${line}`)];
    });
  const active = properties.filter(isGiven).map(([key, child], at, all) => {
    const lines = keyed(key, valueLines(child, given[key], depth + 1));
    return [...comment(child.description), ...closed(lines, at === all.length - 1 ? '' : ',')];
  });
  return ['{', ...[...optional, ...active].flatMap(indented), '}'];
}

/** A value for a key that is not given: its default, or one that shows its form. */
function sampleLines(node: SchemaNode | undefined, depth: number): string[] {
  if (node === undefined || depth > DEEPEST) return ['"…"'];
  const { default: byDefault } = node;
  if (byDefault !== undefined && !isEmptyObject(byDefault)) {
    return JSON.stringify(byDefault, undefined, 2).split('\n');
  }
  const [form = node] = node.anyOf ?? [];
  if (form.const !== undefined) return [JSON.stringify(form.const)];
  if (form.enum !== undefined) return [JSON.stringify(form.enum[0])];
  switch (form.type) {
    case 'object':
      return form.properties === undefined ? ['{}'] : membersAsSample(form, depth);
    case 'array':
      return enclosed('[', [indented(sampleLines(form.items, depth + 1))], ']');
    case 'boolean':
      return ['false'];
    case 'integer':
    case 'number':
      return [String(form.minimum ?? 0)];
    default:
      return ['"…"'];
  }
}

/** The members of an object whose key is a comment already. */
function membersAsSample({ properties = {} }: SchemaNode, depth: number): string[] {
  const members = Object.entries(properties).map(([key, child], at, all) => {
    const lines = keyed(key, sampleLines(child, depth + 1));
    return [...comment(child.description), ...closed(lines, at === all.length - 1 ? '' : ',')];
  });
  return ['{', ...members.flatMap(indented), '}'];
}

const itemsOf = (node: SchemaNode | undefined): SchemaNode | undefined =>
  node?.items ?? node?.anyOf?.find(({ items }) => items !== undefined)?.items;

/** The form of a value that is an object. */
const formOf = (node: SchemaNode | undefined, given: object): SchemaNode | undefined =>
  node?.anyOf?.find(({ properties }) => Object.keys(given).every((key) => Object.hasOwn(properties ?? {}, key))) ??
  node;

const isEmptyObject = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const keyed = (key: string, [first = '', ...more]: readonly string[]): string[] => [
  `${JSON.stringify(key)}: ${first}`,
  ...more,
];

/** The lines with something after the last one. */
const closed = (lines: readonly string[], end: string): string[] =>
  lines.map((line, at) => (at === lines.length - 1 ? `${line}${end}` : line));

const enclosed = (begin: string, entries: readonly (readonly string[])[], end: string): string[] => [
  begin,
  ...entries.flatMap((lines, at) => closed(lines, at === entries.length - 1 ? '' : ',')),
  end,
];

/** A description as lines of a comment, broken at blanks. */
function comment(description: string | undefined): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of (description ?? '').split(/\s+/).filter((part) => part !== '')) {
    if (line !== '' && line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, ...(line === '' ? [] : [line])].map((text) => `// ${text}`);
}
