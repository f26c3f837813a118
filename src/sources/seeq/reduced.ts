/**
 * Lets the server reduce a signal: its lowest and highest value in each interval.
 *
 * Every function of the formula occurs in formulas of Seeq's own clients, `minValue()` and `maxValue()` as names of
 * statistics too. That the intervals of `periods` lie on whole multiples of their length since 1970 is inferred, and
 * nothing depends on it, because the server reports where its intervals begin.
 */
import { DriverError } from '../../contract/errors.ts';
import { compareUtc, formatInstant } from '../../contract/instant.ts';
import { sliceColumns } from '../../contract/series.ts';
import type { TimeRange } from '../../contract/time.ts';
import type { ScalarValue, ValueStatus } from '../../contract/values.ts';
import type { Envelope, SamplePage, SourceCall } from '../source.ts';
import { pageBytes } from './body-limits.ts';
import { decodeRun, type DecodedPage } from './samples.ts';
import { mustLeadOn } from './paging.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';

const NS_PER_MS = 1_000_000n;
/** Intervals that only touch the range, and the ones outside of it that a formula answers too. */
const SPARE = 8;

export async function readEnvelope(
  server: SeeqServer,
  id: string,
  range: TimeRange,
  intervals: number,
  call: SourceCall,
): Promise<Envelope> {
  const lengthMs = intervalMs(range, intervals);
  const read = (statistic: string): Promise<SamplePage> => {
    const periods = `periods(${lengthMs}ms, ${lengthMs}ms)`;
    const formula = `$signal.aggregate(${statistic}, ${periods}, startKey())`;
    return run(server, { formula, id, range, limit: intervals + SPARE }, call);
  };
  const [low, high] = await Promise.all([read('minValue()'), read('maxValue()')]);
  const first = formatInstant(range.start - lengthMs * NS_PER_MS);
  const last = formatInstant(range.end);
  return merge(within(low, first, last), within(high, first, last));
}

/** Whole milliseconds, because Seeq's own client writes durations so; rounded up, so that there are not more intervals. */
function intervalMs({ start, end }: TimeRange, intervals: number): bigint {
  const share = NS_PER_MS * BigInt(intervals);
  const ms = (end - start + share - 1n) / share;
  return ms > 0n ? ms : 1n;
}

interface Run {
  formula: string;
  id: string;
  range: TimeRange;
  limit: number;
}

/** All samples of a formula; they are few. */
async function run(server: SeeqServer, { formula, id, range, limit }: Run, call: SourceCall): Promise<SamplePage> {
  const query = {
    formula,
    parameters: [`signal=${id}`],
    start: formatInstant(range.start),
    end: formatInstant(range.end),
    timeFormat: 'ISO8601' as const,
    limit,
  };
  const times: string[] = [];
  const values: ScalarValue[] = [];
  const flags: NonNullable<SamplePage['flags']> = [];
  let unit: string | undefined;
  let continuationToken: string | undefined;
  do {
    const token = continuationToken === undefined ? {} : { continuationToken };
    const operation: Operation<string> = (client, signal) =>
      client.GET('/formulas/run', { params: { query: { ...query, ...token } }, parseAs: 'text', signal });
    const share = shareKey('run', query, token);
    const limitBytes = pageBytes('sample', limit);
    const decoded: DecodedPage = await server.askFor(call, operation, decodeRun, { share, limitBytes });
    const { page, count } = decoded;
    const leads = page.times.length > 0 && page.times.at(-1) !== times.at(-1);
    mustLeadOn(server.name, continuationToken, decoded.continuationToken, leads);
    continuationToken = decoded.continuationToken;
    // Servers before R63 give no token; a full page without one may not be all.
    if (continuationToken === undefined && count > 0 && count >= (decoded.limit ?? limit))
      throw cut(server.name, count);
    for (const [from, to, status] of page.flags ?? []) flags.push([from + times.length, to + times.length, status]);
    // One by one: a call takes only so many arguments.
    for (const time of page.times) times.push(time);
    for (const value of page.values) values.push(value);
    unit = page.unit ?? unit;
  } while (continuationToken !== undefined);
  return { times, values, flags, ...(unit === undefined ? {} : { unit }) };
}

/** Only intervals of which a part lies in the range. */
function within(page: SamplePage, after: string, last: string): SamplePage {
  let from = 0;
  let to = page.times.length;
  while (from < to && compareUtc(page.times[from] ?? '', after) <= 0) from++;
  while (to > from && compareUtc(page.times[to - 1] ?? '', last) > 0) to--;
  return sliceColumns(page, from, to);
}

/** Lowest and highest values side by side; an interval that only one of them has is kept, half empty. */
function merge(low: SamplePage, high: SamplePage): Envelope {
  const rows = new Map<string, { low?: number; high?: number; status: ValueStatus }>();
  for (const [name, page] of [
    ['low', low],
    ['high', high],
  ] as const) {
    for (const [position, time] of page.times.entries()) {
      const row = rows.get(time) ?? { status: 'Good' as const };
      const value = page.values[position];
      if (typeof value === 'number') row[name] = value;
      const flagged = page.flags?.find(([from, to]) => from <= position && position <= to)?.[2];
      if (flagged === 'Questionable') row.status = flagged;
      rows.set(time, row);
    }
  }
  const ordered = [...rows].sort(([a], [b]) => compareUtc(a, b));
  const unit = low.unit ?? high.unit;
  return {
    times: ordered.map(([time]) => time),
    lowest: ordered.map(([, row]) => row.low ?? null),
    highest: ordered.map(([, row]) => row.high ?? null),
    status: ordered.map(([, row]) => (row.low === undefined || row.high === undefined ? 'Bad Data' : row.status)),
    ...(unit === undefined ? {} : { unit }),
  };
}

function cut(server: string, count: number): DriverError {
  return new DriverError('sourceError', `Server "${server}" gave only ${count} of the intervals that were asked for.`);
}
