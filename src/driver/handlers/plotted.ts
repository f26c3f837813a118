/** `plotted`: a series reduced for display, for any number of samples. */
import { PLOT_INTERVALS, plotted as declaration } from '../../contract/functions/data.ts';
import { formatInstant } from '../../contract/time/instant.ts';
import { resolveRange, type TimeRange } from '../../contract/time/time.ts';
import type { HistoryReader } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { type Intervals, intervalsOf } from '../history/grid.ts';
import { openSeries, SERIES_AT_ONCE } from '../history/open-series.ts';
import { ChunkWriter } from '../history/series-chunks.ts';
import { readPlot } from '../history/plot-reading.ts';
import { isGap, mostSamples, type Plot, PlotReducer } from '../history/plot-reducer.ts';
import { type Bridging, holdsUntil } from '../history/signal.ts';
import { eachItem, type RequestedItem } from '../items.ts';
import { checkLimit, checkRange } from '../limits/request-limits.ts';

export const plotted = handler(
  declaration,
  async (params, context) => {
    const { items, timeZone } = params;
    const range = resolveRange(params, { now: context.now, timeZone });
    checkRange(range, context.limits);
    const { interval, intervalMs, count, align } = params;
    const isGiven = interval !== undefined || intervalMs !== undefined || count !== undefined;
    const grid = { interval, intervalMs, count: isGiven ? count : PLOT_INTERVALS, align };
    const intervals = intervalsOf(grid, range, timeZone, context.limits);
    checkLimit(intervals.field, mostSamples(intervals.count), context.limits.samplesPerItem, 'samples');
    await eachItem(context, { items, ability: 'history' }, SERIES_AT_ONCE, (item, host, source) =>
      plot({ item, host, source, range, intervals }, context),
    );
  },
  ['itemsPerRequest', 'samplesPerItem', 'plottedRawSamples', 'rangeDays'],
  'history',
);

interface PlotRequest {
  item: RequestedItem;
  host: Host;
  source: HistoryReader;
  range: TimeRange;
  intervals: Intervals;
}

async function plot({ item, host, source, range, intervals }: PlotRequest, context: RequestContext): Promise<void> {
  const call = context.callTo(host);
  const { now } = context;
  const series = await openSeries(item, source, range, call);
  const { shape } = series;
  const reducer = new PlotReducer(range, intervals, shape);
  const mostRaw = context.limits.plottedRawSamples;
  const read = await readPlot({ series, source, range, intervals: intervals.count, mostRaw, now, call }, reducer);
  const drawn = reducer.end();

  const unit = shape.unit ?? read.unit;
  // Text values are held, independent of the signal's interpolation.
  const isStep = shape.interpolation === 'step' || shape.interpolation === 'discrete';
  const steps = isStep || drawn.samples.some(({ value }) => typeof value === 'string');
  const until = heldUntil(drawn, shape, now);
  const writer = new ChunkWriter(context, {
    index: item.index,
    fqn: item.text,
    ...(unit === undefined ? {} : { unit }),
    ...(steps ? { step: true } : {}),
    ...(until === undefined ? {} : { holdsUntil: until }),
    ...(read.computed ? { reducedBy: 'server' } : drawn.reduced ? { reducedBy: 'driver' } : {}),
  });
  await write(drawn, writer);
}

/** A constant has its own samples up to the end of the range. */
function heldUntil({ samples, endsInside }: Plot, shape: Bridging, now: bigint): string | undefined {
  const newest = samples.at(-1);
  if (!newest || !endsInside || shape.constant !== undefined) return undefined;
  const until = holdsUntil(newest, shape, now);
  return until === undefined ? undefined : formatInstant(until);
}

async function write({ samples }: Plot, writer: ChunkWriter): Promise<void> {
  for (const [position, sample] of samples.entries()) {
    const sent = writer.add(sample);
    if (sent) await sent;
    const before = samples[position - 1];
    if (before && isGap(before, sample)) writer.gap(before.time, sample.time);
  }
  await writer.end();
}
