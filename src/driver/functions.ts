/** The functions of this driver. A new one needs a declaration, a handler and a line here. */
import { functionTable } from '../contract/functions/table.ts';
import { DriverError } from '../contract/errors.ts';
import { asSentence, quote } from '../lib/wording/phrases.ts';
import { didYouMeanOneOf } from '../lib/wording/suggest.ts';
import type { Handler } from './handler.ts';
import { aggregated } from './handlers/aggregated.ts';
import { cancel } from './handlers/cancel.ts';
import { describe } from './handlers/describe.ts';
import { discrete } from './handlers/discrete.ts';
import { elementsearch } from './handlers/elementsearch.ts';
import { eventpipepoll } from './handlers/eventpipepoll.ts';
import { functionsHandler, health, hosts, version } from './handlers/general.ts';
import { interpolated } from './handlers/interpolated.ts';
import { datasources, workbooks } from './handlers/lists.ts';
import { plotted } from './handlers/plotted.ts';
import { snapshot } from './handlers/snapshot.ts';
import { tagsearch } from './handlers/tagsearch.ts';
import { timeframesearch } from './handlers/timeframesearch.ts';

const handlers: ReadonlyMap<string, Handler> = new Map(
  [
    version,
    functionsHandler(() => handlers),
    hosts,
    health,
    datasources,
    workbooks,
    tagsearch,
    elementsearch,
    timeframesearch,
    describe,
    snapshot,
    eventpipepoll,
    plotted,
    interpolated,
    discrete,
    aggregated,
    cancel,
  ].map((entry) => [entry.declaration.name, entry]),
);

/** Whether the contract has a function of this name. */
export const isDeclared = (name: string): boolean => functionTable.some((declaration) => declaration.name === name);

/** Whether the answer of a function continues until the function ends it. */
export const isLease = (name: string): boolean => handlers.get(name)?.isLease === true;

/**
 * The handler of a function.
 * @throws DriverError `unknownFunction`, or `unsupported` if the contract has it and this driver does not support it
 */
export function handlerOf(name: string): Handler {
  const found = handlers.get(name);
  if (found) return found;
  const declared = functionTable.find((declaration) => declaration.name === name);
  if (declared) {
    throw new DriverError('unsupported', `Function "${name}": ${declared.unsupported ?? 'not served here.'}`);
  }
  const hint = didYouMeanOneOf(
    name,
    functionTable.map((declaration) => declaration.name),
  );
  throw new DriverError('unknownFunction', asSentence(`There is no function ${quote(name)}${hint}`));
}
