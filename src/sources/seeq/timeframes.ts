/** Timeframes of a condition in either direction, reading about as many as are wanted. */
import { DriverError } from '../../contract/errors.ts';
import { compareUtc, formatInstant, MIN_INSTANT, type Nanoseconds, parseInstant } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import {
  isReadable,
  isUnreadable,
  type SourceCall,
  type Timeframe,
  type TimeframeOrder,
  type UnreadableItem,
} from '../source.ts';
import { LARGEST_PAGE, readCapsules } from './capsule-pages.ts';
import type { SeeqServer } from './server.ts';

const NS_PER_DAY = 86_400_000_000_000n;

/** Read backwards, the first window is as long at most; the next ones follow what was found. */
const FIRST_WINDOW = NS_PER_DAY;
/** A window is at most so many times as long as the one before, and as many times shorter when it holds too much. */
const MOST_GROWTH = 8n;
const MOST_SHRINKING = 1024n;
/** Timeframes that one window may hold; those that began before the range are all in the last one. */
const MOST_IN_WINDOW = 200_000;
/** How far back the latest timeframe is looked for. */
const LOOK_BACK = 4096n * NS_PER_DAY;

/**
 * Runs of timeframes that overlap the range, in order of their start; those without one are the earliest. One that cannot
 * be read comes in any run, and may come again.
 * @param expected timeframes that the reader will probably take
 */
export function readTimeframes(
  server: SeeqServer,
  conditionId: string,
  range: TimeRange,
  { order, expected }: TimeframeOrder,
  call: SourceCall,
): AsyncGenerator<(Timeframe | UnreadableItem)[]> {
  const read: ReadWindow = (from, to, most) =>
    // A capsule without duration lies at a border; whether it belongs to the range is not for the server to decide.
    readCapsules(server, conditionId, { start: from > MIN_INSTANT ? from - 1n : from, end: to }, most, call);
  // Seeq leaves out what begins at the end of a range, so that it finds nothing in a range without length.
  const end = range.end > range.start ? range.end : range.start + 1n;
  return order === 'asc' ? read(range.start, end, expected) : backwards({ start: range.start, end }, expected, read);
}

/** Reads what overlaps a window, ascending by start. */
type ReadWindow = (
  from: Nanoseconds,
  to: Nanoseconds,
  expected: number,
) => AsyncGenerator<(Timeframe | UnreadableItem)[]>;

/**
 * Seeq gives capsules ascending only, so the newest are read by windows from the end. Each timeframe belongs to the
 * window in which it begins, and to the last one if it began before. A window that holds far more than is wanted is given
 * up for a shorter one, so that calls grow with the logarithm of the range.
 */
async function* backwards(
  { start, end }: TimeRange,
  expected: number,
  read: ReadWindow,
): AsyncGenerator<(Timeframe | UnreadableItem)[]> {
  let to = end;
  let wanted = Math.min(expected, LARGEST_PAGE);
  let length = smaller(FIRST_WINDOW, end - start);
  for (;;) {
    const from = to - length > start ? to - length : start;
    // A window of one instant cannot be shorter.
    const most = to - from > 1n ? 2 * wanted : MOST_IN_WINDOW;
    // Beyond the end of the range lies only what ends before it begins.
    const bounds = { from, to: to === end ? undefined : to, isLast: from === start };
    const window = await readWindow(bounds, most, read(from, to, 2 * wanted));
    if (window.tooMany) {
      const estimate = lengthFor(wanted, window.began, window.reached - from);
      length = smaller((to - from) / 2n, larger(estimate, (to - from) / MOST_SHRINKING));
      length = larger(length, 1n);
      continue;
    }
    yield [...window.own.reverse(), ...window.unreadable];
    if (from === start) return;
    wanted = Math.min(LARGEST_PAGE, 2 * wanted);
    const estimate = window.began === 0 ? length * MOST_GROWTH : lengthFor(wanted, window.began, to - from);
    length = larger(1n, smaller(larger(estimate, length / MOST_GROWTH), length * MOST_GROWTH));
    to = from;
  }
}

interface Window {
  /** Ascending by start. */
  own: Timeframe[];
  unreadable: UnreadableItem[];
  /** Timeframes that began in the window, and the start of the last of them. */
  began: number;
  reached: Nanoseconds;
  /** It holds more; `own` is only the beginning. */
  tooMany: boolean;
}

/** @param most timeframes that may begin in the window */
async function readWindow(
  { from, to, isLast }: { from: Nanoseconds; to: Nanoseconds | undefined; isLast: boolean },
  most: number,
  pages: AsyncGenerator<(Timeframe | UnreadableItem)[]>,
): Promise<Window> {
  const window: Window = { own: [], unreadable: [], began: 0, reached: from, tooMany: false };
  const [first, behind] = [formatInstant(from), to === undefined ? undefined : formatInstant(to)];
  for await (const page of pages) {
    for (const timeframe of page) {
      if (isUnreadable(timeframe)) {
        window.unreadable.push(timeframe);
        continue;
      }
      const { start } = timeframe;
      const isEarlier = start === undefined || compareUtc(start, first) < 0;
      if (isEarlier ? !isLast : behind !== undefined && compareUtc(start, behind) >= 0) continue;
      window.own.push(timeframe);
      if (isEarlier) continue;
      window.began++;
      window.reached = parseInstant(start) ?? window.reached;
    }
    if (window.own.length > MOST_IN_WINDOW) throw tooMany(first);
    window.tooMany = window.began > most;
    if (window.tooMany) break;
  }
  return window;
}

/** The length that probably holds so many, where `count` lie in `length`; half as much again, to have enough. */
const lengthFor = (wanted: number, count: number, length: bigint): bigint =>
  (length * BigInt(wanted) * 3n) / (2n * BigInt(Math.max(1, count)));

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function tooMany(start: string): DriverError {
  return new DriverError(
    'tooLarge',
    `More than ${MOST_IN_WINDOW} timeframes begin at one time, or began before ${start} and go on; ask for a later "start", or for "order": "asc".`,
    { details: { field: 'start', limit: MOST_IN_WINDOW } },
  );
}

/**
 * The timeframe that began last, at or before a time; one without a beginning only where there is no other. Undefined
 * when there is none in eleven years.
 */
export async function latestTimeframe(
  server: SeeqServer,
  conditionId: string,
  time: Nanoseconds,
  call: SourceCall,
): Promise<Timeframe | undefined> {
  const text = formatInstant(time);
  const range = { start: larger(time - LOOK_BACK, MIN_INSTANT), end: time + 1n };
  const runs = readTimeframes(server, conditionId, range, { order: 'desc', expected: 1 }, call);
  for await (const run of runs) {
    const odd = run.find(isUnreadable);
    // It may be the latest one.
    if (odd !== undefined) throw odd.error;
    const latest = run.filter(isReadable).find(({ start }) => start === undefined || compareUtc(start, text) <= 0);
    if (latest) return latest;
  }
  return undefined;
}
