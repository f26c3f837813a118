/** `snapshot`: the newest value at or before a time. */
import { snapshot as declaration } from '../../contract/functions/data.ts';
import { resolveTime } from '../../contract/time/time.ts';
import { handler } from '../handler.ts';
import { eachItem } from '../items.ts';

/** Concurrent items per host. The host's own limit determines the number of calls. */
const AT_ONCE = 64;

export const snapshot = handler(
  declaration,
  async ({ items, time, timeZone }, context) => {
    const at = resolveTime(time, { now: context.now, timeZone }, 'time');
    await eachItem(context, { items, ability: 'snapshot' }, AT_ONCE, async ({ index, text, fqn }, host, source) => {
      const point = await source.snapshot(fqn, at, context.callTo(host));
      await context.emit({ index, fqn: text, ...point });
    });
  },
  ['itemsPerRequest'],
  'snapshot',
);
