/** `interpolated`: values at equal distances, by the signal's own interpolation. */
import { interpolated as declaration } from '../../contract/functions/data.ts';
import { resolveRange } from '../../contract/time/time.ts';
import { handler } from '../handler.ts';
import { instantsOf } from '../history/grid.ts';
import { Interpolator } from '../history/interpolator.ts';
import { openSeries, SERIES_AT_ONCE } from '../history/open-series.ts';
import { ChunkWriter, type WrittenSample } from '../history/series-chunks.ts';
import { samplesOf, TimeReader } from '../history/sample.ts';
import { eachItem } from '../items.ts';
import { checkLimit, checkRange } from '../limits/request-limits.ts';

export const interpolated = handler(
  declaration,
  async (params, context) => {
    const { items, timeZone } = params;
    const range = resolveRange(params, { now: context.now, timeZone });
    checkRange(range, context.limits);
    const instants = instantsOf(params, range, timeZone, context.limits);
    checkLimit(instants.field, instants.count, context.limits.samplesPerItem, 'values');

    await eachItem(context, { items, ability: 'history' }, SERIES_AT_ONCE, async (item, host, source) => {
      const { shape, pages } = await openSeries(item, source, range, context.callTo(host));
      const { index, text: fqn } = item;
      const writer = new ChunkWriter(context, {
        index,
        fqn,
        ...(shape.unit === undefined ? {} : { unit: shape.unit }),
      });
      const interpolator = new Interpolator(instants.times(), shape, context.now);
      const reader = new TimeReader();
      for await (const page of pages) {
        for (const sample of samplesOf(page, reader)) await writeAll(interpolator.take(sample), writer);
      }
      await writeAll(interpolator.rest(), writer);
      await writer.end();
    });
  },
  ['itemsPerRequest', 'samplesPerItem', 'rangeDays'],
  'history',
);

/** Stays synchronous where no wait is necessary, since most adjacent samples have no value between them. */
function writeAll(values: Generator<WrittenSample>, writer: ChunkWriter): Promise<void> | undefined {
  // Not "for of": leaving it would end the generator.
  for (let next = values.next(); next.done !== true; next = values.next()) {
    const sent = writer.add(next.value);
    if (sent) return sent.then(() => writeAll(values, writer));
  }
  return undefined;
}
