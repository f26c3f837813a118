/**
 * Times of the simulator: whole nanoseconds since 1970 as bigint, because Seeq keys have nanoseconds and a double
 * has not. Text is ISO 8601, or `<integer> ns`, which the formula endpoints take too.
 */
import { Temporal } from 'temporal-polyfill';
import { SeeqError } from '../http/errors.ts';

export const SECOND = 1_000_000_000n;
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
export const DAY = 24n * HOUR;

const MILLI = 1_000_000n;

/** Rounds towards minus infinity, unlike bigint division, so that times before 1970 work too. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const q = a / b;
  return a % b !== 0n && a < 0n !== b < 0n ? q - 1n : q;
}

/** Nanoseconds of a time text; refuses what is not ISO 8601 with an offset, with a message that names the field. */
export function parseTime(text: string, field: string): bigint {
  const whole = /^\s*(-?\d{1,20})\s*ns\s*$/.exec(text)?.[1];
  if (whole !== undefined) return BigInt(whole);
  try {
    return Temporal.Instant.from(text.trim()).epochNanoseconds;
  } catch {
    throw new SeeqError(400, `The value '${text}' of '${field}' is not an ISO 8601 time with an offset from UTC`);
  }
}

const TWO_DIGITS = Array.from({ length: 60 }, (_unused, n) => String(n).padStart(2, '0'));
const DAY_SECONDS = 86_400;
let dateOf = { day: Number.NaN, text: '' };

/** ISO 8601 in UTC with as many fraction digits (0, 3, 6 or 9) as the time needs. */
export function formatTime(ns: bigint): string {
  const wholeSeconds = floorDiv(ns, SECOND);
  const seconds = Number(wholeSeconds);
  const day = Math.floor(seconds / DAY_SECONDS);
  // Samples come in order, so that the date is nearly always that of the one before.
  if (day !== dateOf.day) dateOf = { day, text: new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, -13) };
  const ofDay = seconds - day * DAY_SECONDS;
  const hours = TWO_DIGITS[Math.floor(ofDay / 3600)] ?? '';
  const minutes = TWO_DIGITS[Math.floor(ofDay / 60) % 60] ?? '';
  const text = `${dateOf.text}${hours}:${minutes}:${TWO_DIGITS[ofDay % 60] ?? ''}`;
  const below = Number(ns - wholeSeconds * SECOND);
  if (below === 0) return `${text}Z`;
  const digits = String(below).padStart(9, '0');
  return `${text}.${digits.replace(/(?:000){1,2}$/, '')}Z`;
}

const UNITS: ReadonlyMap<string, bigint> = new Map(
  Object.entries({
    ns: 1n,
    us: 1000n,
    µs: 1000n,
    ms: MILLI,
    s: SECOND,
    sec: SECOND,
    second: SECOND,
    min: MINUTE,
    minute: MINUTE,
    h: HOUR,
    hr: HOUR,
    hour: HOUR,
    d: DAY,
    day: DAY,
    wk: 7n * DAY,
    week: 7n * DAY,
  }),
);

/** Nanoseconds of a unit of time by one of its names; undefined for other words. */
export function durationUnit(name: string): bigint | undefined {
  return UNITS.get(name) ?? UNITS.get(name.replace(/s$/, ''));
}

/** Nanoseconds of a duration such as `15min`, `1 h`, `30 days` or `0.5s`; refuses others by the name of the field. */
export function parseDuration(text: string, field: string): bigint {
  const match = /^\s*(\d{1,15}(?:\.\d{1,9})?)\s*([a-zA-Z]+)\s*$/.exec(text);
  const unit = durationUnit(match?.[2] ?? '');
  if (match?.[1] === undefined || unit === undefined) {
    throw new SeeqError(400, `The value '${text}' of '${field}' is not a duration such as 15min or 1h`);
  }
  const [whole = '0', fraction = ''] = match[1].split('.');
  const scale = 10n ** BigInt(fraction.length);
  return (BigInt(whole + fraction) * unit) / scale;
}

/** A duration as text in the largest unit that divides it, for example `90min`. */
export function formatDuration(ns: bigint): string {
  for (const [unit, size] of [
    ['d', DAY],
    ['h', HOUR],
    ['min', MINUTE],
    ['s', SECOND],
    ['ms', MILLI],
  ] as const) {
    if (ns % size === 0n) return `${String(ns / size)}${unit}`;
  }
  return `${String(ns)}ns`;
}
