/** Turns validation issues into sentences that name the field, what is wrong and what would be right. */
import type { z } from 'zod';
import { DriverError } from './errors.ts';

/** All problems in one line. `noun` is what a member is called: "field" in the envelope, "parameter" in params. */
export function describeProblems(error: z.ZodError, noun: string): string {
  return error.issues.map((issue) => describeIssue(issue, noun)).join('; ');
}

function describeIssue(issue: z.core.$ZodIssue, noun: string): string {
  if (issue.code === 'unrecognized_keys') {
    return `unknown ${noun} ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}${where(issue.path)}`;
  }
  return `${noun} ${JSON.stringify(issue.path.join('.'))}: ${issue.message}`;
}

const where = (path: PropertyKey[]): string => (path.length === 0 ? '' : ` in ${JSON.stringify(path.join('.'))}`);

/**
 * Checks the parameters of a function.
 * @throws DriverError `badRequest` with every problem; an unknown parameter is refused together with the known names
 */
export function parseParams<Schema extends z.ZodObject>(schema: Schema, params: unknown): z.infer<Schema> {
  const result = schema.safeParse(params ?? {});
  if (result.success) return result.data;
  const known = Object.keys(schema.shape);
  const unknown = result.error.issues.some((issue) => issue.code === 'unrecognized_keys' && issue.path.length === 0);
  const hint = unknown ? ` (known parameters: ${known.length > 0 ? known.join(', ') : 'none'})` : '';
  throw new DriverError('badRequest', `${capitalize(describeProblems(result.error, 'parameter'))}${hint}.`, {
    details: {
      problems: result.error.issues.map((issue) => ({
        field: ['params', ...issue.path].join('.'),
        message: issue.message,
      })),
    },
  });
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
