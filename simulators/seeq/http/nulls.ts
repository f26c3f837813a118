/**
 * A member without a value may be absent from an answer or be null, and it is not documented when a real server does which.
 * The simulator can do either: this fills in null for every member that the description allows to be null.
 */
import { schemaOf, type Schema } from './description.ts';

export function withNulls(schema: Schema, value: unknown): unknown {
  const at = resolve(schema);
  if (Array.isArray(value))
    return value.map((item) => (at.items === undefined ? (item as unknown) : withNulls(at.items, item)));
  if (typeof value !== 'object' || value === null) return value;
  const given = value as Readonly<Record<string, unknown>>;
  const filled: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(given)) {
    const inner =
      at.properties?.[name] ?? (typeof at.additionalProperties === 'object' ? at.additionalProperties : undefined);
    filled[name] = inner === undefined ? member : withNulls(inner, member);
  }
  for (const [name, member] of Object.entries(at.properties ?? {})) {
    if (filled[name] === undefined && mayBeNull(member)) filled[name] = null;
  }
  return filled;
}

function resolve(schema: Schema): Schema {
  const reference = schema.$ref ?? schema.oneOf?.find((choice) => choice.$ref !== undefined)?.$ref;
  return reference === undefined ? schema : schemaOf(reference);
}

function mayBeNull(schema: Schema): boolean {
  return schema.oneOf !== undefined || (Array.isArray(schema.type) && schema.type.includes('null'));
}
