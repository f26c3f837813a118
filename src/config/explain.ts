/** The configuration file's schema, and what is wrong with a file, in the words of a person. */
import { z } from 'zod';
import { explain, keysOf, type SchemaNode, type Wording } from '../lib/explain.ts';
import { pathText, type Problem } from '../lib/problem.ts';
import { didYouMean } from '../lib/suggest.ts';
import { configSchema } from './schema.ts';

/** The JSON Schema of the file: what may be written, so defaults are optional. */
export const configJsonSchema = (): SchemaNode => z.toJSONSchema(configSchema, { io: 'input' }) as SchemaNode;

const schema = configJsonSchema();

/** What a member of a file is called. */
export const IN_A_FILE: Wording = { noun: 'key' };

/** @param issues of a validation without zod's words */
export const explainConfig = (issues: readonly z.core.$ZodIssue[], root: unknown): Problem[] =>
  explain(issues, root, schema, IN_A_FILE);

/** A warning for each key at the top of the file that IOTA does not document. IOTA may add some, so they do no harm. */
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
