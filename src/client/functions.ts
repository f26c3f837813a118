/** The functions of the contract as types: what each takes and what it answers. */
import type { z } from 'zod';
import type { AnswerMessage } from '../contract/answer.ts';
import type { FunctionDeclaration } from '../contract/functions/define.ts';
import type * as data from '../contract/functions/data.ts';
import type * as general from '../contract/functions/general.ts';
import type * as search from '../contract/functions/search.ts';
import type { Answer } from './answer.ts';

type Contract = typeof general & typeof search & typeof data;

/** Every function by its name; a new declaration of the contract is here by itself. */
export type Functions = {
  [Key in keyof Contract as Contract[Key] extends FunctionDeclaration ? Key : never]: Contract[Key];
};
export type FunctionName = keyof Functions;

/** What a caller writes: parameters that have a default may be left out. */
export type ParamsFor<Name extends FunctionName> = z.input<Functions[Name]['params']>;
/** One item of the answer; where single items can fail, their failures too. */
export type ItemFor<Name extends FunctionName> = z.output<Functions[Name]['item']>;
/** A whole answer, its pieces of series joined. */
export type AnswerFor<Name extends FunctionName> = Omit<Answer, 'items'> & { items: ItemFor<Name>[] };
/** One message of an answer; a series may go on in the next one. */
export type MessageFor<Name extends FunctionName> = Omit<AnswerMessage, 'items'> & { items: ItemFor<Name>[] };

/** The functions whose parameters may all be left out. */
export type FreeFunctionName = {
  [Name in FunctionName]: Record<string, never> extends ParamsFor<Name> ? Name : never;
}[FunctionName];
