/**
 * Timeframes of several conditions as one list ordered by start, page by page. Equal starts are ordered by their keys,
 * so the position is a start and a key, and equal starts page without loss or repeat.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { DriverError, wrongParameter } from '../../contract/errors.ts';
import { formatFqn } from '../../contract/fqn.ts';
import { compareStarts, formatInstant, parseInstant } from '../../contract/time/instant.ts';
import type { TimeRange } from '../../contract/time/time.ts';
import { quote } from '../../lib/wording/phrases.ts';
import { isUnreadable, type Timeframe, type UnreadableItem } from '../../sources/source.ts';
import { abilityOf } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Host } from '../hosts.ts';
import { durationMs, overlaps, passes, type TimeframeFilters } from './timeframe-filters.ts';

export interface Condition {
  host: Host;
  id: string;
  name: string;
  /** How failures of this condition are labeled. */
  label: { index?: number; fqn: string };
}

export interface TimeframeSearch extends TimeframeFilters {
  range: TimeRange;
  order: 'asc' | 'desc';
  limit: number;
  cursor: string | undefined;
  question: unknown;
}

/** Start and end of the first page's range, and the position of the pages. */
const positionSchema = z.object({
  start: z.string(),
  end: z.string(),
  /** The last returned timeframe: its start (null without one) and its {@link key}. */
  at: z.string().nullable(),
  key: z.string(),
  /** Number of returned timeframes with that start and key. More than one if a source returns no ids. */
  repeats: z.number().int().min(1).max(100_000),
});
type Position = z.infer<typeof positionSchema>;

/** The range of a cursor's pages. Undefined for a first page. */
export function pagedRange(cursor: string | undefined, question: unknown): TimeRange | undefined {
  if (cursor === undefined) return undefined;
  const position = decodeCursor(cursor, question, positionSchema);
  const start = parseInstant(position.start);
  const end = parseInstant(position.end);
  return start === undefined || end === undefined ? undefined : { start, end };
}

/**
 * Emits one page.
 * @param readAll finds the conditions, and reads each as soon as it is found: a host that is slow to list its own does
 * not delay the others
 */
export async function timeframePage(
  readAll: (read: (condition: Condition) => Promise<void>) => Promise<void>,
  search: TimeframeSearch,
  context: RequestContext,
): Promise<void> {
  const position =
    search.cursor === undefined ? undefined : decodeCursor(search.cursor, search.question, positionSchema);
  const hits = new FirstHits(search.order, search.limit + 1 + (position?.repeats ?? 0));
  await readAll(async (condition) => {
    const unreadable = new Map<string, UnreadableItem>();
    await readCondition(condition, search, position, { hits, unreadable }, context);
    // One failure for all of them, since a condition has thousands of timeframes.
    const [first] = unreadable.values();
    if (first === undefined) return;
    await context.part(condition.label, () => Promise.reject(missing(first, unreadable.size)));
  });
  const first = hits.sorted();
  const given = first.findIndex((hit) => !isAt(hit, position));
  const fresh = first.slice(Math.min(given < 0 ? first.length : given, position?.repeats ?? 0));
  const page = fresh.slice(0, search.limit);
  for (const hit of page) await context.emit(toItem(hit));
  if (fresh.length <= search.limit) return;
  context.meta.truncated = true;
  context.meta.cursor = encodeCursor(search.question, nextPosition(page, position, search.range));
}

function missing({ error }: UnreadableItem, count: number): DriverError {
  if (count === 1) return error;
  return new DriverError(error.code, `${count} timeframes are missing. The first: ${error.message}`, { cause: error });
}

interface Hit {
  condition: Condition;
  timeframe: Timeframe;
}

/** The first hits in order, of all conditions together, so that memory grows with the page size only. */
class FirstHits {
  readonly most: number;
  readonly #order: 'asc' | 'desc';
  #hits: Hit[] = [];
  /** The last of the first ones, once there are enough. */
  #last: Hit | undefined;

  constructor(order: 'asc' | 'desc', most: number) {
    this.#order = order;
    this.most = most;
  }

