/**
 * Times as callers write them: ISO 8601, epoch milliseconds, or relative to now. They are resolved once, when a request
 * starts, so that all parts of a request use the same instants.
 */
import { Temporal } from 'temporal-polyfill';
import { z } from 'zod';
import { isTimeZone } from '../../lib/time-zone.ts';
import { quote } from '../../lib/wording/phrases.ts';
import { epochProblem } from './epoch.ts';
import { wrongParameter } from '../errors.ts';
import {
  formatInstant,
  fromMilliseconds,
  MAX_INSTANT,
  MIN_INSTANT,
  type Nanoseconds,
  parseInstant,
  parseIso,
} from './instant.ts';

/** A time in a request, not yet resolved. */
export const timeInput = z
  .union([z.string().min(1).max(64), z.number().meta({ type: 'integer' })])
  .superRefine((input, context) => {
    const message = epochProblem(input);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe(
    'ISO 8601 with offset (without one: in timeZone), epoch milliseconds from 1973 on, or relative: "*" or "now", "t" (today), ' +
      '"y" (yesterday), each with durations such as "*-8h", "t+6h30m", "*-1d"; without the first part it is now: "-8h". "@" and ' +
      'a unit go back to its start: "-7d@d", "@h", "@mo-1d"',
  );
export type TimeInput = z.infer<typeof timeInput>;

/** An IANA time zone. It determines where days begin. */
export const timeZoneInput = z
  .string()
  .min(1)
  .max(64)
  .refine(isTimeZone, { error: 'must be an IANA time zone such as "Europe/Berlin"' })
  .describe('IANA time zone that decides where days begin, DST included')
  .default('UTC');

/** The current time and the time zone, fixed for the duration of one request. */
export interface TimeContext {
  now: Nanoseconds;
  timeZone: string;
}

export interface TimeRange {
  start: Nanoseconds;
  end: Nanoseconds;
}

/** Without an anchor, such as "-8h" or "@d", it is now. */
const RELATIVE =
  /^(?:(\*|now|today|yesterday|t|y)|(?=[+@-]))((?:[+-](?:\d+(?:\.\d+)?(?:ms|mo|[smhdw]|y))+|@(?:mo|[smhdw]|y))*)$/i;
const STEP = /([+@-])((?:\d+(?:\.\d+)?(?:ms|mo|[smhdw]|y))+|mo|[smhdw]|y)/gi;
const AMOUNT = /(\d+(?:\.\d+)?)(ms|mo|[smhdw]|y)/giy;

/** Exact units in nanoseconds. Days, weeks, months and years follow the calendar of the zone instead. */
const EXACT: Record<string, number> = { ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 };
const CALENDAR: Record<string, 'days' | 'weeks' | 'months' | 'years'> = {
  d: 'days',
  w: 'weeks',
  mo: 'months',
  y: 'years',
};

/**
 * Resolves one time of a request.
 * @param field name of the parameter, for the error text
 * @throws DriverError `badRequest` with the field and the correct form
 */
export function resolveTime(input: TimeInput, context: TimeContext, field: string): Nanoseconds {
  // The most frequent time.
  if (input === '*') return context.now;
  const problem = epochProblem(input);
  if (problem !== undefined) throw wrongParameter(field, problem);
  const instant = typeof input === 'number' ? fromMilliseconds(input) : fromText(input.trim(), context);
  if (instant === undefined) {
    throw wrongParameter(
      field,
      'must be a time: ISO 8601 with offset (2026-01-31T08:00:00Z), epoch milliseconds, or relative to now ' +
        `("-8h", "t", "y+6h", "-7d@d"); ${quote(input as string)} is none`,
    );
  }
  if (instant < MIN_INSTANT || instant > MAX_INSTANT) {
    throw wrongParameter(field, `must lie within the years 1 to 9999 (found ${JSON.stringify(input)})`);
  }
  return instant;
}

/**
 * Resolves a range and checks that it runs forward.
 * @throws DriverError `badRequest`
 */
export function resolveRange(params: { start: TimeInput; end: TimeInput }, context: TimeContext): TimeRange {
  const start = resolveTime(params.start, context, 'start');
  const end = resolveTime(params.end, context, 'end');
  if (end < start) {
    const [from, to] = [formatInstant(start), formatInstant(end)];
    throw wrongParameter('end', `(${to}) must not be before "start" (${from}); swap them`);
  }
  return { start, end };
}

function fromText(text: string, context: TimeContext): Nanoseconds | undefined {
  const instant = parseInstant(text);
  if (instant !== undefined) return instant;
  const parts = parseIso(text);
  if (parts) return fromWallClock(parts.wallMs, context.timeZone) + parts.fraction;
  return fromRelative(text, context);
}

function fromWallClock(wallMs: number, timeZone: string): Nanoseconds {
  const wall = new Date(wallMs).toISOString().slice(0, -1);
  // "compatible": a local time that a DST change skips moves forward, a repeated one means the first.
  return Temporal.PlainDateTime.from(wall).toZonedDateTime(timeZone).epochNanoseconds;
}

function fromRelative(text: string, context: TimeContext): Nanoseconds | undefined {
  const match = RELATIVE.exec(text);
  if (!match) return undefined;
  const [, anchor = '*', steps = ''] = match;
  try {
    let moment = anchorOf(anchor.toLowerCase(), context);
    for (const [, sign, amounts = ''] of steps.matchAll(STEP)) {
      if (sign === '@') {
        moment = startOf(moment, amounts.toLowerCase());
        continue;
      }
      for (const [, amount = '', unit = ''] of amounts.matchAll(AMOUNT)) {
        const moved = move(moment, (sign === '-' ? -1 : 1) * Number(amount), unit.toLowerCase());
        if (!moved) return undefined;
        moment = moved;
      }
    }
    return moment.epochNanoseconds;
  } catch (error) {
    // Temporal throws a RangeError for results beyond its calendar.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function anchorOf(anchor: string, { now, timeZone }: TimeContext): Temporal.ZonedDateTime {
  const moment = Temporal.Instant.fromEpochNanoseconds(now).toZonedDateTimeISO(timeZone);
  if (anchor === '*' || anchor === 'now') return moment;
  const today = moment.startOfDay();
  return anchor.startsWith('t') ? today : today.subtract({ days: 1 }).startOfDay();
}

/** Where the unit begins on the clock and the calendar of the zone. A week begins on Monday. */
function startOf(moment: Temporal.ZonedDateTime, unit: string): Temporal.ZonedDateTime {
  switch (unit) {
    case 's':
      return moment.round({ smallestUnit: 'second', roundingMode: 'floor' });
    case 'm':
      return moment.round({ smallestUnit: 'minute', roundingMode: 'floor' });
    case 'h':
      return moment.round({ smallestUnit: 'hour', roundingMode: 'floor' });
    case 'w':
      return moment.subtract({ days: moment.dayOfWeek - 1 }).startOfDay();
    case 'mo':
      return moment.with({ day: 1 }).startOfDay();
    case 'y':
      return moment.with({ month: 1, day: 1 }).startOfDay();
    default:
      return moment.startOfDay();
  }
}

function move(moment: Temporal.ZonedDateTime, amount: number, unit: string): Temporal.ZonedDateTime | undefined {
  const exact = EXACT[unit];
  if (exact !== undefined) return moment.add({ nanoseconds: Math.round(amount * exact) });
  const calendar = CALENDAR[unit];
  // Half a month has no defined length, so only whole days, weeks, months and years are allowed.
  if (calendar === undefined || !Number.isInteger(amount)) return undefined;
  return moment.add({ [calendar]: amount });
}

/** The current time of the system clock. */
export const systemNow = (): Nanoseconds => fromMilliseconds(Date.now());
