/** `aggregated`: statistics of intervals, one series per method, and one per state for methods of states. */
import { type AggregateMethod, aggregated as declaration, type Basis } from '../../contract/functions/data.ts';
import type { Stamp } from '../../contract/functions/grid.ts';
import { resolveRange } from '../../contract/time/time.ts';
import type { HistoryReader } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { Aggregator } from '../history/aggregator.ts';
import { type Intervals, intervalsOf } from '../history/grid.ts';
import { basisOf, checkMethods, isStateMethod, needsNumbers, unitOf } from '../history/methods.ts';
import { openSeries, SERIES_AT_ONCE } from '../history/open-series.ts';
import { CHUNK_SAMPLES, ChunkWriter } from '../history/series-chunks.ts';
import { samplesOf, TimeReader } from '../history/sample.ts';
import { StateSeries } from '../history/state-series.ts';
import type { IntervalStatistics } from '../history/statistics.ts';
import { eachItem, type RequestedItem } from '../items.ts';
import { checkLimit, checkRange } from '../limits/request-limits.ts';

export const aggregated = handler(
  declaration,
  async (params, context) => {
    const { items, timeZone, stamp, basis } = params;
    const methods = [...new Set(params.methods)];
    const range = resolveRange(params, { now: context.now, timeZone });
    checkRange(range, context.limits);
    const intervals = intervalsOf(params, range, timeZone, context.limits);
    const { samplesPerItem } = context.limits;
    checkLimit(intervals.field, intervals.count * methods.length, samplesPerItem, 'values of all methods');
    await eachItem(context, { items, ability: 'history' }, SERIES_AT_ONCE, (item, host, source) =>
      aggregate({ item, host, source, intervals, methods, stamp, basis }, context),
    );
  },
  ['itemsPerRequest', 'samplesPerItem', 'rangeDays'],
  'history',
);

interface Aggregation {
  item: RequestedItem;
  host: Host;
  source: HistoryReader;
  intervals: Intervals;
  methods: AggregateMethod[];
  stamp: Stamp;
  basis: Basis;
}

/** Short, because up to a hundred series of states grow between two event loop turns. */
const STATE_PIECE_SAMPLES = CHUNK_SAMPLES / 10;

/** A series in progress. */
interface Output {
  /** Adds the next interval. Await the result, if there is one. */
  add(interval: IntervalStatistics): Promise<void> | undefined;
  end(): Promise<void>;
}

async function aggregate(asked: Aggregation, context: RequestContext): Promise<void> {
  const { item, host, source, intervals, methods } = asked;
  const { shape, pages } = await openSeries(item, source, intervals.range, context.callTo(host));
  checkMethods(methods, shape);
  const basis = basisOf(asked.basis, shape);
  const outputs = methods.map((method) => outputOf(method, { ...asked, basis }, shape.unit, context));
  const write = async (ended: Generator<IntervalStatistics>): Promise<void> => {
    for (const interval of ended) {
      for (const output of outputs) {
        const sent = output.add(interval);
        if (sent) await sent;
      }
    }
  };
  const aggregator = new Aggregator({
    borders: intervals.borders(),
    shape,
    now: context.now,
    basis,
    stamp: asked.stamp,
    numeric: methods.some(needsNumbers),
    deviation: methods.includes('stdDev'),
    states: methods.some(isStateMethod),
  });
  const reader = new TimeReader();
  for await (const page of pages) {
    for (const sample of samplesOf(page, reader)) await write(aggregator.take(sample));
  }
  await write(aggregator.rest());
  for (const output of outputs) await output.end();
}

function outputOf(
  method: AggregateMethod,
  { item, intervals, stamp, basis }: Aggregation,
  unitOfSignal: string | undefined,
  context: RequestContext,
): Output {
  const { unit, divisor } = unitOf(method, basis, unitOfSignal);
  const head = { index: item.index, fqn: item.text, method, basis, ...(unit === undefined ? {} : { unit }) };
  if (isStateMethod(method)) {
    return new StateSeries({
      method,
      stamp,
      borders: () => intervals.borders(),
      limit: context.limits.samplesPerItem,
      each: intervals.count,
      open: (inState) => new ChunkWriter(context, { ...head, inState }, STATE_PIECE_SAMPLES),
    });
  }
  const writer = new ChunkWriter(context, head);
  return {
    add: (interval) => writer.add(interval.result(method, divisor)),
    end: () => writer.end(),
  };
}