  add(hit: Hit): void {
    this.#hits.push(hit);
    if (this.#hits.length >= 2 * this.most) this.sorted();
  }

  /** Whether all timeframes with such a start are after the first ones. */
  isBehind({ start }: Timeframe): boolean {
    return this.#last !== undefined && sign(this.#order) * compareStarts(start, this.#last.timeframe.start) > 0;
  }

  /** Those found so far, at most as many as fit on the page. */
  sorted(): readonly Hit[] {
    this.#hits.sort((a, b) => compare(a, b, this.#order));
    if (this.#hits.length >= this.most) this.#hits.length = this.most;
    this.#last = this.#hits[this.most - 1];
    return this.#hits;
  }
}

/** Longest time that other requests are blocked. */
const LONGEST_TURN_MS = 10;

interface Found {
  hits: FirstHits;
  /** Unusable ones by their id. */
  unreadable: Map<string, UnreadableItem>;
}

/**
 * Reads the timeframes of one condition that may be on this page, and one more if there is one: in order of their
 * start, and all with the same start as the last of them, because those are ordered by their keys.
 */
async function readCondition(
  condition: Condition,
  search: TimeframeSearch,
  position: Position | undefined,
  { hits, unreadable }: Found,
  context: RequestContext,
): Promise<void> {
  const { host, id } = condition;
  const { order } = search;
  const from = formatInstant(search.range.start);
  const to = formatInstant(search.range.end);
  let kept = 0;
  let last: Timeframe | undefined;
  const range = remaining(search, position);
  // One more shows that no further one starts with the last.
  const runs = abilityOf(host, 'timeframes').timeframes(
    id,
    range,
    { order, expected: hits.most + 1 },
    context.callTo(host),
  );
  for await (const timeframes of runs) {
    let turn = performance.now();
    for (const timeframe of timeframes) {
      if (isUnreadable(timeframe)) {
        unreadable.set(timeframe.id, timeframe);
        continue;
      }
      if (hits.isBehind(timeframe)) return;
      if (kept >= hits.most && compareStarts(timeframe.start, last?.start) !== 0) return;
      const hit = { condition, timeframe };
      // The filters of one page may take long, in proportion to the length of the texts.
      if (performance.now() - turn > LONGEST_TURN_MS) {
        await nextTurn();
        turn = performance.now();
      }
      if (wasGiven(hit, position, order) || !overlaps(timeframe, from, to) || !passes(timeframe, search)) continue;
      hits.add(hit);
      kept++;
      last = timeframe;
    }
  }
}

/** The part of the range that later pages can still contain. */
function remaining({ range, order }: TimeframeSearch, position: Position | undefined): TimeRange {
  if (position === undefined) return range;
  const at = parseInstant(position.at ?? '') ?? range.start;
  const inside = at < range.start ? range.start : at > range.end ? range.end : at;
  if (order === 'asc') return { start: inside, end: range.end };
  // A timeframe with that start is before the end of a slightly longer range.
  return { start: range.start, end: inside < range.end ? inside + 1n : range.end };
}

/** Whether previous pages have passed it. Those equal to the last returned one are counted. */
function wasGiven(hit: Hit, position: Position | undefined, order: 'asc' | 'desc'): boolean {
  return position !== undefined && sign(order) * compareSortKeys(sortKeyOf(hit), position) < 0;
}

const isAt = (hit: Hit, position: Position | undefined): boolean =>
  position !== undefined && compareSortKeys(sortKeyOf(hit), position) === 0;

function nextPosition(page: Hit[], before: Position | undefined, range: TimeRange): Position {
  const last = page.at(-1);
  if (last === undefined) throw new TypeError('a page that is followed by another one is never empty');
  const sortKey = sortKeyOf(last);
  const onPage = page.filter((hit) => compareSortKeys(sortKeyOf(hit), sortKey) === 0).length;
  const repeats = onPage + (before !== undefined && compareSortKeys(before, sortKey) === 0 ? before.repeats : 0);
  return { start: formatInstant(range.start), end: formatInstant(range.end), ...sortKey, repeats };
}

/** Position of a hit in the order of all: by start, and by key for equal starts. */
type SortKey = Pick<Position, 'at' | 'key'>;

const sortKeyOf = ({ condition, timeframe }: Hit): SortKey => ({
  at: timeframe.start ?? null,
  key: key(condition, timeframe),
});

function compareSortKeys(a: SortKey, b: SortKey): number {
  const order = compareStarts(a.at ?? undefined, b.at ?? undefined);
  if (order !== 0) return order;
  return a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
}

const compare = (a: Hit, b: Hit, order: 'asc' | 'desc'): number =>
  sign(order) * compareSortKeys(sortKeyOf(a), sortKeyOf(b));
const sign = (order: 'asc' | 'desc'): number => (order === 'asc' ? 1 : -1);

/** Includes the host, because two servers may be copies of each other. */
const key = ({ host, id }: Condition, timeframe: Timeframe): string => `${host.source.name}/${id}/${timeframe.id}`;

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
  throw wrongParameter('conditions', `must be FQNs of conditions, which ${quote(text)} is not`);
}
