/** The functions of the contract as types: parameters and answers. */
import type { z } from 'zod';
import type { AnswerMessage } from '../contract/answer.ts';
import type { FunctionDeclaration } from '../contract/functions/define.ts';
import type * as data from '../contract/functions/data.ts';
import type * as general from '../contract/functions/general.ts';
import type * as search from '../contract/functions/search.ts';
import type { Answer } from './answer.ts';

type Contract = typeof general & typeof search & typeof data;

/** Every function by name. New declarations of the contract are included automatically. */
export type Functions = {
  [Key in keyof Contract as Contract[Key] extends FunctionDeclaration ? Key : never]: Contract[Key];
};
export type FunctionName = keyof Functions;

/** Parameters as a caller writes them: those with a default are optional. */
export type ParamsFor<Name extends FunctionName> = z.input<Functions[Name]['params']>;
/** One item of the answer, including failures if single items can fail. */
export type ItemFor<Name extends FunctionName> = z.output<Functions[Name]['item']>;
/** A complete answer with joined series. */
export type AnswerFor<Name extends FunctionName> = Omit<Answer, 'items'> & { items: ItemFor<Name>[] };
/** One message of an answer. A series may continue in the next one. */
export type MessageFor<Name extends FunctionName> = Omit<AnswerMessage, 'items'> & { items: ItemFor<Name>[] };

/** The functions without required parameters. */
export type FreeFunctionName = {
  [Name in FunctionName]: Record<string, never> extends ParamsFor<Name> ? Name : never;
}[FunctionName];
