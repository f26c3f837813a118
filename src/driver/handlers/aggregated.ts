/** `aggregated`: statistics over even intervals, one series a method. */
import { type AggregateMethod, aggregated as declaration } from '../../contract/functions/data.ts';
import { DriverError } from '../../contract/errors.ts';
import { resolveRange } from '../../contract/time.ts';
import { handler } from '../handler.ts';
import { Aggregator } from '../history/aggregator.ts';
import { intervalsOf } from '../history/grid.ts';
import { openSeries, SERIES_AT_ONCE } from '../history/open.ts';
import { PieceWriter } from '../history/pieces.ts';
import { samplesOf, TimeReader } from '../history/sample.ts';
import { type IntervalStatistics, TEXT_METHODS } from '../history/statistics.ts';
import { eachItem } from '../items.ts';
import { checkLimit, checkRange } from '../limits.ts';

export const aggregated = handler(
  declaration,
  async (params, context) => {
    const { items, timeZone, stamp } = params;
    const methods = [...new Set(params.methods)];
    const range = resolveRange(params, { now: context.now, timeZone });
    checkRange(range, context.limits);
    const intervals = intervalsOf(params, range, timeZone, context.limits);
    checkLimit(
      intervals.field,
      intervals.count * methods.length,
      context.limits.samplesPerItem,
      'values of all methods',
    );
    const numeric = methods.filter((method) => !TEXT_METHODS.has(method));

    await eachItem(context, items, SERIES_AT_ONCE, async (item, host) => {
      const { shape, pages } = await openSeries(item, host, intervals.range, context.callTo(host));
      if (shape.valueType === 'string' && numeric.length > 0) throw noMethods(numeric);
      const { index, text: fqn } = item;
      const series = methods.map((method) => ({
        method,
        writer: new PieceWriter(context, { index, fqn, method, ...unitOf(method, shape.unit) }),
      }));
      const write = async (ended: Generator<IntervalStatistics>): Promise<void> => {
        for (const statistics of ended) {
          for (const { method, writer } of series) {
            const sent = writer.add(statistics.result(method, stamp));
            if (sent) await sent;
          }
        }
      };
      const options = { borders: intervals.borders(), shape, now: context.now, numeric: numeric.length > 0 };
      const aggregator = new Aggregator(options);
      const reader = new TimeReader();
      for await (const page of pages) {
        for (const sample of samplesOf(page, reader)) await write(aggregator.take(sample));
      }
      await write(aggregator.rest());
      for (const { writer } of series) await writer.end();
    });
  },
  ['itemsPerRequest', 'samplesPerItem', 'rangeDays'],
);

/** A total is over seconds; a number of samples has no unit. */
function unitOf(method: AggregateMethod, unit: string | undefined): { unit?: string } {
  if (method === 'count') return {};
  if (method === 'total') return { unit: unit === undefined ? 's' : `${unit}·s` };
  return unit === undefined ? {} : { unit };
}

function noMethods(methods: AggregateMethod[]): DriverError {
  return new DriverError(
    'unsupported',
    `The signal is text, which has no ${methods.join(', ')}; see count, first, last.`,
    {
      details: { field: 'methods' },
    },
  );
}
