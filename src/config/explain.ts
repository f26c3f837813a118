/** The schema of the configuration file, and readable descriptions of its problems. */
import { z } from 'zod';
import { explain, keysOf, type SchemaNode, type Wording } from '../lib/explain.ts';
import { pathText, type Problem } from '../lib/problem.ts';
import { didYouMean } from '../lib/suggest.ts';
import { configSchema } from './schema.ts';

/** The JSON Schema of the file as users write it: keys with defaults are optional. */
export const configJsonSchema = (): SchemaNode => z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode;

const schema = configJsonSchema();

/** The word for a member of a file. */
export const IN_A_FILE: Wording = { noun: 'key' };

/** @param issues issues of a validation without zod's messages */
export const explainConfig = (issues: readonly z.core.$ZodIssue[], root: unknown): Problem[] =>
  explain(issues, root, schema, IN_A_FILE);

/** A warning for each top-level key that IOTA does not document. IOTA may add keys, so they are no error. */
export function unknownTopLevel(root: Readonly<Record<string, unknown>>): Problem[] {
  const known = keysOf(schema);
  const own = keysOf(schema.properties?.settings);
  return Object.keys(root)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const hint = own.includes(key) ? '; it belongs into settings' : didYouMean(key, known);
      return { path: pathText([key]), message: `is not a known key and is ignored${hint}` };
    });
}
