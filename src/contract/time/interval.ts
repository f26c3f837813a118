/**
 * Lengths of intervals as callers write them: `15min`, `1h`, `1d`, `1mo`, or an ISO 8601 duration such as `PT15M`.
 * Exact lengths are in nanoseconds. Days and longer units follow the calendar of a time zone.
 */
import { Temporal } from 'temporal-polyfill';
import { wrongParameter } from '../errors.ts';
import type { Nanoseconds } from './instant.ts';
import { quote } from '../../lib/wording/phrases.ts';

/** `exact` in nanoseconds, whole calendar days (`week`: counted from a Monday), or whole calendar months. */
export type Length =
  | { kind: 'exact'; nanoseconds: Nanoseconds }
  | { kind: 'days'; days: number; week: boolean }
  | { kind: 'months'; months: number };

const EXACT: Record<string, bigint> = {
  ms: 1_000_000n,
  s: 1_000_000_000n,
  min: 60_000_000_000n,
  h: 3_600_000_000_000n,
};
/** Relative times use this form for minutes. */
EXACT.m = 60_000_000_000n;
const DAYS: Record<string, number> = { d: 1, w: 7 };
const MONTHS: Record<string, number> = { mo: 1, q: 3, y: 12 };

const AMOUNT = /^(\d{1,9}) ?([A-Za-z]{1,9})$/;

/** Other names of a unit. They are rejected with the right one, because a similar name may mean another unit. */
const OTHER_WORDS = new Map([
  ['sec', 's'],
  ['mi', 'min'],
  ['mins', 'min'],
  ['minute', 'min'],
  ['hr', 'h'],
  ['hour', 'h'],
  ['day', 'd'],
  ['wk', 'w'],
  ['week', 'w'],
  ['mon', 'mo'],
  ['month', 'mo'],
  ['quarter', 'q'],
  ['a', 'y'],
  ['yr', 'y'],
  ['year', 'y'],
]);

/** No range is longer, and the calendar ends there. */
const LONGEST_YEARS = 9999;

/**
 * Parses the length of an interval.
 * @throws DriverError `badRequest` with the nearest valid form
 */
export function parseInterval(text: string): Length {
  const trimmed = text.trim();
  const length = fromAmount(trimmed) ?? fromIso(trimmed);
  if (length === undefined) throw wrong(text, nearest(trimmed));
  const nominal = nominalLength(length);
  if (nominal === 0n) throw wrong(text, 'An interval is longer than nothing');
  if (nominal > BigInt(LONGEST_YEARS) * nominalLength({ kind: 'months', months: 12 })) {
    throw wrong(text, `No interval is longer than ${LONGEST_YEARS} years`);
  }
  return length;
}

const NS_PER_DAY = 86_400_000_000_000n;

/** The length in nanoseconds. For calendar units the shortest, ignoring clock changes. */
export function nominalLength(length: Length): Nanoseconds {
  if (length.kind === 'exact') return length.nanoseconds;
  if (length.kind === 'days') return BigInt(length.days) * NS_PER_DAY;
  const { months } = length;
  return BigInt(Math.floor(months / 12) * 365 + (months % 12) * 28) * NS_PER_DAY;
}

function fromAmount(text: string): Length | undefined {
  const [, digits = '', unit = ''] = AMOUNT.exec(text) ?? [];
  const amount = Number(digits);
  if (Object.hasOwn(EXACT, unit)) return { kind: 'exact', nanoseconds: BigInt(amount) * (EXACT[unit] ?? 0n) };
  if (Object.hasOwn(DAYS, unit)) return { kind: 'days', days: amount * (DAYS[unit] ?? 0), week: unit === 'w' };
  if (Object.hasOwn(MONTHS, unit)) return { kind: 'months', months: amount * (MONTHS[unit] ?? 0) };
  return undefined;
}

/** An ISO 8601 duration of one kind: years and months, weeks and days, or time. */
function fromIso(text: string): Length | undefined {
  if (!/^P[\dTYMWDHS.,]+$/.test(text)) return undefined;
  let duration: Temporal.Duration;
  try {
    duration = Temporal.Duration.from(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const { years, months, weeks, days } = duration;
  const time = duration.with({ years: 0, months: 0, weeks: 0, days: 0 });
  const kinds = [years + months, weeks + days, time.blank ? 0 : 1].filter((amount) => amount > 0).length;
  if (kinds > 1) throw wrong(text, 'It mixes what has no common border on the clock. Write one unit, such as "36h"');
  if (years + months > 0) return { kind: 'months', months: years * 12 + months };
  if (weeks + days > 0) return { kind: 'days', days: weeks * 7 + days, week: days === 0 };
  return { kind: 'exact', nanoseconds: exactNanoseconds(time) };
}

function exactNanoseconds(time: Temporal.Duration): Nanoseconds {
  const { hours, minutes, seconds, milliseconds, microseconds, nanoseconds } = time;
  const whole = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds);
  return (
    whole * 1_000_000_000n + BigInt(milliseconds) * 1_000_000n + BigInt(microseconds) * 1000n + BigInt(nanoseconds)
  );
}

function nearest(text: string): string {
  const [, digits, unit = ''] = /^(\d{1,9})\s{0,9}([A-Za-z]{1,9})$/.exec(text) ?? [];
  if (digits !== undefined) {
    if (unit === 'M') return `Did you mean "${digits}min" (minutes) or "${digits}mo" (months)?`;
    const lower = unit.toLowerCase();
    const right = isUnit(lower) ? lower : (OTHER_WORDS.get(lower) ?? OTHER_WORDS.get(lower.replace(/s$/, '')));
    if (right !== undefined) return `Did you mean "${digits}${right}"?`;
  }
  if (/^\d{1,15}[.,]\d/.test(text))
    return 'Write a whole number of a smaller unit, such as "90min" for an hour and a half';
  if (/^\d{1,15}$/.test(text)) return `Give it a unit, such as "${text}s", or use "intervalMs" for milliseconds`;
  if (isUnit(text)) return `Did you mean "1${text}"?`;
  return '';
}

const isUnit = (unit: string): boolean => [EXACT, DAYS, MONTHS].some((units) => Object.hasOwn(units, unit));

function wrong(text: string, remedy: string): Error {
  const ended = remedy === '' ? '' : ` ${remedy}${/[?.]$/.test(remedy) ? '' : '.'}`;
  return wrongParameter(
    'interval',
    `(${quote(text)}) is not the length of an interval.${ended} Right are a whole number and ms, s, min, h, d, w, mo, q ` +
      'or y, such as "15min" or "1d", and ISO 8601 durations such as "PT15M"',
  );
}
