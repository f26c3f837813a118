/** `plotted`: a series fit for drawing, however many samples it has. */
import { plotted as declaration } from '../../contract/functions/data.ts';
import { DriverError } from '../../contract/errors.ts';
import { resolveRange, type TimeRange } from '../../contract/time.ts';
import type { SeriesShape, SourceCall } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { envelopeSamples } from '../history/envelope.ts';
import { type OpenSeries, openSeries, SERIES_AT_ONCE } from '../history/open.ts';
import { PieceWriter } from '../history/pieces.ts';
import { mostSamples, type Plot, PlotReducer } from '../history/plot-reducer.ts';
import { samplesOf, TimeReader } from '../history/sample.ts';
import { eachItem, type RequestedItem } from '../items.ts';
import { checkLimit, checkRange } from '../limits.ts';

export const plotted = handler(
  declaration,
  async (params, context) => {
    const { items, intervals, timeZone } = params;
    checkLimit('intervals', mostSamples(intervals), context.limits.samplesPerItem, 'samples');
    const range = resolveRange(params, { now: context.now, timeZone });
    checkRange(range, context.limits);
    await eachItem(context, items, SERIES_AT_ONCE, (item, host) => plot({ item, host, range, intervals }, context));
  },
  ['itemsPerRequest', 'samplesPerItem', 'plottedRawSamples', 'rangeDays'],
);

interface PlotRequest {
  item: RequestedItem;
  host: Host;
  range: TimeRange;
  intervals: number;
}

async function plot({ item, host, range, intervals }: PlotRequest, context: RequestContext): Promise<void> {
  const call = context.callTo(host);
  const { index, text: fqn } = item;
  const { shape, pages } = await openSeries(item, host, range, call);
  const { plot: read, unit } = await readPlot(pages, new PlotReducer(range, intervals, shape), context);
  if (!read) {
    await plotByServer({ item, host, range, intervals }, shape, call, context);
    return;
  }
  const steps = shape.interpolation === 'step' || shape.interpolation === 'discrete';
  const writer = new PieceWriter(context, {
    index,
    fqn,
    ...unitOf(shape.unit ?? unit),
    ...(steps ? { step: true } : {}),
    ...(read.reduced ? { reducedBy: 'driver' } : {}),
  });
  await write(read, writer);
}

/** Reads until the end, or until it is too much; then there is no plot. */
async function readPlot(
  pages: OpenSeries['pages'],
  reducer: PlotReducer,
  context: RequestContext,
): Promise<{ plot?: Plot; unit?: string | undefined }> {
  const reader = new TimeReader();
  let count = 0;
  let unit: string | undefined;
  for await (const page of pages) {
    count += page.times.length;
    if (count > context.limits.plottedRawSamples) return {};
    unit ??= page.unit;
    for (const sample of samplesOf(page, reader)) reducer.add(sample);
  }
  return { plot: reducer.end(), unit };
}

async function write({ samples }: Plot, writer: PieceWriter): Promise<void> {
  for (const [position, sample] of samples.entries()) {
    const sent = writer.add(sample);
    if (sent) await sent;
    const before = samples[position - 1];
    if (before && before.gaps !== sample.gaps) writer.gap(before.time, sample.time);
  }
  await writer.end();
}

async function plotByServer(
  { item, host, range, intervals }: PlotRequest,
  shape: SeriesShape,
  call: SourceCall,
  context: RequestContext,
): Promise<void> {
  if (shape.valueType === 'string') throw tooMuchText(context.limits.plottedRawSamples);
  const envelope = await host.source.reduced(shape.fqn, range, intervals, call);
  const { index, text: fqn } = item;
  const head = { index, fqn, ...unitOf(shape.unit ?? envelope.unit), reducedBy: 'server' };
  const writer = new PieceWriter(context, head);
  for (const sample of envelopeSamples(envelope)) {
    const sent = writer.add(sample);
    if (sent) await sent;
  }
  await writer.end();
}

const unitOf = (unit: string | undefined): { unit?: string } => (unit === undefined ? {} : { unit });

/** Text has no lowest and no highest value that a server could tell. */
function tooMuchText(limit: number): DriverError {
  return new DriverError('tooLarge', `The series is text and has more than ${limit} samples; ask a shorter range.`, {
    details: { limit },
  });
}
