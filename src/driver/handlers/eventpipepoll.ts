/** `eventpipepoll`: subscribes the caller to value changes. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventpipepoll as declaration } from '../../contract/functions/data.ts';
import { type DriverError, toDriverError } from '../../contract/errors.ts';
import { parseFqn } from '../../contract/fqn.ts';
import { checkAbilities } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import { handler, type Handler } from '../handler.ts';
import { REFUSED_IN_A_TURN } from '../items.ts';
import { Lease, type LeasedItem } from '../leases/lease.ts';
import { SentState, MOST_ITEMS } from '../leases/sent-state.ts';
import { failedReading } from '../leases/poll-result.ts';
import { checkLimit } from '../limits/request-limits.ts';

export const eventpipepoll: Handler = {
  ...handler(
    declaration,
    async ({ items, intervalMs, leaseMs, cursor }, context) => {
      const { itemsPerRequest, maxLeaseMs } = context.limits;
      checkLimit('items', items.length, Math.min(itemsPerRequest, MOST_ITEMS), 'items');
      checkLimit('leaseMs', leaseMs, maxLeaseMs, 'milliseconds');
      const marks = SentState.of(items, cursor);
      const leased: LeasedItem[] = [];
      const refused: RefusedItem[] = [];
      for (const _portion of resolve(items, context, leased, refused)) await nextTurn();
      if (leased.length === 0) {
        await refuseAll(refused, context);
        return;
      }
      const { signal } = context;
      const lease: Lease = new Lease({
        items: leased,
        refused: refused.map(({ index, text, error }) => {
          return { index, text, reading: failedReading(error.toBody(), performance.now()) };
        }),
        ...{ intervalMs, leaseMs, marks, signal, resumed: cursor !== undefined },
        emit: (item) => context.emit(item),
        flush: (withCursor) => {
          const cursor = withCursor ? { cursor: marks.toCursor() } : {};
          return context.flush({ ...cursor, ...realInterval(lease) });
        },
        watch: (watcher) => {
          context.watch(watcher);
        },
      });
      context.meta.ended = await context.leases.hold(lease, items.length, intervalMs, context.caller);
      context.meta.cursor = marks.toCursor();
      Object.assign(context.meta, realInterval(lease));
      if (lease.failing > 0) context.incomplete();
    },
    ['itemsPerRequest', 'maxLeaseMs', 'maxLeases', 'maxLeasedItems'],
    'snapshot',
  ),
  isLease: true,
};

const realInterval = ({ realIntervalMs }: Lease): { intervalMs?: number } =>
  realIntervalMs === undefined ? {} : { intervalMs: realIntervalMs };

interface RefusedItem {
  index: number;
  text: string;
  error: DriverError;
}

/**
 * Finds the host of each item. Yields where the event loop may run. A request with few invalid items is never delayed,
 * so that a cancellation right after it finds its lease.
 */
export function* resolve(
  items: readonly string[],
  context: Pick<RequestContext, 'hosts' | 'selected' | 'asks'>,
  leased: LeasedItem[],
  refused: RefusedItem[],
): Generator<undefined, void> {
  for (const [index, text] of items.entries()) {
    try {
      const fqn = parseFqn(text);
      const host = context.hosts.of(fqn, context.selected);
      checkAbilities(host, ['snapshot']);
      context.asks(host);
      leased.push({ index, text, fqn, host });
    } catch (thrown) {
      refused.push({ index, text, error: toDriverError(thrown) });
      if (refused.length % REFUSED_IN_A_TURN === 0) yield;
    }
  }
}

/** Without a valid item there is nothing to poll. */
async function refuseAll(refused: readonly RefusedItem[], context: RequestContext): Promise<void> {
  for (const [count, { index, text, error }] of refused.entries()) {
    await context.part({ index, fqn: text }, async () => {
      throw error;
    });
    if ((count + 1) % REFUSED_IN_A_TURN === 0) await nextTurn();
  }
}
