/** The parameters of a request, checked against the declaration of its function. */
import type { z } from 'zod';
import { DriverError } from './errors.ts';
import type { FunctionDeclaration } from './functions/define.ts';
import { explainInvalid } from './problems.ts';
import { requestSchema } from './request.ts';
import { type CheckLength, validate } from './validation.ts';

/**
 * @param checkLength for arrays without a maximum in the contract
 * @throws DriverError `badRequest` with the first problems; for an unknown parameter it lists the known names
 */
export function parseParams<Params extends z.ZodObject>(
  { name, params: schema }: Pick<FunctionDeclaration<string, Params>, 'name' | 'params'>,
  params: unknown,
  checkLength?: CheckLength,
): z.output<Params> {
  const result = validate(schema, params ?? {}, checkLength);
  if (result.ok) return result.data;
  const { text, details } = explainInvalid(result, `Function "${name}"`, { noun: 'parameter', elsewhere });
  throw new DriverError('badRequest', text, { details });
}

const elsewhere = ([key, ...below]: readonly PropertyKey[]): string | undefined =>
  below.length === 0 && Object.hasOwn(requestSchema.shape, String(key))
    ? 'it belongs beside "params", not into it'
    : undefined;
