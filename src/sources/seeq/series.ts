/** Reading the samples of a signal: complete, in order, page by page. */
import type { Boundary } from '../../contract/functions/data.ts';
import { DriverError } from '../../contract/errors.ts';
import { compareUtc, formatInstant } from '../../contract/instant.ts';
import { advance, after, type SeriesPosition, sliceColumns } from '../../contract/series.ts';
import type { TimeRange } from '../../contract/time.ts';
import type { SamplePage, SourceCall } from '../source.ts';
import { fittingPage } from '../../net/page-fit.ts';
import { pageBytes } from './body-limits.ts';
import { decodeSamples, type DecodedPage } from './samples.ts';
import { isTooFewForEqual, mustLeadOn } from './paging.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';

const BOUNDARY = { inside: 'Inclusive', outside: 'Outside', interpolated: 'Interpolate' } as const;

interface PageRequest {
  id: string;
  start: string;
  end: string;
  boundary: Boundary;
  limit: number;
  continuationToken?: string | undefined;
}

/** A page is not smaller, unless it is configured so: a call costs more than a few hundred samples. */
const FEWEST = 1000;

export interface SamplesRequest {
  id: string;
  range: TimeRange;
  boundary: Boundary;
  /** How many will probably be taken; all by default. */
  expected?: number | undefined;
}

/**
 * Pages of samples. While the caller works on one page the next is on its way.
 * @param pageSamples samples to ask for in one call
 */
export async function* readSamples(
  server: SeeqServer,
  { id, range, boundary, expected = Infinity }: SamplesRequest,
  pageSamples: number,
  call: SourceCall,
): AsyncGenerator<SamplePage> {
  const start = formatInstant(range.start);
  const end = formatInstant(range.end);
  const limit = Math.min(pageSamples, Math.max(FEWEST, expected));
  const first: PageRequest = { id, start, end, boundary, limit };
  let last: SeriesPosition | undefined;
  let token: string | undefined;
  let resumed = false;
  let total = 0;
  let size = limit;
  let next: (() => Promise<ReadPage>) | undefined = () => firstPage(server, first, call, pageSamples);
  while (next) {
    const { page, count, limit: most, continuationToken, asked } = await next();
    next = undefined;
    total += count;
    // Where samples are so large that fewer had to be asked for, the further pages are as small.
    size = total === count ? asked : Math.min(size, asked);
    const fresh = resumed && last ? after(page, last) : page;
    const begin = fresh.times[0];
    if (last && begin !== undefined && compareUtc(last.time, begin) > 0) throw outOfOrder(server.name, begin);
    mustLeadOn(server.name, token, continuationToken, fresh.times.length > 0 && fresh.times.at(-1) !== last?.time);
    token = continuationToken;
    last = advance(last, fresh);
    if (continuationToken !== undefined) {
      resumed = false;
      next = ahead(() => readPage(server, { ...first, limit: size, continuationToken }, call), total < expected);
    } else if (count > 0 && count >= Math.min(asked, most ?? asked) && last && !isBehind(last, end)) {
      // A full page without a token: a server older than R63, which is asked again from the last sample on, for so many
      // more as are known. So it is when that lies at the end of the range, where more of the same time may follow.
      if (fresh.times.length === 0) throw tooManyAtOnce(server.name, last.time);
      resumed = true;
      // The nearest sample before the range may be one of several; the others do not belong to it.
      const again = { start: compareUtc(last.time, start) < 0 ? start : last.time, limit: size + last.repeats };
      next = ahead(() => readPage(server, { ...first, ...again }, call), total < expected);
    }
    const kept = boundary === 'inside' ? within(fresh, start, end) : fresh;
    if (kept.times.length > 0) yield kept;
  }
}

/** Begins at once, or when it is wanted. */
function ahead<T>(read: () => Promise<T>, atOnce: boolean): () => Promise<T> {
  if (!atOnce) return read;
  const begun = read();
  // If the reader stops before the next page, its failure must not count as unhandled.
  begun.catch(() => undefined);
  return () => begun;
}

/** The first page may be too small for many samples of one time, on which the server cannot end a page. */
async function firstPage(
  server: SeeqServer,
  request: PageRequest,
  call: SourceCall,
  largest: number,
): Promise<ReadPage> {
  try {
    return await readPage(server, request, call);
  } catch (thrown) {
    if (request.limit >= largest || !isTooFewForEqual(thrown)) throw thrown;
    return readPage(server, { ...request, limit: largest }, call);
  }
}

/** A page, and how many samples it could hold. */
interface ReadPage extends DecodedPage {
  asked: number;
}

async function readPage(server: SeeqServer, request: PageRequest, call: SourceCall): Promise<ReadPage> {
  const ask = (limit: number) => askPage(server, { ...request, limit }, call);
  const { answer, asked } = await fittingPage(request.limit, ask);
  return { ...answer, asked };
}

async function askPage(server: SeeqServer, request: PageRequest, call: SourceCall): Promise<DecodedPage> {
  const { id, start, end, boundary, limit, continuationToken } = request;
  const operation: Operation<string> = (client, signal) =>
    client.GET('/signals/{id}/samples', {
      params: {
        path: { id },
        query: {
          start,
          end,
          boundaryValues: BOUNDARY[boundary],
          limit,
          ...(continuationToken === undefined ? {} : { continuationToken }),
        },
      },
      parseAs: 'text',
      signal,
    });
  const limitBytes = pageBytes('sample', limit);
  return server.askFor(call, operation, decodeSamples, { share: shareKey('samples', request), limitBytes });
}

const isBehind = ({ time }: SeriesPosition, end: string): boolean => compareUtc(time, end) > 0;

/** Only samples with start <= time <= end, whatever the server takes for a boundary. */
function within(page: SamplePage, start: string, end: string): SamplePage {
  let from = 0;
  let to = page.times.length;
  while (from < to && compareUtc(page.times[from] ?? '', start) < 0) from++;
  while (to > from && compareUtc(page.times[to - 1] ?? '', end) > 0) to--;
  return from === 0 && to === page.times.length ? page : sliceColumns(page, from, to);
}

function outOfOrder(server: string, time: string): DriverError {
  return new DriverError('sourceError', `Server "${server}" gave samples out of order at ${time}.`);
}

function tooManyAtOnce(server: string, time: string): DriverError {
  return new DriverError('sourceError', `Server "${server}" has more samples at ${time} than fit into one page.`);
}
