/** Requests for given FQNs: each is read, or fails, alone. A slow server delays only its own items. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { inParallel } from '../lib/in-parallel.ts';
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

/** Items rejected per event loop turn: thousands of errors at once would block all other requests. */
export const REFUSED_IN_A_TURN = 100;

/** The items of each host. Those without a host, or whose host lacks the ability, have failed already. */
export async function groupByHost(
  context: RequestContext,
  { items, ability, skip }: ItemsToRead<AbilityName>,
): Promise<Map<Host, RequestedItem[]>> {
  const byHost = new Map<Host, RequestedItem[]>();
  let refused = 0;
  for (const [index, text] of items.entries()) {
    if (skip?.(index) === true) continue;
    let fqn: Fqn;
    let host: Host;
    try {
      fqn = parseFqn(text);
      host = context.hosts.of(fqn, context.selected);
      checkAbilities(host, [ability]);
    } catch (error) {
      // Its failure belongs to this item alone.
      await context.part({ index, fqn: text }, async () => {
        throw error;
      });
      if (++refused % REFUSED_IN_A_TURN === 0) await nextTurn();
      continue;
    }
    const group = byHost.get(host);
    if (group) group.push({ index, text, fqn });
    else byHost.set(host, [{ index, text, fqn }]);
  }
  return byHost;
}
