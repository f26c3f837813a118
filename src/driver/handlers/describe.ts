/** `describe`: metadata of given FQNs, many in one call to their server. */
import { describe as declaration } from '../../contract/functions/general.ts';
import { DriverError } from '../../contract/errors.ts';
import { type Describer, isUnreadable } from '../../sources/source.ts';
import { abilityOf } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import { handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { inParallel } from '../../lib/in-parallel.ts';
import { groupByHost, type RequestedItem } from '../items.ts';

/** Items per call: their filters fit into any URL or body, and their properties into one page. */
const BATCH = 50;
const BATCHES_AT_ONCE = 8;

export const describe = handler(
  declaration,
  async ({ items }, context) => {
    const byHost = await groupByHost(context, { items, ability: 'describe' });
    await Promise.all(
      Array.from(byHost, ([host, group]) =>
        context.using(host, () =>
          inParallel(batches(group), BATCHES_AT_ONCE, (batch) => describeBatch(batch, host, context)),
        ),
      ),
    );
  },
  ['itemsPerRequest'],
  'describe',
);

function batches(items: RequestedItem[]): RequestedItem[][] {
  return Array.from({ length: Math.ceil(items.length / BATCH) }, (_, n) => items.slice(n * BATCH, (n + 1) * BATCH));
}

/** One call for all. Its failure is the failure of each. */
async function describeBatch(batch: RequestedItem[], host: Host, context: RequestContext): Promise<void> {
  const plain = batch.filter(isItem);
  let found: ReturnType<Describer['describe']> | undefined;
  // The first item with a slot starts it. All items share it.
  const describeAll = () =>
    (found ??= abilityOf(host, 'describe').describe(
      [...new Set(plain.map(({ fqn }) => fqn.id))],
      context.callTo(host),
    ));
  await Promise.all(
    batch.map((item) =>
      context.part(
        { index: item.index, fqn: item.text },
        async () => {
          if (!isItem(item)) throw noItem(item);
          const hit = (await describeAll()).get(item.fqn.id);
          if (hit !== undefined && isUnreadable(hit)) throw hit.error;
          if (hit?.kind !== item.fqn.kind) throw unknownItem(item, host);
          const { id: _, properties = {}, ...shown } = hit;
          const displayName = `${host.source.name}: ${hit.name}`;
          await context.emit({ index: item.index, fqn: item.text, displayName, ...shown, properties });
        },
        host,
      ),
    ),
  );
}

const isItem = ({ fqn }: RequestedItem): boolean => fqn.part === undefined && fqn.kind !== 'capsule';

function noItem({ text }: RequestedItem): DriverError {
  return new DriverError(
    'unsupported',
    `${text} is part of something else; describe the item itself, or find timeframes with timeframesearch.`,
  );
}

function unknownItem({ fqn, text }: RequestedItem, { source }: Host): DriverError {
  return new DriverError('notFound', `Server "${source.name}" has no ${fqn.kind} ${text}.`);
}
