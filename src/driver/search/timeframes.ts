/**
 * Timeframes of several conditions as one list ordered by start, page by page. The position is the last start and what
 * was given at that start, so equal starts page without loss or repeat.
 */
import { z } from 'zod';
import { DriverError } from '../../contract/errors.ts';
import { formatFqn } from '../../contract/fqn.ts';
import { compareStarts, formatInstant, parseInstant } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import { isUnreadable, type Timeframe, type UnreadableItem } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Host } from '../hosts.ts';
import { durationMs, overlaps, passes, type TimeframeTests } from './tests.ts';

export interface Condition {
  host: Host;
  id: string;
  name: string;
  /** How a failure of this condition is told. */
  label: { index?: number; fqn: string };
}

export interface TimeframeSearch extends TimeframeTests {
  range: TimeRange;
  order: 'asc' | 'desc';
  limit: number;
  cursor: string | undefined;
  question: unknown;
}

/** Start and end of the first page's range, and how far the pages have come. */
const positionSchema = z.object({
  start: z.string(),
  end: z.string(),
  /** Last start given; null for timeframes without one. */
  at: z.string().nullable(),
  /** Given at that start, as `<host>/<condition>/<timeframe>`. */
  given: z.array(z.string()),
});
type Position = z.infer<typeof positionSchema>;

/** The range that the pages of a cursor belong to; undefined for a first page. */
export function pagedRange(cursor: string | undefined, question: unknown): TimeRange | undefined {
  if (cursor === undefined) return undefined;
  const position = decodeCursor(cursor, question, positionSchema);
  const start = parseInstant(position.start);
  const end = parseInstant(position.end);
  return start === undefined || end === undefined ? undefined : { start, end };
}

/**
 * Emits one page.
 * @param readAll finds the conditions, and reads each as soon as it is found: a host that is slow to name its own takes
 *   no time from the others
 */
export async function timeframePage(
  readAll: (read: (condition: Condition) => Promise<void>) => Promise<void>,
  search: TimeframeSearch,
  context: RequestContext,
): Promise<void> {
  const position =
    search.cursor === undefined ? undefined : decodeCursor(search.cursor, search.question, positionSchema);
  // A set, because every timeframe at the start of the page is looked for in it.
  const given = new Set(position?.given);
  const hits: Hit[] = [];
  await readAll(async (condition) => {
    const unreadable: Unreadable = { first: undefined, count: 0 };
    for (const hit of await readCondition(condition, search, { position, given, unreadable }, context)) {
      hits.push(hit);
    }
    // One failure for all of them, since a condition has thousands of timeframes.
    const { first, count } = unreadable;
    if (first === undefined) return;
    await context.part(condition.label, () => Promise.reject(missing(first, count)));
  });
  hits.sort(search.order === 'asc' ? byStart : (a, b) => byStart(b, a));
  const page = hits.slice(0, search.limit);
  for (const hit of page) await context.emit(toItem(hit));
  if (hits.length <= search.limit) return;
  context.meta.truncated = true;
  context.meta.cursor = encodeCursor(search.question, nextPosition(page, position, search.range));
}

function missing({ error }: UnreadableItem, count: number): DriverError {
  if (count === 1) return error;
  return new DriverError(error.code, `${count} timeframes are missing. The first: ${error.message}`, { cause: error });
}

/** Timeframes of one condition that cannot be used. */
interface Unreadable {
  first: UnreadableItem | undefined;
  count: number;
}

/** How far the pages before have come, and what is found besides hits. */
interface PageState {
  position: Position | undefined;
  given: ReadonlySet<string>;
  unreadable: Unreadable;
}

interface Hit {
  condition: Condition;
  timeframe: Timeframe;
}

/** Timeframes of one condition that may stand on this page: at most one more than fit. */
async function readCondition(
  condition: Condition,
  search: TimeframeSearch,
  { position, given, unreadable }: PageState,
  context: RequestContext,
): Promise<Hit[]> {
  const { host, id } = condition;
  const from = formatInstant(search.range.start);
  const to = formatInstant(search.range.end);
  const kept: Hit[] = [];
  for await (const timeframes of host.source.timeframes(id, remaining(search, position), context.callTo(host))) {
    for (const timeframe of timeframes) {
      if (isUnreadable(timeframe)) {
        unreadable.first ??= timeframe;
        unreadable.count++;
        continue;
      }
      const hit = { condition, timeframe };
      if (!overlaps(timeframe, from, to) || !passes(timeframe, search) || wasGiven(hit, position, given, search.order))
        continue;
      kept.push(hit);
    }
    // Ascending, the first ones are the wanted ones; descending, the last ones are, and memory stays bounded too.
    if (search.order === 'asc' && kept.length > search.limit) return kept.slice(0, search.limit + 1);
    if (search.order === 'desc' && kept.length > 2 * search.limit) kept.splice(0, kept.length - search.limit - 1);
  }
  return kept;
}

/** The part of the range that later pages can still touch. */
function remaining({ range, order }: TimeframeSearch, position: Position | undefined): TimeRange {
  const at = parseInstant(position?.at ?? '');
  if (at === undefined) return range;
  if (order === 'asc') return { start: at > range.start ? at : range.start, end: range.end };
  return { start: range.start, end: at < range.end ? at : range.end };
}

function wasGiven(
  { condition, timeframe }: Hit,
  position: Position | undefined,
  given: ReadonlySet<string>,
  order: 'asc' | 'desc',
): boolean {
  if (!position) return false;
  const compared = compareStarts(timeframe.start, position.at ?? undefined);
  if (compared === 0) return given.has(key(condition, timeframe));
  return order === 'asc' ? compared < 0 : compared > 0;
}

function nextPosition(page: Hit[], before: Position | undefined, range: TimeRange): Position {
  const at = page.at(-1)?.timeframe.start ?? null;
  const given = page
    .filter(({ timeframe }) => (timeframe.start ?? null) === at)
    .map(({ condition, timeframe }) => key(condition, timeframe));
  return {
    start: formatInstant(range.start),
    end: formatInstant(range.end),
    at,
    given: before?.at === at ? [...before.given, ...given] : given,
  };
}

/** With the host, because two servers may be copies of each other. */
const key = ({ host, id }: Condition, timeframe: Timeframe): string => `${host.source.name}/${id}/${timeframe.id}`;

function byStart(a: Hit, b: Hit): number {
  const order = compareStarts(a.timeframe.start, b.timeframe.start);
  if (order !== 0) return order;
  const keyA = key(a.condition, a.timeframe);
  const keyB = key(b.condition, b.timeframe);
  return keyA < keyB ? -1 : keyA > keyB ? 1 : 0;
}

function toItem({ condition, timeframe }: Hit) {
  const { scheme, name } = condition.host.source;
  const { start, end, uncertain, attributes } = timeframe;
  return {
    fqn: formatFqn({ scheme, host: name, kind: 'capsule', id: condition.id, capsuleId: timeframe.id }),
    condition: formatFqn({ scheme, host: name, kind: 'condition', id: condition.id }),
    name: condition.name,
    start: start ?? null,
    end: end ?? null,
    durationMs: durationMs(timeframe),
    open: end === undefined,
    status: uncertain ? 'Questionable' : 'Good',
    attributes,
  };
}

/** @throws DriverError `badRequest` */
export function conditionOnly(kind: string, text: string): void {
  if (kind === 'condition') return;
  throw new DriverError('badRequest', `${JSON.stringify(text)} is not the FQN of a condition.`, {
    details: { field: 'conditions' },
  });
}
