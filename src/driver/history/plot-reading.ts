/**
 * Reads a series for a plot. Samples are read and reduced while they come, so that memory stays flat. What is left to
 * read is estimated after each page; where it is too much, the server computes the rest, and what it leaves out at the
 * end is read again.
 */
import { DriverError } from '../../contract/errors.ts';
import type { Nanoseconds } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import type { HistoryReader, Reduction, SamplePage, SourceCall } from '../../sources/source.ts';
import type { OpenSeries } from './open-series.ts';
import type { PlotReducer } from './plot-reducer.ts';
import { isBad, samplesOf, TimeReader } from './sample.ts';

export interface PlotReading {
  series: OpenSeries;
  source: HistoryReader;
  range: TimeRange;
  /** Of the plot. */
  intervals: number;
  /** Samples that may be read before the server is asked to compute. */
  mostRaw: number;
  now: Nanoseconds;
  call: SourceCall;
}

export interface ReadPlot {
  unit: string | undefined;
  /** A part is computed by the server. */
  computed: boolean;
}

/**
 * The server's intervals are finer than those of the plot, so that an extreme lies in the right one but for a part of a
 * pixel, and never fewer than this.
 */
const FINER = 4;
const FEWEST = 1000;
/** More are only asked for where the plot itself has more. */
const MOST = 20_000;

/** Feeds a reducer with the whole series. */
export async function readPlot(reading: PlotReading, reducer: PlotReducer): Promise<ReadPlot> {
  const { series, source, range, call } = reading;
  const { shape } = series;
  const reader = new TimeReader();
  const found: ReadPlot = { unit: undefined, computed: false };
  // Text has no extremes, and between discrete samples a server computes nothing.
  let mayCompute = shape.valueType === 'number' && shape.interpolation !== 'discrete' && shape.constant === undefined;
  let from: Nanoseconds | undefined = range.start;
  let pages: AsyncIterable<SamplePage> = series.pages;
  let isFirst = true;
  while (from !== undefined) {
    const begin: Nanoseconds = from;
    from = undefined;
    let count = 0;
    for await (const page of pages) {
      found.unit ??= page.unit;
      count += page.times.length;
      let at = begin;
      for (const sample of samplesOf(page, reader)) {
        at = sample.at;
        // What lies before a later part has been computed.
        if (isFirst || at >= begin) reducer.add(sample);
        // A server computes only numbers.
        if (typeof sample.value !== 'number' && !isBad(sample)) mayCompute = false;
      }
      if (!mayCompute || at >= range.end) continue;
      const samples = samplesLeft(reading, count, begin, at);
      if (count + samples <= reading.mostRaw) continue;
      const rest = await computed(reading, { start: at, end: range.end }, samples);
      if (rest === undefined || rest.until <= at) {
        // Then the samples are read to the end.
        mayCompute = false;
        continue;
      }
      for (const sample of samplesOf(rest.page, reader)) reducer.add(sample, true);
      found.computed = true;
      from = rest.until;
      break;
    }
    if (from !== undefined) pages = source.samples(shape.fqn, { start: from, end: range.end }, 'outside', call);
    isFirst = false;
  }
  return found;
}

/** How many samples the rest of the range probably holds, from how dense they were so far. */
function samplesLeft({ range, now }: PlotReading, count: number, begin: Nanoseconds, at: Nanoseconds): number {
  // Most series end now.
  const end = at < now && now < range.end ? now : range.end;
  const [read, left] = [Number(at - begin), Number(end - at)];
  return read > 0 ? (count / read) * left : 0;
}

/** The rest as the server computes it; undefined where it cannot. */
async function computed(
  { series, source, intervals, call }: PlotReading,
  range: TimeRange,
  samples: number,
): Promise<Reduction | undefined> {
  const wanted = Math.max(intervals, Math.min(MOST, Math.max(FEWEST, FINER * intervals)));
  try {
    return await source.reduced?.(series.shape.fqn, range, { intervals: wanted, samples }, call);
  } catch (thrown) {
    // A server that refuses to compute may still give its samples.
    if (thrown instanceof DriverError && REFUSALS.has(thrown.code)) return undefined;
    throw thrown;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['sourceError', 'unsupported', 'forbidden', 'notFound']);
