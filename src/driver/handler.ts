/** What a function of the driver is: its declaration in the contract and the work behind it. */
import type { FunctionDeclaration, ParamsOf } from '../contract/functions/define.ts';
import type { AbilityName } from '../contract/functions/general.ts';
import type { RequestContext } from './context.ts';

export interface Handler<Declaration extends FunctionDeclaration = FunctionDeclaration> {
  readonly declaration: Declaration;
  /** Emits the items into the context; rejects when the request fails as a whole. */
  handle(params: ParamsOf<Declaration>, context: RequestContext): Promise<void>;
  /** The answer goes on until the function ends it: neither time budget nor limit of requests at once apply. */
  readonly isLease?: boolean;
  /** It works without a place at any server, so that it is answered however busy they are. */
  readonly needsNoServer?: boolean;
  /** Limits that apply, for `functions`. */
  readonly limits?: readonly (keyof RequestContext['limits'])[];
  /** What a source has to be able to do for it, for `functions`; undefined where it works without any. */
  readonly ability?: AbilityName | undefined;
}

/** Ties a handler to its declaration, so that its parameters are typed. */
export function handler<Declaration extends FunctionDeclaration>(
  declaration: Declaration,
  handle: Handler<Declaration>['handle'],
  limits: Handler['limits'] = [],
  ability?: AbilityName,
): Handler {
  return { declaration, handle, limits, ability };
}
