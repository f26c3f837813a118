/** The declaration of a function of the contract. It provides types, validation and the published schema. */
import { z } from 'zod';

/** IOTA's documented groups of functions. */
export type FunctionType = 'GENERAL' | 'SEARCH' | 'DATA' | 'DATAHISTORY';

export interface FunctionDeclaration<
  Name extends string = string,
  Params extends z.ZodObject = z.ZodObject,
  Item extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly type: FunctionType;
  readonly description: string;
  /** A closed object: unknown parameters are rejected by name. */
  readonly params: Params;
  /** One element of the answer's `items`. */
  readonly item: Item;
  /** Why this driver does not support the function. Absent if it does. */
  readonly unsupported?: string;
}

/** Declares a function and keeps its exact types. */
export function defineFunction<Name extends string, Params extends z.ZodObject, Item extends z.ZodType>(
  declaration: FunctionDeclaration<Name, Params, Item>,
): FunctionDeclaration<Name, Params, Item> {
  return declaration;
}

/** The checked parameters of a declared function. */
export type ParamsOf<Declaration extends FunctionDeclaration> = z.infer<Declaration['params']>;
/** One item of a declared function. */
export type ItemOf<Declaration extends FunctionDeclaration> = z.infer<Declaration['item']>;

/** Parameters of a function without any. */
export const noParams = z.strictObject({});

/** The function's parameters as JSON Schema, which `functions` returns. */
export function paramsJsonSchema(declaration: FunctionDeclaration): Record<string, unknown> {
  return z.toJSONSchema(declaration.params, { io: 'input', unrepresentable: 'any' });
}
