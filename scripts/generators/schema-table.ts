/** Tables of the members of a zod schema: name, type, default, meaning. */
import { z } from 'zod';
import { errorBodySchema } from '../../src/contract/answer.ts';
import { timeInput } from '../../src/contract/time/time.ts';
import { table } from './markdown.ts';

/** The parts of a JSON Schema that the tables need. */
interface Node {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly items?: Node;
  readonly prefixItems?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly additionalProperties?: Node | boolean;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
}

const errorMembers = Object.keys(errorBodySchema.shape).join();
const isError = (node: Node): boolean => Object.keys(node.properties ?? {}).join() === errorMembers;

/** What a caller writes: which members it must give, and what holds if it does not. */
export function paramsTable(schema: z.ZodType): string {
  const node = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
  const rows = flat(node, '').map(({ name, member, required }) => [
    `\`${name}\``,
    typeText(member),
    required ? '**required**' : member.default === undefined ? '' : `\`${JSON.stringify(member.default)}\``,
    meaning(member),
  ]);
  return rows.length === 0 ? 'None.' : table(['parameter', 'type', 'default', 'meaning'], rows);
}

/** What a reader gets: a member with a question mark may be absent. */
export function membersTable(schema: z.ZodType): string {
  const node = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Node;
  const rows = flat(node, '').map(({ name, member, required }) => [
    `\`${name}\`${required ? '' : ' ?'}`,
    typeText(member),
    meaning(member),
  ]);
  return table(['member', 'type', 'meaning'], rows);
}

interface Row {
  name: string;
  member: Node;
  required: boolean;
}

/** All members, those of inner objects behind their own: `servers[].name`. */
function flat(node: Node, prefix: string): Row[] {
  return Object.entries(node.properties ?? {}).flatMap(([key, member]) => {
    const name = `${prefix}${key}`;
    const row = { name, member, required: node.required?.includes(key) ?? false };
    if (isError(member)) return [row];
    const values = typeof member.additionalProperties === 'object' ? member.additionalProperties : undefined;
    const inner = member.items?.properties
      ? [member.items, '[].']
      : values?.properties
        ? [values, '.*.']
        : [member, '.'];
    return [row, ...flat(inner[0] as Node, `${name}${inner[1] as string}`)];
  });
}

function meaning(node: Node): string {
  if (node.description === timeInput.description) return 'A [time](contract.md#time)';
  return (node.description ?? '').replaceAll('*', '\\*').replaceAll('<', '&lt;');
}

function typeText(node: Node): string {
  if (isError(node)) return '[error](errors.md)';
  if (node.const !== undefined) return `\`${JSON.stringify(node.const)}\``;
  if (node.enum) return node.enum.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  if (node.anyOf) return [...new Set(node.anyOf.map(typeText))].join(' or ');
  if (typeof node.type === 'object') return node.type.map((type) => typeText({ type })).join(' or ');
  switch (node.type) {
    case 'integer':
      return `whole number${rangeText(node)}`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return node.prefixItems ? `[${node.prefixItems.map(typeText).join('; ')}]` : `list of ${listed(node.items)}`;
    case 'object':
      return 'object';
    case 'string':
      return 'text';
    case undefined:
      return 'anything';
    default:
      return node.type;
  }
}

/** The elements of a list, in the plural where that is easy. */
function listed(items: Node | undefined): string {
  const text = items ? typeText(items) : 'anything';
  return text === 'text' ? 'texts' : text === 'object' ? 'objects' : text;
}

function rangeText({ minimum, maximum = Number.MAX_SAFE_INTEGER }: Node): string {
  if (minimum === undefined || minimum === Number.MIN_SAFE_INTEGER) return '';
  return maximum === Number.MAX_SAFE_INTEGER ? `, from ${minimum}` : `, ${minimum} to ${maximum}`;
}
