/** Timeframes of a condition in either direction. Reads about as many as are needed. */
import { DriverError } from '../../../contract/errors.ts';
import {
  compareUtc,
  formatInstant,
  MIN_INSTANT,
  type Nanoseconds,
  parseInstant,
} from '../../../contract/time/instant.ts';
import type { TimeRange } from '../../../contract/time/time.ts';
import {
  isReadable,
  isUnreadable,
  type SourceCall,
  type Timeframe,
  type TimeframeOrder,
  type UnreadableItem,
} from '../../source.ts';
import { LARGEST_PAGE, readCapsules } from './capsule-pages.ts';
import type { SeeqServer } from '../connection/server.ts';

const NS_PER_DAY = 86_400_000_000_000n;

/** Longest first window when reading backwards. The length of the next ones depends on the results. */
const FIRST_WINDOW = NS_PER_DAY;
/** Largest factors by which a window grows, and shrinks if it contains too much. */
const MOST_GROWTH = 8n;
const MOST_SHRINKING = 1024n;
/** Most timeframes in one window. Those that start before the range are all in the last one. */
const MOST_IN_WINDOW = 200_000;
/** Longest search for the latest timeframe. */
const LOOK_BACK = 4096n * NS_PER_DAY;

/**
 * Timeframes that overlap the range, in order of their start. Those without a start are the earliest. Unreadable ones
 * are in any run, and may be repeated.
 * @param expected expected number of timeframes that are used
 */
export function readTimeframes(
  server: SeeqServer,
  conditionId: string,
  range: TimeRange,
  { order, expected }: TimeframeOrder,
  call: SourceCall,
): AsyncGenerator<(Timeframe | UnreadableItem)[]> {
  const read: ReadWindow = (from, to, most) =>
    // A capsule without duration may be at a border. The driver, not the server, decides whether it belongs to the
    // range.
    readCapsules(server, conditionId, { start: from > MIN_INSTANT ? from - 1n : from, end: to }, most, call);
  // Seeq excludes capsules that start at the end of a range, so it finds nothing in a range without length.
  const end = range.end > range.start ? range.end : range.start + 1n;
  return order === 'asc' ? read(range.start, end, expected) : backwards({ start: range.start, end }, expected, read);
}

/** Reads the timeframes that overlap a window, ascending by start. */
type ReadWindow = (
  from: Nanoseconds,
  to: Nanoseconds,
  expected: number,
) => AsyncGenerator<(Timeframe | UnreadableItem)[]>;

/**
 * Seeq returns capsules in ascending order only, so the newest are read in windows from the end. Each timeframe belongs
 * to the window in which it starts, and to the last one if it starts before. A window that contains far more than
 * needed is replaced by a shorter one, so that the number of calls grows with the logarithm of the range.
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
    // After the end of the range there are only timeframes that end before they start.
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
  /** Number of timeframes that start in the window, and the start of the last of them. */
  began: number;
  reached: Nanoseconds;
  /** The window contains more; `own` is only the beginning. */
  tooMany: boolean;
}

/** @param most most timeframes that may start in the window */
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

/**
 * The length that probably contains the required number, if `count` are in `length`. Half as much is added as a
 * reserve.
 */
const lengthFor = (wanted: number, count: number, length: bigint): bigint =>
  (length * BigInt(wanted) * 3n) / (2n * BigInt(Math.max(1, count)));

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
const larger = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function tooMany(start: string): DriverError {
  return new DriverError(
    'tooLarge',
    `More than ${MOST_IN_WINDOW} timeframes begin at one time, or began before ${start} and continue; request a later "start", or for "order": "asc".`,
    { details: { field: 'start', limit: MOST_IN_WINDOW } },
  );
}

/**
 * The timeframe with the latest start at or before a time. One without a start only if there is no other. Undefined if
 * there is none in eleven years.
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
