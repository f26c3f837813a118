/** Conditions of the calendar: hours, days and longer in a time zone, and periods of any length. */
import { Temporal } from 'temporal-polyfill';
import { guidOf } from '../plant/guid.ts';
import { overlaps, type Capsule, type CapsuleProperty, type CapsuleSet } from '../series/capsules.ts';
import { DAY, floorDiv, HOUR } from '../series/time.ts';

export const CALENDAR_UNITS = ['hour', 'day', 'week', 'month', 'year'] as const;
export type CalendarUnit = (typeof CALENDAR_UNITS)[number];

/** No capsule of the unit is longer, daylight saving included. */
export const LONGEST: Readonly<Record<CalendarUnit, bigint>> = {
  hour: HOUR,
  day: 25n * HOUR,
  week: 7n * DAY + HOUR,
  month: 31n * DAY + HOUR,
  year: 366n * DAY,
};

/** @throws RangeError for a zone that does not exist */
export function checkZone(zone: string): void {
  Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
}

/** @param now what ends later may still change [inferred], nanoseconds */
export function calendar(unit: CalendarUnit, zone: string, now: () => bigint): CapsuleSet {
  return {
    *overlapping(from, to) {
      let at = startOfUnit(from, unit, zone);
      while (at.epochNanoseconds <= to) {
        const next = at.add({ [`${unit}s`]: 1 });
        const property =
          unit === 'hour' ? ({ name: 'Hour', value: at.hour } as const) : ({ name: 'Year', value: at.year } as const);
        const capsule = capsuleOf(unit, at.epochNanoseconds, next.epochNanoseconds, now(), [property]);
        if (overlaps(capsule, from, to)) yield capsule;
        at = next;
      }
    },
  };
}

function startOfUnit(time: bigint, unit: CalendarUnit, zone: string): Temporal.ZonedDateTime {
  const at = Temporal.Instant.fromEpochNanoseconds(time).toZonedDateTimeISO(zone);
  switch (unit) {
    case 'hour':
      return at.round({ smallestUnit: 'hour', roundingMode: 'floor' });
    case 'day':
      return at.startOfDay();
    case 'week':
      return at.startOfDay().subtract({ days: at.dayOfWeek - 1 });
    case 'month':
      return at.with({ day: 1 }).startOfDay();
    case 'year':
      return at.with({ month: 1, day: 1 }).startOfDay();
  }
}

function capsuleOf(
  name: string,
  start: bigint,
  end: bigint,
  now: bigint,
  properties: readonly CapsuleProperty[],
): Capsule {
  return {
    id: guidOf('calendar', `${name}/${String(start)}/${String(end)}`),
    start,
    end,
    ...(end > now ? { uncertain: true } : {}),
    properties,
  };
}

/** Capsules of one length, one beginning every period from 1970 on, before and after. */
export function periods(length: bigint, period: bigint, now: () => bigint): CapsuleSet {
  return {
    *overlapping(from, to) {
      for (let start = floorDiv(from - length, period) * period; start <= to; start += period) {
        const end = start + length;
        const capsule = capsuleOf(`period ${String(period)}`, start, end, now(), []);
        if (overlaps(capsule, from, to)) yield capsule;
      }
    },
  };
}
