/** How a range is divided, by the section "Intervals" of docs/contract.md. */
import { DAY, HOUR, SECOND, eras, firstShown, floorDivide, instantOf, wallAt } from './zone.ts';

export type Unit = 'ms' | 's' | 'min' | 'h' | 'd' | 'w' | 'mo' | 'q' | 'y';

/** Exactly one of three, as in a request; `each` in nanoseconds. */
export type Division =
  { by: 'interval'; amount: number; unit: Unit } | { by: 'each'; nanoseconds: bigint } | { by: 'count'; count: number };

export interface Asked {
  start: bigint;
  end: bigint;
  zone: string;
  division: Division;
  align: 'clock' | 'start';
}

const EXACT: Partial<Record<Unit, bigint>> = { ms: SECOND / 1000n, s: SECOND, min: 60n * SECOND, h: HOUR };
const DAYS: Partial<Record<Unit, bigint>> = { d: 1n, w: 7n };
const MONTHS: Partial<Record<Unit, number>> = { mo: 1, q: 3, y: 12 };

/** The Monday from which weeks are counted: 1969-12-29. */
const MONDAY = -3n;

type Length = { exact: bigint } | { days: bigint; from: bigint } | { months: number };

function lengthOf(division: Exclude<Division, { by: 'count' }>): Length {
  if (division.by === 'each') return { exact: division.nanoseconds };
  const { amount, unit } = division;
  const exact = EXACT[unit];
  if (exact !== undefined) return { exact: exact * BigInt(amount) };
  const days = DAYS[unit];
  if (days !== undefined) return { days: days * BigInt(amount), from: unit === 'w' ? MONDAY : 0n };
  return { months: (MONTHS[unit] ?? 0) * amount };
}

export interface Interval {
  a: bigint;
  b: bigint;
}

/** The intervals of `aggregated`. */
export function intervalsOf(asked: Asked): Interval[] {
  const { start, end, division, align } = asked;
  // "A range without length has no interval."
  if (start === end) return [];
  let borders: bigint[];
  if (division.by === 'count') borders = parts(start, end, division.count);
  else if (align === 'clock') borders = clockBorders(asked, lengthOf(division));
  else borders = [...startBorders(asked, lengthOf(division)).filter((border) => border < end), end];
  const all = borders.slice(1).map((b, n) => ({ a: borders[n] ?? b, b }));
  // "gives all intervals that overlap the range"; "No interval has the length zero."
  return all.filter(({ a, b }) => a < b && a < end && b > start);
}

/** The instants of `interpolated`. */
export function instantsOf(asked: Asked): bigint[] {
  const { start, end, division, align } = asked;
  if (division.by === 'count') return division.count === 1 ? [start] : parts(start, end, division.count - 1);
  const length = lengthOf(division);
  const borders = align === 'clock' ? clockBorders(asked, length) : startBorders(asked, length);
  return borders.filter((border) => start <= border && border <= end);
}

/** "start + (end - start) × n / count, rounded down to a nanosecond" */
function parts(start: bigint, end: bigint, count: number): bigint[] {
  const all = Array.from({ length: count + 1 }, (_, n) => start + ((end - start) * BigInt(n)) / BigInt(count));
  return distinct(all);
}

const distinct = (all: bigint[]): bigint[] => [...new Set(all)].sort((x, y) => (x < y ? -1 : x > y ? 1 : 0));

/** "`start`, and what lies whole lengths after it": up to the first one at or after the end. */
function startBorders({ start, end, zone }: Asked, length: Length): bigint[] {
  const wall = wallAt(zone, start);
  const nth = (n: number): bigint => {
    if (n === 0) return start;
    if ('exact' in length) return start + length.exact * BigInt(n);
    if ('days' in length) return instantOf(zone, wall + length.days * BigInt(n) * DAY);
    return instantOf(zone, plusMonths(wall, length.months * n));
  };
  const all = [start];
  for (let n = 1; (all.at(-1) ?? end) < end; n++) all.push(nth(n));
  return distinct(all);
}

/** "Calendar lengths keep the time of day, and the day of the month where it exists" */
function plusMonths(wall: bigint, months: number): bigint {
  const day = floorDivide(wall, DAY);
  const date = new Date(Number(day) * 86_400_000);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth() + months];
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const moved = Date.UTC(year, month, Math.min(date.getUTCDate(), lastDay)) / 86_400_000;
  return BigInt(moved) * DAY + (wall - day * DAY);
}

/** Borders on the clock, from one at or before the start to one at or after the end. */
function clockBorders({ start, end, zone }: Asked, length: Length): bigint[] {
  const nominal =
    'exact' in length ? length.exact : 'days' in length ? length.days * DAY : BigInt(length.months) * 31n * DAY;
  for (let room = nominal; ; room *= 2n) {
    const found = clockBordersIn(zone, start - room, end + room, length);
    if ((found[0] ?? end) <= start && (found.at(-1) ?? start) >= end) return found;
  }
}

function clockBordersIn(zone: string, low: bigint, high: bigint, length: Length): bigint[] {
  const found: bigint[] = [];
  if ('exact' in length) found.push(...exactBorders(zone, low, high, length.exact));
  else if ('days' in length) {
    // "A border is the first instant of a local day"; a day that the zone leaves out gives way to the next one.
    const { days, from } = length;
    const first = floorDivide(floorDivide(low, DAY) - 2n - from, days) * days + from;
    for (let day = first; day * DAY < high + 2n * DAY; day += days) found.push(firstShown(zone, day * DAY));
  } else {
    // "the first instant of the first day of a month; several months are counted from January 1970"
    const { months } = length;
    const date = new Date(Number(low / 1_000_000n));
    let month = Math.floor(((date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth() - 1) / months) * months;
    for (; ; month += months) {
      const day = BigInt(Date.UTC(1970, month, 1) / 86_400_000);
      if (day * DAY >= high + 2n * DAY) break;
      found.push(firstShown(zone, day * DAY));
    }
  }
  return distinct(found.filter((border) => low <= border && border <= high));
}

/** "an instant at which the local clock shows a whole multiple of the length […], or jumps forward over one" */
function exactBorders(zone: string, low: bigint, high: bigint, length: bigint): bigint[] {
  const found: bigint[] = [];
  let before: bigint | undefined;
  for (const { from, to, offset } of eras(zone)) {
    const [first, last] = [from > low ? from : low, to < high + 1n ? to : high + 1n];
    let wall = floorDivide(first + offset, length) * length;
    for (; wall - offset < last; wall += length) if (wall - offset >= first) found.push(wall - offset);
    if (before !== undefined && from >= low && from <= high) {
      const [shown, jumped] = [from + before, from + offset];
      if (floorDivide(jumped - 1n, length) * length >= shown) found.push(from);
    }
    before = offset;
  }
  return found;
}
