/** Reading the capsules of a condition. */
import { DriverError } from '../../contract/errors.ts';
import { compareStarts, compareUtc, formatInstant, type Nanoseconds } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import {
  isObject,
  type JsonObject,
  listIn,
  answerOf,
  objectOf,
  optionalCount,
  optionalList,
  filledText,
  textIn,
} from '../json.ts';
import { isReadable, isUnreadable, type SourceCall, type Timeframe, type UnreadableItem } from '../source.ts';
import { fittingPage, pageBytes } from './body-limits.ts';
import { readEntry } from './hits.ts';
import { isUncertain, parseWithKeys, toTime } from './samples.ts';
import { mustLeadOn } from './paging.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';
import { readProperty } from './values.ts';
import { pagesByToken } from './version.ts';

const NS_PER_DAY = 86_400_000_000_000n;

/** Capsules in one call; a page must hold all capsules with an equal start, or the server refuses to page. */
const PAGE = 5000;

/** Where a page begins: by token from R63 on, by offset before. */
interface Position {
  continuationToken?: string;
  offset?: number;
}

/**
 * Pages of capsules that overlap the range, ascending by start; one without a start comes first, one that cannot be read
 * comes last on its page.
 */
export async function* readTimeframes(
  server: SeeqServer,
  conditionId: string,
  range: TimeRange,
  call: SourceCall,
): AsyncGenerator<(Timeframe | UnreadableItem)[]> {
  const query = {
    start: formatInstant(range.start),
    end: formatInstant(range.end),
    timeFormat: 'ISO8601' as const,
  };
  let position: Position | undefined = {};
  let size = PAGE;
  let count = 0;
  let begin: Timeframe | undefined;
  let last: Timeframe | undefined;
  while (position) {
    const at: Position = position;
    const decode = (text: string): DecodedPage => decodeTimeframes(text, server.name);
    const ask = (most: number): Promise<DecodedPage> => {
      const wanted = { ...query, ...at, limit: most };
      const operation: Operation<string> = (client, signal) =>
        client.GET('/conditions/{id}/capsules', {
          params: { path: { id: conditionId }, query: wanted },
          parseAs: 'text',
          signal,
        });
      const share = shareKey('capsules', conditionId, wanted);
      return server.askFor(call, operation, decode, { share, limitBytes: pageBytes('capsule', most) });
    };
    const { answer, asked } = await fittingPage(size, ask);
    const { page, unreadable, next, limit } = answer;
    size = asked;
    const given = page.length + unreadable.length;
    count += given;
    const full = given > 0 && given >= Math.min(asked, limit);
    if (next !== undefined) position = { continuationToken: next };
    // Before R63 there are no tokens: a full page is followed by the one at its offset.
    else position = full && !(await pagesByToken(server, call)) ? { offset: count } : undefined;
    const [first] = page;
    mustLeadOn(server.name, at.continuationToken, next, given > 0 && first?.id !== begin?.id);
    // A server that knows no offset gives its first page again and again.
    if (at.offset !== undefined && first && first.id === begin?.id) throw cannotPage(server.name, count);
    begin = first;
    if (last && first && byStart(last, first) > 0) {
      throw new DriverError('sourceError', `Server "${server.name}" gave timeframes out of order.`);
    }
    last = page.at(-1) ?? last;
    yield unreadable.length === 0 ? page : [...page, ...unreadable];
  }
}

/** Lengths of the ranges, in days, in which the latest timeframe is looked for one after the other. */
const LOOK_BACK_DAYS = [1, 8, 64, 512, 4096];

/**
 * The latest timeframe at or before a time: of those in the shortest range that holds any, the one that began last.
 * Undefined when there is none in eleven years.
 */
export async function latestTimeframe(
  server: SeeqServer,
  conditionId: string,
  time: Nanoseconds,
  call: SourceCall,
): Promise<Timeframe | undefined> {
  const text = formatInstant(time);
  for (const days of LOOK_BACK_DAYS) {
    let latest: Timeframe | undefined;
    const range = { start: time - BigInt(days) * NS_PER_DAY, end: time };
    for await (const page of readTimeframes(server, conditionId, range, call)) {
      const odd = page.find(isUnreadable);
      // It may be the latest one.
      if (odd !== undefined) throw odd.error;
      const timeframes = page.filter(isReadable);
      latest = timeframes.findLast(({ start }) => start === undefined || compareUtc(start, text) <= 0) ?? latest;
    }
    if (latest) return latest;
  }
  return undefined;
}

interface DecodedPage {
  page: Timeframe[];
  unreadable: UnreadableItem[];
  next: string | undefined;
  limit: number;
}

/** A page of `GET /conditions/{id}/capsules`. */
function decodeTimeframes(text: string, server: string): DecodedPage {
  const body = answerOf(parseWithKeys(text, hasNumericKeys));
  const page: Timeframe[] = [];
  const unreadable: UnreadableItem[] = [];
  for (const entry of listIn(body, 'capsules')) {
    const timeframe = readEntry(entry, server, toTimeframe);
    if (isUnreadable(timeframe)) unreadable.push(timeframe);
    else page.push(timeframe);
  }
  return {
    page: page.sort(byStart),
    unreadable,
    next: filledText(body, 'continuationToken'),
    // A server may give fewer than asked for.
    limit: optionalCount(body, 'limit') ?? PAGE,
  };
}

function toTimeframe(capsule: JsonObject): Timeframe {
  const start = optionalTime(capsule.start);
  const end = optionalTime(capsule.end);
  // Not by assignment, which would take the name "__proto__" for something else.
  const attributes = Object.fromEntries(
    optionalList(capsule, 'properties').map((entry) => {
      const property = objectOf(entry, 'an entry of "properties"');
      const { value, unit } = readProperty(property);
      return [textIn(property, 'name'), { value, ...(unit === undefined ? {} : { unit }) }];
    }),
  );
  const backwards = start !== undefined && end !== undefined && compareUtc(start, end) > 0;
  return {
    // Where the server gives no id (or null), start and end are the identity.
    id: filledText(capsule, 'id') ?? `${start ?? ''}_${end ?? ''}`,
    start,
    end,
    uncertain: isUncertain(capsule.isUncertain) || backwards,
    attributes,
  };
}

const byStart = (a: Timeframe, b: Timeframe): number => compareStarts(a.start, b.start);

/** Taking what came for all there is would lose timeframes in silence. */
function cannotPage(server: string, count: number): DriverError {
  return new DriverError(
    'tooLarge',
    `Server "${server}" gave ${count} timeframes and no next page; ask a shorter range.`,
  );
}

const optionalTime = (key: unknown): string | undefined =>
  key === undefined || key === null || key === '' ? undefined : toTime(key);

function hasNumericKeys(body: unknown): boolean {
  const capsules = isObject(body) ? body.capsules : undefined;
  return (
    Array.isArray(capsules) &&
    capsules.some(
      (capsule) => isObject(capsule) && (typeof capsule.start === 'number' || typeof capsule.end === 'number'),
    )
  );
}
