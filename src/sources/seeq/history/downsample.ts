/**
 * Lets the server compute the plot of a long signal: in each interval the lowest and the highest value, the value at
 * its borders, and the times at which it has one.
 *
 * Every function of the formulas is used in formulas of Seeq's own clients; `minValue()` and `maxValue()` also occur as
 * names of statistics. That the intervals of `periods` and the points of `resample` are aligned to whole multiples of
 * their length since 1970 is inferred. Nothing depends on it, because the server returns their positions.
 */
import { DriverError } from '../../../contract/errors.ts';
import { formatInstant, type Nanoseconds, parseInstant } from '../../../contract/time/instant.ts';
import { flag } from '../../../contract/series.ts';
import type { TimeRange } from '../../../contract/time/time.ts';
import type { Flag, ScalarValue, ValueStatus } from '../../../contract/values.ts';
import type { Reduction, ReductionSize, SamplePage, SourceCall } from '../../source.ts';
import { pageBytes } from '../connection/body-limits.ts';
import { readNewestSample } from './newest-sample.ts';
import { decodeRun, type DecodedPage } from './samples.ts';
import { mustLeadOn } from '../paging.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';
import { readValidity, type ValidRange, type Validity } from './validity.ts';

const NS_PER_MS = 1_000_000n;
/** Extra intervals for those that only touch the range, and those outside of it that a formula also returns. */
const SPARE = 8;
/** Most intervals in one answer. */
const LARGEST_PAGE = 25_000;

/** A computed value of a part of the signal. */
interface ComputedPoint {
  at: Nanoseconds;
  value: ScalarValue;
  status: ValueStatus;
}

export async function readReduction(
  server: SeeqServer,
  id: string,
  range: TimeRange,
  { intervals, samples }: ReductionSize,
  call: SourceCall,
): Promise<Reduction> {
  const lengthMs = intervalMs(range, intervals);
  const length = lengthMs * NS_PER_MS;
  // Intervals are at least a millisecond long, and much longer ones are useless.
  if (((range.end - range.start) * 2n) / length < BigInt(intervals)) return nothing(range.start);
  const read = (formula: string): Promise<SamplePage> =>
    run(server, { formula, id, range, limit: Math.min(intervals + SPARE, LARGEST_PAGE) }, call);
  const extremes = (statistic: string) =>
    read(`$signal.aggregate(${statistic}, periods(${lengthMs}ms, ${lengthMs}ms), startKey())`);
  const [low, high, borders, validity, newest] = await Promise.all([
    extremes('minValue()'),
    extremes('maxValue()'),
    read(`resample($signal, ${lengthMs}ms)`),
    readValidity(server, id, range, samples, call),
    readNewestSample(server, id, range.end, call),
  ]);
  const last = newest.time === null ? undefined : parseInstant(newest.time);
  if (last === undefined || last < range.start) return nothing(range.start);
  const valued = [...pointsOf(low), ...pointsOf(high)].filter(({ value }) => value !== null);
  // A server may compute values between or after samples, so an interval after the newest one is meaningless.
  const extreme = valued.filter(({ at }) => isWhole(at) && at <= last);
  const isOver = valued.length === 0 && newest.status === 'Bad Data' && isWithout(validity, range.start, last);
  // The last interval with a value may end after the newest sample, so that part is read from samples. If no interval
  // has a value, the newest sample is read.
  const until = isOver ? last : extreme.reduce((latest, { at }) => later(latest, at), range.start);
  // An interval that starts before the range is placed at the start of the range.
  const placed = extreme.map((point) => ({ ...point, at: later(range.start, point.at + length / 2n) }));
  // A range without a value that continues after the computed part is marked before its end.
  const marks = validity.without.filter(({ start }) => start < until).map((stretch) => markOf(stretch, until));
  const points = [...pointsOf(borders), ...placed, ...marks].filter(({ at }) => at >= range.start && at < until);
  points.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const unit = low.unit ?? high.unit;
  return { page: { ...columnsOf(points, validity), ...(unit === undefined ? {} : { unit }) }, until };

  /** Whether an interval overlaps the range and ends in it: later samples are not part of the range. */
  function isWhole(at: Nanoseconds): boolean {
    return at + length > range.start && at + length <= range.end;
  }
}

const nothing = (until: Nanoseconds): Reduction => ({ page: { times: [], values: [] }, until });

/** Whether the signal certainly has no value between two times. */
const isWithout = ({ without, unknown }: Validity, from: Nanoseconds, to: Nanoseconds): boolean =>
  unknown.length === 0 && without.reduce((end, stretch) => (stretch.start <= end ? stretch.end : end), from) >= to;

const later = (a: Nanoseconds, b: Nanoseconds): Nanoseconds => (a > b ? a : b);

/**
 * Whole milliseconds, as in the durations of Seeq's own client. Rounded up, so that there are no additional intervals.
 */
function intervalMs({ start, end }: TimeRange, intervals: number): bigint {
  const share = NS_PER_MS * BigInt(intervals);
  const ms = (end - start + share - 1n) / share;
  return ms > 0n ? ms : 1n;
}

function* pointsOf({ times, values, flags = [] }: SamplePage): Generator<ComputedPoint> {
  let run = 0;
  for (const [position, time] of times.entries()) {
    while ((flags[run]?.[1] ?? Infinity) < position) run++;
    const [from, , flagged] = flags[run] ?? [Infinity, Infinity, 'Good'];
    const status = from <= position ? flagged : 'Good';
    const at = parseInstant(time);
    const value = values[position];
    if (at === undefined) continue;
    yield typeof value === 'number' ? { at, value, status } : { at, value: null, status: 'Bad Data' };
  }
}

function markOf({ start, end }: ValidRange, until: Nanoseconds): ComputedPoint {
  const last = end < until ? end : until;
  return { at: start + (last - start) / 2n, value: null, status: 'Bad Data' };
}

/** @param unknown ascending */
function columnsOf(points: readonly ComputedPoint[], { unknown }: Validity): SamplePage {
  const flags: Flag[] = [];
  let next = 0;
  for (const [position, { at, status }] of points.entries()) {
    while ((unknown[next]?.end ?? at) < at) next++;
    const isKnown = at <= (unknown[next]?.start ?? at);
    flag(flags, position, status === 'Good' && !isKnown ? 'Questionable' : status);
  }
  return {
    times: points.map(({ at }) => formatInstant(at)),
    values: points.map(({ value }) => value),
    ...(flags.length > 0 ? { flags } : {}),
  };
}

interface Run {
  formula: string;
  id: string;
  range: TimeRange;
  limit: number;
}

/** All samples of a formula. There are few. */
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
    // Servers before R63 return no token. A full page without one may be incomplete.
    if (continuationToken === undefined && count > 0 && count >= (decoded.limit ?? limit))
      throw cut(server.name, count);
    for (const [from, to, status] of page.flags ?? []) flags.push([from + times.length, to + times.length, status]);
    // One by one: a call accepts a limited number of arguments.
    for (const time of page.times) times.push(time);
    for (const value of page.values) values.push(value);
    unit = page.unit ?? unit;
  } while (continuationToken !== undefined);
  return { times, values, flags, ...(unit === undefined ? {} : { unit }) };
}

function cut(server: string, count: number): DriverError {
  return new DriverError('sourceError', `Server "${server}" gave only ${count} of the intervals that were asked for.`);
}
