/** `discrete`: recorded samples, streamed page by page. */
import { count } from '../../lib/wording/phrases.ts';
import { z } from 'zod';
import { type Boundary, discrete as declaration } from '../../contract/functions/data.ts';
import { DriverError, wrongParameter } from '../../contract/errors.ts';
import { formatInstant, type Nanoseconds, parseInstant } from '../../contract/time/instant.ts';
import {
  advance,
  after,
  type SeriesPosition,
  seriesPositionSchema,
  type SeriesChunk,
  sliceColumns,
} from '../../contract/series.ts';
import type { Columns } from '../../contract/values.ts';
import { resolveRange, type TimeRange } from '../../contract/time/time.ts';
import type { HistoryReader } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import { handler } from '../handler.ts';
import type { Host } from '../hosts.ts';
import { eachItem, type RequestedItem } from '../items.ts';
import { checkLimit, checkRange } from '../limits/request-limits.ts';

/** Concurrent series per host. Each holds two pages in memory. */
const AT_ONCE = 4;

const positionSchema = z.object({
  /** Resolved by the first request, so that relative times are the same on every page. */
  start: z.string(),
  end: z.string(),
  /** Positions of incomplete items by index. */
  positions: z.record(z.string(), seriesPositionSchema),
});

export const discrete = handler(
  declaration,
  async (params, context) => {
    const { items, boundary, limit, cursor } = params;
    if (limit !== undefined) checkLimit('limit', limit, context.limits.samplesPerItem, 'samples');
    const question = ['discrete', items, params.start, params.end, params.timeZone, boundary];
    const position = cursor === undefined ? undefined : decodeCursor(cursor, question, positionSchema);
    const range = position
      ? storedRange(position)
      : resolveRange(params, { now: context.now, timeZone: params.timeZone });
    checkRange(range, context.limits);

    const unfinished: Record<string, SeriesPosition> = {};
    const skip = (index: number): boolean => position !== undefined && !(index in position.positions);
    await eachItem(context, { items, ability: 'history', skip }, AT_ONCE, async (item, host, source) => {
      const from = position?.positions[item.index];
      const next = await readSeries({ item, host, source, range, boundary, limit, from }, context);
      if (next) unfinished[item.index] = next;
    });
    if (Object.keys(unfinished).length > 0) {
      const [start, end] = [formatInstant(range.start), formatInstant(range.end)];
      context.meta.truncated = true;
      context.meta.cursor = encodeCursor(question, { start, end, positions: unfinished });
    }
  },
  ['itemsPerRequest', 'samplesPerItem', 'rangeDays'],
  'history',
);

interface SeriesRequest {
  item: RequestedItem;
  host: Host;
  source: HistoryReader;
  range: TimeRange;
  boundary: Boundary;
  limit: number | undefined;
  from: SeriesPosition | undefined;
}

/** Emits one series. Returns the position at which the caller's limit ended it, or undefined if it is complete. */
async function readSeries(request: SeriesRequest, context: RequestContext): Promise<SeriesPosition | undefined> {
  const { item, host, source, boundary, limit, from } = request;
  const range = from ? { ...request.range, start: inside(timeOf(from), request.range) } : request.range;
  const most = limit ?? context.limits.samplesPerItem;
  const early = new EarlyCount(request, most, context);
  let count = 0;
  let held: SeriesChunk | undefined;
  let position: SeriesPosition | undefined = from;
  let given: SeriesPosition | undefined = from;
  const common = { index: item.index, fqn: item.text };

  // One more shows that there are further samples.
  const expected = limit === undefined ? undefined : limit + 1 + (from?.repeats ?? 0);
  for await (const whole of source.samples(item.fqn, range, boundary, context.callTo(host), expected)) {
    // Only the beginning can contain samples of the previous page, because the range starts at that position.
    const page = given ? after(whole, given) : whole;
    if (page.times.length === 0) {
      if (given) given = fewer(given, whole);
      continue;
    }
    given = undefined;
    const room = most - count;
    if (room === 0) return finish(true);
    if (limit === undefined) await early.check(count, position);
    // A chunk is sent only when it is known that another follows.
    if (held) await context.emit({ ...held, more: true });
    const kept = page.times.length > room ? sliceColumns(page, 0, room) : page;
    held = { ...common, ...kept };
    count += kept.times.length;
    position = advance(position, kept);
    if (kept !== page) return finish(true);
  }
  return finish(false);

  async function finish(cutHere: boolean): Promise<SeriesPosition | undefined> {
    if (cutHere && limit === undefined) {
      if (held) await context.emit({ ...held, more: true });
      throw tooManySamples(most);
    }
    await context.emit({ ...(held ?? { ...common, times: [], values: [] }), ...(cutHere ? { truncated: true } : {}) });
    return cutHere ? position : undefined;
  }
}

