/** Reads all samples of a signal in order, page by page. */
import type { Boundary } from '../../../contract/functions/data.ts';
import { DriverError } from '../../../contract/errors.ts';
import { compareUtc, formatInstant } from '../../../contract/time/instant.ts';
import { advance, after, type SeriesPosition, sliceColumns } from '../../../contract/series.ts';
import type { TimeRange } from '../../../contract/time/time.ts';
import type { SamplePage, SourceCall } from '../../source.ts';
import { fittingPage } from '../../../net/page-fit.ts';
import { pageBytes } from '../connection/body-limits.ts';
import { decodeSamples, type DecodedPage } from './samples.ts';
import { isTooFewForEqual, mustLeadOn } from '../paging.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';

const BOUNDARY = { inside: 'Inclusive', outside: 'Outside', interpolated: 'Interpolate' } as const;

interface PageRequest {
  id: string;
  start: string;
  end: string;
  boundary: Boundary;
  limit: number;
  continuationToken?: string | undefined;
}

/** Smallest page, unless configured otherwise: a call costs more than a few hundred samples. */
const FEWEST = 1000;

export interface SamplesRequest {
  id: string;
  range: TimeRange;
  boundary: Boundary;
  /** Expected number of samples that are used. Default: all. */
  expected?: number | undefined;
}

/**
 * Pages of samples. The next page is requested while the caller processes one.
 * @param pageSamples samples per call
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
    // If large samples required smaller pages, further pages stay as small.
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
      // A full page without a token: a server before R63. The next call starts at the last sample, and requests as many
      // more samples as are known. This also applies if the last sample is at the end of the range, where more of the
      // same time may follow.
      if (fresh.times.length === 0) throw tooManyAtOnce(server.name, last.time);
      resumed = true;
      // The nearest sample before the range may be one of several. The others do not belong to the range.
      const again = { start: compareUtc(last.time, start) < 0 ? start : last.time, limit: size + last.repeats };
      next = ahead(() => readPage(server, { ...first, ...again }, call), total < expected);
    }
    const kept = boundary === 'inside' ? within(fresh, start, end) : fresh;
    if (kept.times.length > 0) yield kept;
  }
}

/** Starts at once, or on demand. */
function ahead<T>(read: () => Promise<T>, atOnce: boolean): () => Promise<T> {
  if (!atOnce) return read;
  const begun = read();
  // If the reader stops before the next page, its failure must not be an unhandled rejection.
  begun.catch(() => undefined);
  return () => begun;
}

/** The first page may be too small for many samples of one time: the server cannot end a page within them. */
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

/** A page, and its capacity in samples. */
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

/** Only samples with start <= time <= end, whatever the server uses as boundaries. */
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
