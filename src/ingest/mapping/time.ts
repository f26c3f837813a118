/** Parses the timestamp of a message. */
import { Temporal } from 'temporal-polyfill';
import type { TimeFile } from './config.ts';
import { parseIso, type IsoParts, type Nanoseconds } from '../../contract/time/instant.ts';
import { parseDecimal, wholeAt, type Decimal } from '../../lib/decimal.ts';
import { quoted, type Raw } from './value.ts';

/** A parsed time, or why it cannot be parsed. */
export type ReadTime =
  | {
      readonly instant: Nanoseconds;
      /** Why it is uncertain. */
      readonly doubt?: string | undefined;
    }
  | { readonly problem: string };

/** Powers of ten between a unit and nanoseconds. */
const POWERS = { s: 9, ms: 6, us: 3, ns: 0 } as const;

/** About the year 100,000. */
const MAX_WALL_MS = 3e15;

/** More digits than any time has. */
const MAX_EXPONENT = 400;

/**
 * Parses the timestamp at a location of a message.
 * @param received decides which of two hours applies when clocks were set back and the text has no offset
 */
export function readTime({ value, source }: Raw, time: TimeFile, received: Nanoseconds): ReadTime {
  if (typeof value === 'number') return fromNumber(source ?? String(value), time);
  if (typeof value !== 'string') return { problem: `It is ${kindOf(value)}, not a time.` };
  const text = value.trim();
  if (time.format === 'iso') return fromIso(text, time, received);
  const number = fromNumber(text, time);
  return time.format === 'auto' && 'problem' in number ? fromIso(text, time, received) : number;
}

function fromNumber(text: string, { format }: TimeFile): ReadTime {
  if (format === 'iso') return { problem: `${quoted(text)} is a number; a time in ISO 8601 is expected.` };
  const decimal = parseDecimal(text);
  if (decimal === undefined || Math.abs(decimal.exponent) > MAX_EXPONENT) {
    return { problem: `${quoted(text)} is no time.` };
  }
  const power = POWERS[format === 'auto' ? unitOf(decimal) : format];
  return { instant: wholeAt(decimal, power) };
}

/** By magnitude: read as seconds the limit is the year 5138, and likewise for the other units. */
function unitOf({ digits, exponent }: Decimal): keyof typeof POWERS {
  const size = wholeAt({ digits: digits < 0n ? -digits : digits, exponent }, 0);
  return size < 10n ** 11n ? 's' : size < 10n ** 14n ? 'ms' : size < 10n ** 17n ? 'us' : 'ns';
}

function fromIso(text: string, { timeZone }: TimeFile, received: Nanoseconds): ReadTime {
  const parts = text.length > 64 ? undefined : parseIso(text);
  if (parts === undefined) return { problem: `${quoted(text)} is no time.` };
  if (parts.offsetMinutes !== undefined) return { instant: utc(parts.wallMs - parts.offsetMinutes * 60_000, parts) };
  if (timeZone === undefined) {
    return { problem: `${quoted(text)} names no offset from UTC, and no time.timeZone is configured.` };
  }
  return fromWallClock(text, parts, timeZone, received);
}

const utc = (ms: number, { fraction }: IsoParts): Nanoseconds => BigInt(ms) * 1_000_000n + fraction;

function fromWallClock(text: string, parts: IsoParts, timeZone: string, received: Nanoseconds): ReadTime {
  // The calendar of the library ends at these years.
  if (Math.abs(parts.wallMs) > MAX_WALL_MS) return { problem: `${quoted(text)} is no time.` };
  const wall = Temporal.PlainDateTime.from(new Date(parts.wallMs).toISOString().slice(0, -1));
  const earlier = wall.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  const later = wall.toZonedDateTime(timeZone, { disambiguation: 'later' });
  const first = earlier.epochNanoseconds + parts.fraction;
  const second = later.epochNanoseconds + parts.fraction;
  if (first === second) return { instant: first };
  // Clocks were set forward and skipped this time.
  if (!earlier.toPlainDateTime().equals(wall)) return { problem: `${quoted(text)} does not exist in ${timeZone}.` };
  const nearest = distance(first, received) <= distance(second, received) ? first : second;
  return { instant: nearest, doubt: `The time ${quoted(text)} occurred twice in ${timeZone}.` };
}

const distance = (a: Nanoseconds, b: Nanoseconds): Nanoseconds => (a < b ? b - a : a - b);

const kindOf = (value: unknown): string =>
  Array.isArray(value) ? 'a list' : typeof value === 'boolean' ? String(value) : 'an object';
