/**
 * The axis of time: ticks at round times on the clock of a time zone, from nanoseconds to centuries. Where the clock
 * changes, an hour that occurs twice has two ticks, and one that is skipped has none.
 */
import { Temporal } from 'temporal-polyfill';
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { Span } from './curve.ts';

export interface TimeTick {
  /** From 0 at the start of the axis to 1 at its end. */
  position: number;
  label: string;
  /** The second line: the date or the offset from UTC, at the first tick and where it changes. */
  below: string | undefined;
}

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;

/** Steps below a second, then those of the clock, in nanoseconds. All of them divide a day. */
const CLOCK_STEPS: readonly Nanoseconds[] = [
  ...Array.from({ length: 9 }, (_, power) => [1n, 2n, 5n].map((digit) => digit * 10n ** BigInt(power))).flat(),
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((count) => count * SECOND),
  ...[1n, 2n, 5n, 10n, 15n, 30n].map((count) => count * MINUTE),
  ...[1n, 2n, 3n, 4n, 6n, 8n, 12n].map((count) => count * HOUR),
];

type CalendarStep = { days: number } | { months: number };

/** Steps of the calendar with their usual length in days. */
const CALENDAR_STEPS: readonly { step: CalendarStep; days: number }[] = [
  ...[1, 2, 7, 14].map((days) => ({ step: { days }, days })),
  ...[1, 2, 3, 6].map((months) => ({ step: { months }, days: 28 * months })),
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((years) => ({ step: { months: 12 * years }, days: 365 * years })),
];
const LONGEST_STEP = { step: { months: 12 * 5000 } };

/** @param most largest number of ticks */
export function timeTicks(span: Span, timeZone: string, most: number): TimeTick[] {
  const count = BigInt(Math.max(1, most));
  const least = (span.end - span.start + count - 1n) / count;
  const clockStep = CLOCK_STEPS.find((step) => step >= least);
  if (clockStep !== undefined) {
    return labelled(span, clockMoments(span, timeZone, clockStep), (moment) => clockLabel(moment, clockStep));
  }
  const days = Number(least) / Number(DAY);
  const { step } = CALENDAR_STEPS.find((one) => one.days >= days) ?? LONGEST_STEP;
  return labelled(span, calendarMoments(span, timeZone, step), (moment) => [calendarLabel(moment, step), undefined]);
}

/** The instants at which the clock of the zone shows a whole multiple of the step. */
function clockMoments({ start, end }: Span, timeZone: string, step: Nanoseconds): Temporal.ZonedDateTime[] {
  const moments: Temporal.ZonedDateTime[] = [];
  let from = start;
  while (from <= end) {
    // Up to the next change of the clock, local times are as far apart as instants.
    const begin = at(from, timeZone);
    const change = begin.getTimeZoneTransition('next')?.epochNanoseconds ?? end + 1n;
    const to = change > end ? end + 1n : change;
    const offset = BigInt(begin.offsetNanoseconds);
    const past = (((from + offset) % step) + step) % step;
    for (let instant = past === 0n ? from : from + step - past; instant < to; instant += step) {
      moments.push(at(instant, timeZone));
    }
    from = to;
  }
  return moments;
}

const at = (instant: Nanoseconds, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochNanoseconds(instant).toZonedDateTimeISO(timeZone);

/** The first instants of days, months or years. */
function calendarMoments({ start, end }: Span, timeZone: string, step: CalendarStep): Temporal.ZonedDateTime[] {
  const moments: Temporal.ZonedDateTime[] = [];
  const first = at(start, timeZone).toPlainDate();
  const dateAt = datesFrom(first, step);
  for (let count = 0; ; count++) {
    const date = dateAt(count);
    if (date.year > 9999) break;
    const moment = date.toZonedDateTime({ timeZone });
    if (moment.epochNanoseconds > end) break;
    if (moment.epochNanoseconds >= start) moments.push(moment);
  }
  return moments;
}

const MONDAY = Temporal.PlainDate.from('1969-12-29');

/** Round dates from the last one at or before `first`: weeks begin on Monday, groups of months and years at January. */
function datesFrom(first: Temporal.PlainDate, step: CalendarStep): (count: number) => Temporal.PlainDate {
  if ('days' in step) {
    const since = MONDAY.until(first, { largestUnit: 'day' }).days;
    const begin = first.subtract({ days: ((since % step.days) + step.days) % step.days });
    return (count) => begin.add({ days: count * step.days });
  }
  const months = first.year * 12 + first.month - 1;
  const begin = months - (months % step.months);
  return (count) => {
    const month = begin + count * step.months;
    return Temporal.PlainDate.from({ year: Math.floor(month / 12), month: (month % 12) + 1, day: 1 });
  };
}

/** @param labelOf the label of a tick, and what changes seldom */
function labelled(
  span: Span,
  moments: readonly Temporal.ZonedDateTime[],
  labelOf: (moment: Temporal.ZonedDateTime) => [label: string, context: string | undefined],
): TimeTick[] {
  let shown: string | undefined;
  let offset = moments[0]?.offset;
  return moments.map((moment) => {
    const [label, context] = labelOf(moment);
    const below = [
      ...(context !== undefined && context !== shown ? [context] : []),
      ...(context !== undefined && moment.offset !== offset ? [`UTC${moment.offset}`] : []),
    ];
    [shown, offset] = [context, moment.offset];
    const position = Number(moment.epochNanoseconds - span.start) / span.length;
    return { position, label, below: below.length > 0 ? below.join(' ') : undefined };
  });
}

function clockLabel(moment: Temporal.ZonedDateTime, step: Nanoseconds): [label: string, context: string] {
  const time = moment.toPlainTime();
  const date = moment.toPlainDate().toString();
  if (step >= MINUTE) return [time.toString({ smallestUnit: 'minute' }), date];
  if (step >= SECOND) return [time.toString({ smallestUnit: 'second' }), date];
  // All the digits would not fit: the whole second is the second line.
  const digits = 10 - String(step).length;
  const fraction = time.toString({ fractionalSecondDigits: 9 }).slice(8, 9 + digits);
  return [fraction, `${date} ${time.toString({ smallestUnit: 'second', roundingMode: 'trunc' })}`];
}

function calendarLabel(moment: Temporal.ZonedDateTime, step: CalendarStep): string {
  const date = moment.toPlainDate();
  if ('days' in step) return date.toString();
  return step.months % 12 === 0 ? String(date.year) : date.toPlainYearMonth().toString();
}

/** The ends of the axis, and the zone with its offsets from UTC at these ends. */
export function rangeText({ start, end }: Span, timeZone: string): string {
  const [first, last] = [at(start, timeZone), at(end, timeZone)];
  const show = (moment: Temporal.ZonedDateTime): string => moment.toPlainDateTime().toString().replace('T', ' ');
  const offsets =
    first.offset === last.offset ? `UTC${first.offset}` : `UTC${first.offset}, at the end UTC${last.offset}`;
  return `${show(first)} to ${show(last)} ${timeZone === 'UTC' ? 'UTC' : `${timeZone} (${offsets})`}`;
}
