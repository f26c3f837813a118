/** Requests for given FQNs: each is read, or fails, alone. A slow server delays only its own items. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inParallel } from '../lib/in-parallel.ts';
import { type DriverError, toDriverError } from '../contract/errors.ts';
import { type Fqn, parseFqn } from '../contract/fqn.ts';
import type { AbilityName } from '../contract/functions/general.ts';
import type { SourceAbilities } from '../sources/source.ts';
import { abilityOf, checkAbilities } from './abilities.ts';
import type { RequestContext } from './context.ts';
import type { Host } from './hosts.ts';

/** One FQN of a request, with its index. */
export interface RequestedItem {
  index: number;
  text: string;
  fqn: Fqn;
}

/** Items, and the ability that their host needs. */
export interface ItemsToRead<Name extends AbilityName> {
  items: string[];
  ability: Name;
  /** Indexes without work, because a previous page has completed them. */
  skip?: ((index: number) => boolean) | undefined;
}

/** Processes all items, `atOnce` per host concurrently. */
export async function eachItem<Name extends AbilityName>(
  context: RequestContext,
  asked: ItemsToRead<Name>,
  atOnce: number,
  read: (item: RequestedItem, host: Host, source: SourceAbilities[Name]) => Promise<void>,
): Promise<void> {
  const byHost = await groupByHost(context, asked);
  await Promise.all(
    Array.from(byHost, ([host, group]) =>
      context.using(host, () =>
        inParallel(group, atOnce, (item) =>
          context.part(
            { index: item.index, fqn: item.text },
            () => read(item, host, abilityOf(host, asked.ability)),
            host,
          ),
        ),
      ),
    ),
  );
}

/** An item that has no host, or whose host lacks the ability. */
export interface RefusedItem {
  readonly index: number;
  readonly text: string;
  readonly error: DriverError;
}

/** Items rejected per event loop turn: thousands of errors at once would block all other requests. */
const REFUSED_IN_A_TURN = 100;

/**
 * Finds the host of each item. Yields where the event loop may run. A request with few invalid items is never delayed,
 * so that a cancellation right after it finds its lease.
 */
export function* resolveItems(
  { items, ability, skip }: ItemsToRead<AbilityName>,
  { hosts, selected }: Pick<RequestContext, 'hosts' | 'selected'>,
  resolved: (RequestedItem & { host: Host })[],
  refused: RefusedItem[],
): Generator<undefined, void> {
  for (const [index, text] of items.entries()) {
    if (skip?.(index) === true) continue;
    try {
      const fqn = parseFqn(text);
      const host = hosts.of(fqn, selected);
      checkAbilities(host, [ability]);
      resolved.push({ index, text, fqn, host });
    } catch (thrown) {
      refused.push({ index, text, error: toDriverError(thrown) });
      if (refused.length % REFUSED_IN_A_TURN === 0) yield;
    }
  }
}

/** The failure of each refused item belongs to it alone. */
export async function failRefused(refused: readonly RefusedItem[], context: RequestContext): Promise<void> {
  for (const [count, { index, text, error }] of refused.entries()) {
    await context.part({ index, fqn: text }, async () => {
      throw error;
    });
    if ((count + 1) % REFUSED_IN_A_TURN === 0) await nextTurn();
  }
}

/** The items of each host. The others have failed already. */
export async function groupByHost(
  context: RequestContext,
  asked: ItemsToRead<AbilityName>,
): Promise<Map<Host, RequestedItem[]>> {
  const resolved: (RequestedItem & { host: Host })[] = [];
  const refused: RefusedItem[] = [];
  for (const _turn of resolveItems(asked, context, resolved, refused)) await nextTurn();
  if (refused.length > 0) await failRefused(refused, context);
  return Map.groupBy(resolved, ({ host }) => host);
}
