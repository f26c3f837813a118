/** A function of the driver: its declaration in the contract and its implementation. */
import type { FunctionDeclaration, ParamsOf } from '../contract/functions/define.ts';
import type { AbilityName } from '../contract/functions/general.ts';
import type { RequestContext } from './context.ts';

export interface Handler<Declaration extends FunctionDeclaration = FunctionDeclaration> {
  readonly declaration: Declaration;
  /** Emits the items into the context. Rejects if the request fails as a whole. */
  handle(params: ParamsOf<Declaration>, context: RequestContext): Promise<void>;
  /** The answer continues until the function ends it. Neither the time budget nor the request limit applies. */
  readonly isLease?: boolean;
  /** It needs no slot at a server, so a busy server does not delay it. */
  readonly needsNoServer?: boolean;
  /** Limits that apply, for the function `functions`. */
  readonly limits?: readonly (keyof RequestContext['limits'])[];
  /** The ability that a source needs for it, for the function `functions`. Undefined if it needs none. */
  readonly ability?: AbilityName | undefined;
}

/** Connects a handler to its declaration, so that its parameters are typed. */
export function handler<Declaration extends FunctionDeclaration>(
  declaration: Declaration,
  handle: Handler<Declaration>['handle'],
  limits: Handler['limits'] = [],
  ability?: AbilityName,
): Handler {
  return { declaration, handle, limits, ability };
}
