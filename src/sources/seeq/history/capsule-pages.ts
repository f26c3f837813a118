/** Reads the capsules of a condition page by page, in the server's order: ascending by start. */
import { DriverError } from '../../../contract/errors.ts';
import { compareStarts, compareUtc, formatInstant } from '../../../contract/time/instant.ts';
import type { TimeRange } from '../../../contract/time/time.ts';
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
} from '../../../net/json-fields.ts';
import { isUnreadable, type SourceCall, type Timeframe, type UnreadableItem } from '../../source.ts';
import { fittingPage } from '../../../net/page-fit.ts';
import { pageBytes } from '../connection/body-limits.ts';
import { readEntry } from '../search/item-mapper.ts';
import { isUncertain, parseWithKeys, toTime } from './samples.ts';
import { isRefused, isTooFewForEqual, mustLeadOn } from '../paging.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';
import { readProperty } from '../values.ts';
import { pagesByToken } from '../connection/version.ts';

/** Most capsules per call, as long as the server can page with them. */
export const LARGEST_PAGE = 5000;
/**
 * A page must contain all capsules with an equal start, or the server refuses to page. This is the largest page for
 * that case.
 */
const MOST_EQUAL = 40_000;
/** Pages grow while the reader continues, so that a search with few matching capsules makes few calls. */
const GROWTH = 4;

/** Position of a page: by token from R63 on, by offset before. */
interface Position {
  continuationToken?: string;
  offset?: number;
}

/**
 * Pages of capsules that overlap the range, ascending by start. Capsules without a start come first, unreadable ones
 * come last on their page.
 * @param expected expected number of capsules that are used
 */
export async function* readCapsules(
  server: SeeqServer,
  conditionId: string,
  range: TimeRange,
  expected: number,
  call: SourceCall,
): AsyncGenerator<(Timeframe | UnreadableItem)[]> {
  const query = {
    start: formatInstant(range.start),
    end: formatInstant(range.end),
    timeFormat: 'ISO8601' as const,
  };
  let position: Position | undefined = {};
  const size = new PageSize(expected);
  let count = 0;
  let begin: Timeframe | undefined;
  let last: Timeframe | undefined;
  while (position) {
    const at: Position = position;
    const decode = (text: string): DecodedPage => decodeCapsules(text, server.name);
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
    const { answer, asked } = await size.fitting(ask);
    const { page, unreadable, next, limit } = answer;
    const given = page.length + unreadable.length;
    count += given;
    const full = given > 0 && given >= Math.min(asked, limit);
    if (next !== undefined) position = { continuationToken: next };
    // Before R63 there are no tokens: the page at the next offset follows a full page.
    else position = full && !(await pagesByToken(server, call)) ? { offset: count } : undefined;
    const [first] = page;
    mustLeadOn(server.name, at.continuationToken, next, given > 0 && first?.id !== begin?.id);
    // A server that does not support offsets returns its first page repeatedly.
    if (at.offset !== undefined && first && first.id === begin?.id) throw cannotPage(server.name, count);
    begin = first;
    if (last && first && byStart(last, first) > 0) {
      throw new DriverError('sourceError', `Server "${server.name}" gave timeframes out of order.`);
    }
    last = page.at(-1) ?? last;
    yield unreadable.length === 0 ? page : [...page, ...unreadable];
  }
}

/** Page sizes: about the expected number at first, larger for each further page. */
class PageSize {
  #size: number;
  #grows = true;
  /** Size of the previous page. */
  #before: number | undefined;

  constructor(expected: number) {
    // A few more, because long capsules that start before the range come first.
    this.#size = Math.min(LARGEST_PAGE, expected + (expected >> 2) + 8);
  }

  async fitting(ask: (most: number) => Promise<DecodedPage>): Promise<{ answer: DecodedPage; asked: number }> {
    const page = await this.#ask(ask);
    this.#before = page.asked;
    // If large capsules required smaller pages, further pages stay as small.
    if (page.asked < this.#size) this.#grows = false;
    this.#size = this.#grows ? Math.max(page.asked, Math.min(LARGEST_PAGE, page.asked * GROWTH)) : page.asked;
    return page;
  }

  async #ask(ask: (most: number) => Promise<DecodedPage>): Promise<{ answer: DecodedPage; asked: number }> {
    for (let size = this.#size; ; size *= GROWTH) {
      try {
        return await fittingPage(size, ask);
      } catch (thrown) {
        if (isTooFewForEqual(thrown) && size * GROWTH <= MOST_EQUAL) continue;
        // The API does not document whether a token is valid with another limit.
        if (this.#before === undefined || this.#before === size || !isRefused(thrown)) throw thrown;
        this.#grows = false;
        this.#size = this.#before;
        return await fittingPage(this.#before, ask);
      }
    }
  }
}

interface DecodedPage {
  page: Timeframe[];
  unreadable: UnreadableItem[];
  next: string | undefined;
  limit: number;
}

/** A page of `GET /conditions/{id}/capsules`. */
function decodeCapsules(text: string, server: string): DecodedPage {
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
    // A server may return fewer than requested.
    limit: optionalCount(body, 'limit') ?? LARGEST_PAGE,
  };
}

function toTimeframe(capsule: JsonObject): Timeframe {
  const start = optionalTime(capsule.start);
  const end = optionalTime(capsule.end);
  // Not by assignment, which would treat the name "__proto__" differently.
  const attributes = Object.fromEntries(
    optionalList(capsule, 'properties').map((entry) => {
      const property = objectOf(entry, 'an entry of "properties"');
      const { value, unit } = readProperty(property);
      return [textIn(property, 'name'), { value, ...(unit === undefined ? {} : { unit }) }];
    }),
  );
  const backwards = start !== undefined && end !== undefined && compareUtc(start, end) > 0;
  return {
    // If the server returns no id (or null), start and end identify the capsule.
    id: filledText(capsule, 'id') ?? `${start ?? ''}_${end ?? ''}`,
    start,
    end,
    uncertain: isUncertain(capsule.isUncertain) || backwards,
    attributes,
  };
}

const byStart = (a: Timeframe, b: Timeframe): number => compareStarts(a.start, b.start);

/** Treating the received capsules as complete would lose timeframes silently. */
function cannotPage(server: string, count: number): DriverError {
  return new DriverError(
    'tooLarge',
    `Server "${server}" gave ${count} timeframes and no next page; ask a shorter range.`,
  );
}

/** A border of a capsule. Undefined if it has none. @throws UnexpectedJson */
export const optionalTime = (key: unknown): string | undefined =>
  key === undefined || key === null || key === '' ? undefined : toTime(key);

/** Whether the borders of the capsules in a body are numbers, see `parseWithKeys`. */
export function hasNumericKeys(body: unknown): boolean {
  const capsules = isObject(body) ? body.capsules : undefined;
  return (
    Array.isArray(capsules) &&
    capsules.some(
      (capsule) => isObject(capsule) && (typeof capsule.start === 'number' || typeof capsule.end === 'number'),
    )
  );
}
