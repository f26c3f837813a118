/** Turns problems of validation into sentences that name the field, what is wrong and what would be right. */
import type { z } from 'zod';
import { DriverError } from './errors.ts';
import { type CheckLength, type Problem, quote, validate, type Validated } from './validation.ts';

type Invalid = Extract<Validated<unknown>, { ok: false }>;

/** The problems in one line. `noun` is what a member is called: "field" in the envelope, "parameter" in params. */
export function describeProblems({ problems, more }: Invalid, noun: string): string {
  const sentences = problems.map((problem) => describeProblem(problem, noun));
  return [...sentences, ...(more ? ['further problems are not listed'] : [])].join('; ');
}

function describeProblem({ path, message, unknownKeys }: Problem, noun: string): string {
  if (unknownKeys !== undefined) return `unknown ${noun} ${unknownKeys.join(', ')}${where(path)}`;
  return `${noun} ${quote(path.join('.'))}: ${message}`;
}

const where = (path: PropertyKey[]): string => (path.length === 0 ? '' : ` in ${quote(path.join('.'))}`);

/** The same for programs. `prefix` is the path of what was validated. */
export function problemDetails({ problems }: Invalid, ...prefix: string[]): { field: string; message: string }[] {
  return problems.map(({ path, message }) => ({ field: [...prefix, ...path].join('.'), message }));
}

/**
 * Checks the parameters of a function.
 * @param checkLength of lists that have no maximum in the contract
 * @throws DriverError `badRequest` with the first problems; an unknown parameter is refused together with the known names
 */
export function parseParams<Schema extends z.ZodObject>(
  schema: Schema,
  params: unknown,
  checkLength?: CheckLength,
): z.output<Schema> {
  const result = validate(schema, params ?? {}, checkLength);
  if (result.ok) return result.data;
  const known = Object.keys(schema.shape);
  const unknown = result.problems.some(({ path, unknownKeys }) => unknownKeys !== undefined && path.length === 0);
  const hint = unknown ? ` (known parameters: ${known.length > 0 ? known.join(', ') : 'none'})` : '';
  throw new DriverError('badRequest', `${capitalize(describeProblems(result, 'parameter'))}${hint}.`, {
    details: { problems: problemDetails(result, 'params') },
  });
}

const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
