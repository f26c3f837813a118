/**
 * Borders of intervals on the clock of a time zone, and from a start time.
 *
 * Exact lengths on the clock: a border is where the local clock shows a whole multiple of the length, counted from
 * 1970-01-01T00:00 local (so from every midnight, if the length divides a day), or jumps forward over one. When the
 * clock is set back, a time that it shows twice is a border twice.
 *
 * Calendar lengths on the clock: a border is the first instant of a local day, at any local time. Days and months are
 * counted from 1970-01-01, weeks from the Monday of that week. A day that a zone skips has no border.
 */
import { Temporal } from 'temporal-polyfill';
import type { Nanoseconds } from '../../contract/time/instant.ts';
import type { Length } from '../../contract/time/interval.ts';
import type { TimeRange } from '../../contract/time/time.ts';

/** Borders on the clock, ascending without end, starting with the last one at or before a time. */
export function clockBorders(at: Nanoseconds, length: Length, timeZone: string): Generator<Nanoseconds> {
  return length.kind === 'exact'
    ? exactBorders(at, length.nanoseconds, timeZone)
    : calendarBorders(at, length, timeZone);
}

/** The start, and the times whole lengths after it. Calendar lengths keep the time of day and the day of the month. */
export function* startBorders({ start }: TimeRange, length: Length, timeZone: string): Generator<Nanoseconds> {
  if (length.kind === 'exact') {
    for (let border = start; ; border += length.nanoseconds) yield border;
  }
  const first = zoned(start, timeZone);
  let before: Nanoseconds | undefined;
  for (let n = 0; ; n++) {
    const steps = length.kind === 'days' ? { days: n * length.days } : { months: n * length.months };
    const border = first.add(steps).epochNanoseconds;
    // A day that the zone skips has moved to the next one.
    if (before === undefined || border > before) yield border;
    before = border;
  }
}

function* exactBorders(at: Nanoseconds, length: Nanoseconds, timeZone: string): Generator<Nanoseconds> {
  let border = lastAtOrBefore(at, length, timeZone);
  let offset = offsetAt(border, timeZone);
  let change = nextChange(border, timeZone);
  for (;;) {
    yield border;
    let next = border + length - modulo(border + offset, length);
    while (change !== undefined && next >= change) {
      const atChange = isBorderAtChange(change, length, timeZone);
      offset = offsetAt(change, timeZone);
      next = atChange ? change : change + length - modulo(change + offset, length);
      const passed = change;
      change = nextChange(passed, timeZone);
      if (atChange) break;
    }
    border = next;
  }
}

function lastAtOrBefore(at: Nanoseconds, length: Nanoseconds, timeZone: string): Nanoseconds {
  for (let from = at; ;) {
    const border = from - modulo(from + offsetAt(from, timeZone), length);
    // The change may be at this exact time.
    const change = zoned(from + 1n, timeZone).getTimeZoneTransition('previous')?.epochNanoseconds;
    if (change === undefined || border >= change) return border;
    if (isBorderAtChange(change, length, timeZone)) return change;
    from = change - 1n;
  }
}

/** Whether the clock shows a multiple of the length at its change, or has jumped forward over one. */
function isBorderAtChange(change: Nanoseconds, length: Nanoseconds, timeZone: string): boolean {
  const shown = change + offsetAt(change, timeZone);
  const shownBefore = change - 1n + offsetAt(change - 1n, timeZone);
  return modulo(shown, length) === 0n || shown - modulo(shown, length) > shownBefore;
}

/** 1970-01-01 was a Thursday. */
const MONDAY_BEFORE = -3;

function* calendarBorders(
  at: Nanoseconds,
  length: Exclude<Length, { kind: 'exact' }>,
  timeZone: string,
): Generator<Nanoseconds> {
  const date = zoned(at, timeZone).toPlainDate();
  const borderOf = (n: number): Nanoseconds => dateOf(n, length).toZonedDateTime(timeZone).epochNanoseconds;
  let n = numberOf(date, length);
  let border = borderOf(n);
  // If the clock is set back over midnight, the previous day is shown again after the new one has started.
  for (let next = borderOf(n + 1); next <= at; next = borderOf(++n + 1)) border = next;
  yield border;
  for (n++; ; n++) {
    const next = borderOf(n);
    if (next > border) yield next;
    if (next > border) border = next;
  }
}

type CalendarLength = Exclude<Length, { kind: 'exact' }>;

/** The interval of a date, counted from 1970. */
function numberOf(date: Temporal.PlainDate, length: CalendarLength): number {
  if (length.kind === 'months') return Math.floor(((date.year - 1970) * 12 + date.month - 1) / length.months);
  const days = EPOCH.until(date).days;
  return Math.floor((days - (length.week ? MONDAY_BEFORE : 0)) / length.days);
}

/** The first date of an interval. */
function dateOf(n: number, length: CalendarLength): Temporal.PlainDate {
  if (length.kind === 'months') return EPOCH.add({ months: n * length.months });
  return EPOCH.add({ days: n * length.days + (length.week ? MONDAY_BEFORE : 0) });
}

const EPOCH = Temporal.PlainDate.from('1970-01-01');

const zoned = (at: Nanoseconds, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochNanoseconds(at).toZonedDateTimeISO(timeZone);

const offsetAt = (at: Nanoseconds, timeZone: string): Nanoseconds => BigInt(zoned(at, timeZone).offsetNanoseconds);

const nextChange = (at: Nanoseconds, timeZone: string): Nanoseconds | undefined =>
  zoned(at, timeZone).getTimeZoneTransition('next')?.epochNanoseconds;

const modulo = (value: Nanoseconds, by: Nanoseconds): Nanoseconds => ((value % by) + by) % by;