/**
 * Start of the next page: at its position, but never outside of the range. The nearest sample outside may be one of
 * several with the same time, and the others do not belong to the answer.
 */
const inside = (time: Nanoseconds, { start, end }: TimeRange): Nanoseconds =>
  time < start ? start : time > end ? end : time;

/** The share of the limit that a series must probably reach before the server counts its samples. */
const COUNTED_FROM = 0.5;

/**
 * Detects early that a series has more samples than one answer may contain. Otherwise the caller gets all samples up to
 * the limit, and then an error. The samples read so far give an estimate; if that may exceed the limit, the server
 * counts them.
 */
class EarlyCount {
  readonly #request: SeriesRequest;
  readonly #most: number;
  readonly #context: RequestContext;
  #counted = false;

  constructor(request: SeriesRequest, most: number, context: RequestContext) {
    this.#request = request;
    this.#most = most;
    this.#context = context;
  }

  /**
   * @param count samples read so far, up to `position`; more follow
   * @throws DriverError `tooLarge`
   */
  async check(count: number, position: SeriesPosition | undefined): Promise<void> {
    const { item, host, source, range } = this.#request;
    if (this.#counted || position === undefined || source.count === undefined) return;
    const passed = Number(timeOf(position) - range.start);
    const share = passed / Number(range.end - range.start);
    if (!(share < 1) || count < share * this.#most * COUNTED_FROM) return;
    this.#counted = true;
    const { signal } = this.#context;
    // Without a count the series is read up to the limit.
    const counted = await source.count(item.fqn, range, this.#context.callTo(host)).catch(() => undefined);
    signal.throwIfAborted();
    if (counted !== undefined && counted > this.#most) throw tooManySamples(this.#most, counted);
  }
}

/** The position, without the samples at its time that a page contained. */
function fewer(given: SeriesPosition, { times }: Columns): SeriesPosition | undefined {
  const repeats = given.repeats - times.filter((time) => time === given.time).length;
  return repeats > 0 ? { ...given, repeats } : undefined;
}

function storedRange({ start, end }: z.infer<typeof positionSchema>): TimeRange {
  const from = parseInstant(start);
  const to = parseInstant(end);
  if (from === undefined || to === undefined || to < from) throw unusable('no range');
  return { start: from, end: to };
}

function timeOf({ time }: SeriesPosition): Nanoseconds {
  const instant = parseInstant(time);
  if (instant === undefined) throw unusable('no time');
  return instant;
}

const unusable = (what: string): DriverError =>
  wrongParameter('cursor', `holds ${what}; send the request without it to start again`);

function tooManySamples(limit: number, counted?: number): DriverError {
  const has = counted === undefined ? `more than ${count(limit, 'sample')}` : `${counted} samples, more than ${limit}`;
  return new DriverError(
    'tooLarge',
    `The series has ${has}; ask for a shorter range, or page with "limit" and "cursor".`,
    { details: { limit, ...(counted === undefined ? {} : { samples: counted }) } },
  );
}
