/** The JSON Schema of a configuration file as users write it: keys with defaults are optional. */
import { z } from 'zod';
import type { SchemaNode, Wording } from '../lib/wording/explain.ts';

/** The word for a member of a file. */
export const IN_A_FILE: Wording = { noun: 'key' };

const known = new WeakMap<z.ZodType, SchemaNode>();

/** Created once for each schema. */
export function jsonSchemaOf(schema: z.ZodType): SchemaNode {
  const node = known.get(schema) ?? (z.toJSONSchema(schema, { io: 'input' }) as SchemaNode);
  known.set(schema, node);
  return node;
}
