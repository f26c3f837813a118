/** `eventpipepoll`: subscribes the caller to value changes. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { eventpipepoll as declaration } from '../../contract/functions/data.ts';
import { handler, type Handler } from '../handler.ts';
import { failRefused, type RefusedItem, resolveItems } from '../items.ts';
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
      const sentState = SentState.of(items, cursor);
      const leased: LeasedItem[] = [];
      const refused: RefusedItem[] = [];
      for (const _turn of resolveItems({ items, ability: 'snapshot' }, context, leased, refused)) await nextTurn();
      for (const { host } of leased) context.asks(host);
      if (leased.length === 0) {
        await failRefused(refused, context);
        return;
      }
      const { signal } = context;
      const lease: Lease = new Lease({
        items: leased,
        refused: refused.map(({ index, text, error }) => {
          return { index, text, reading: failedReading(error.toBody(), performance.now()) };
        }),
        ...{ intervalMs, leaseMs, sentState, signal, resumed: cursor !== undefined },
        emit: (item) => context.emit(item),
        flush: (withCursor) => {
          const cursor = withCursor ? { cursor: sentState.toCursor() } : {};
          return context.flush({ ...cursor, ...realInterval(lease) });
        },
        watch: (watcher) => {
          context.watch(watcher);
        },
      });
      context.meta.ended = await context.leases.hold(lease, items.length, intervalMs, context.caller);
      context.meta.cursor = sentState.toCursor();
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
