/**
 * Reads a series for a plot. Samples are reduced as they arrive, so that memory stays constant. The remaining number is
 * estimated after each page. If it is too large, the server computes the rest, and the part that it omits at the end is
 * read again.
 */
import { DriverError } from '../../contract/errors.ts';
import type { Nanoseconds } from '../../contract/time/instant.ts';
import type { TimeRange } from '../../contract/time/time.ts';
import type { HistoryReader, Reduction, SamplePage, SourceCall } from '../../sources/source.ts';
import type { OpenSeries } from './open-series.ts';
import type { PlotReducer } from './plot-reducer.ts';
import { isBad, samplesOf, TimeReader } from './sample.ts';

export interface PlotReading {
  series: OpenSeries;
  source: HistoryReader;
  range: TimeRange;
  /** Intervals of the plot. */
  intervals: number;
  /** Most samples that are read before the server computes the rest. */
  mostRaw: number;
  now: Nanoseconds;
  call: SourceCall;
}

export interface ReadPlot {
  unit: string | undefined;
  /** The server has computed a part. */
  computed: boolean;
}

/**
 * The server's intervals are finer than those of the plot, so that an extreme is in the right one except for a part of
 * a pixel, and there are at least FEWEST.
 */
const FINER = 4;
const FEWEST = 1000;
/** More are requested only if the plot itself has more. */
const MOST = 20_000;

/** Adds the whole series to a reducer. */
export async function readPlot(reading: PlotReading, reducer: PlotReducer): Promise<ReadPlot> {
  const { series, source, range, call } = reading;
  const { shape } = series;
  const reader = new TimeReader();
  const found: ReadPlot = { unit: undefined, computed: false };
  // Text has no extremes, and a server computes no values between discrete samples.
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
        // Earlier samples of a later part are computed already.
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

/** Estimated number of samples in the rest of the range, from their density so far. */
function samplesLeft({ range, now }: PlotReading, count: number, begin: Nanoseconds, at: Nanoseconds): number {
  // Most series end now.
  const end = at < now && now < range.end ? now : range.end;
  const [read, left] = [Number(at - begin), Number(end - at)];
  return read > 0 ? (count / read) * left : 0;
}

/** The rest as the server computes it. Undefined if it cannot. */
async function computed(
  { series, source, intervals, call }: PlotReading,
  range: TimeRange,
  samples: number,
): Promise<Reduction | undefined> {
  const wanted = Math.max(intervals, Math.min(MOST, Math.max(FEWEST, FINER * intervals)));
  try {
    return await source.reduced?.(series.shape.fqn, range, { intervals: wanted, samples }, call);
  } catch (thrown) {
    // A server that refuses to compute may still return the samples.
    if (thrown instanceof DriverError && REFUSALS.has(thrown.code)) return undefined;
    throw thrown;
  }
}

const REFUSALS: ReadonlySet<string> = new Set(['sourceError', 'unsupported', 'forbidden', 'notFound']);
