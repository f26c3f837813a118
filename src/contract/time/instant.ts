/**
 * Instants with nanosecond resolution. An instant is transmitted as ISO 8601 text in UTC and compared as a bigint of
 * nanoseconds since 1970-01-01T00:00:00Z. It is never a JavaScript number, which would round it.
 */

/** Nanoseconds since the epoch. */
export type Nanoseconds = bigint;

const NS_PER_MS = 1_000_000n;
const NS_PER_S = 1_000_000_000n;

const ISO =
  /^([+-]\d{6}|\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d{2}(?::?\d{2})?)?)?$/;

/** The parts of an ISO 8601 text. A missing offset is not interpreted yet. */
export interface IsoParts {
  /** Local time in milliseconds since the epoch, as if it were UTC. Whole seconds only. */
  wallMs: number;
  /** Nanoseconds within the second, 0 to 999,999,999. */
  fraction: bigint;
  /** Offset from UTC in minutes. Undefined if the text has none. */
  offsetMinutes: number | undefined;
  dateOnly: boolean;
}

/** Parses ISO 8601 text. Undefined if it is invalid or contains an impossible date, time or offset. */
export function parseIso(text: string): IsoParts | undefined {
  const match = ISO.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', offset] = match;
  const y = Number(year);
  const mo = Number(month);
  const d = Number(day);
  const h = Number(hour);
  const mi = Number(minute);
  const s = Number(second);
  if (h > 23 || mi > 59 || s > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  date.setUTCHours(h, mi, s);
  // The calendar check: 30 February rolls over and is caught here.
  if (Number.isNaN(date.getTime()) || date.getUTCMonth() !== mo - 1 || date.getUTCDate() !== d) return undefined;
  const offsetMinutes = offset === undefined ? undefined : parseOffset(offset);
  if (offset !== undefined && offsetMinutes === undefined) return undefined;
  return {
    wallMs: date.getTime(),
    fraction: fraction === '' ? 0n : BigInt(fraction.padEnd(9, '0')),
    offsetMinutes,
    dateOnly: match[4] === undefined,
  };
}

function parseOffset(text: string): number | undefined {
  if (text === 'Z' || text === 'z') return 0;
  const hours = Number(text.slice(1, 3));
  const minutes = Number(text.slice(3).replace(':', '') || '0');
  if (hours > 18 || minutes > 59) return undefined;
  return (text.startsWith('-') ? -1 : 1) * (hours * 60 + minutes);
}

/** The instant of an ISO 8601 text with an offset. Undefined if it is invalid or has no offset. */
export function parseInstant(text: string): Nanoseconds | undefined {
  const parts = parseIso(text);
  if (parts?.offsetMinutes === undefined) return undefined;
  return BigInt(parts.wallMs - parts.offsetMinutes * 60_000) * NS_PER_MS + parts.fraction;
}

/** ISO 8601 in UTC with as many fraction digits as needed: 0, 3, 6 or 9. */
export function formatInstant(instant: Nanoseconds): string {
  const seconds = floorDiv(instant, NS_PER_S);
  const fraction = instant - seconds * NS_PER_S;
  const base = new Date(Number(seconds) * 1000).toISOString().slice(0, -5);
  if (fraction === 0n) return `${base}Z`;
  const digits = fraction.toString().padStart(9, '0');
  const kept = digits.endsWith('000000') ? 3 : digits.endsWith('000') ? 6 : 9;
  return `${base}.${digits.slice(0, kept)}Z`;
}

/** The range of instants that ISO text with four-digit years can express: years 1 to 9999. */
export const MIN_INSTANT: Nanoseconds = -62_135_596_800n * NS_PER_S;
export const MAX_INSTANT: Nanoseconds = 253_402_300_799n * NS_PER_S + (NS_PER_S - 1n);

export const fromMilliseconds = (ms: number): Nanoseconds => BigInt(ms) * NS_PER_MS;

/** Whole milliseconds, rounded down. */
export const toMilliseconds = (instant: Nanoseconds): number => Number(floorDiv(instant, NS_PER_MS));

function floorDiv(value: bigint, divisor: bigint): bigint {
  const quotient = value / divisor;
  return value % divisor < 0n ? quotient - 1n : quotient;
}

/**
 * Compares two ISO 8601 UTC texts (`YYYY-MM-DDThh:mm:ss[.f]Z`) without parsing them, since a series compares every
 * sample with the previous one: negative if `a` is earlier, 0 if equal, positive if later.
 */
export function compareUtc(a: string, b: string): number {
  if (a.length === b.length) return a < b ? -1 : a > b ? 1 : 0;
  const secondsA = a.slice(0, 19);
  const secondsB = b.slice(0, 19);
  if (secondsA !== secondsB) return secondsA < secondsB ? -1 : 1;
  const fractionA = a.slice(20, -1).padEnd(9, '0');
  const fractionB = b.slice(20, -1).padEnd(9, '0');
  return fractionA < fractionB ? -1 : fractionA > fractionB ? 1 : 0;
}

/** Compares optional starts: undefined has no start and is the earliest. */
export function compareStarts(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return compareUtc(a, b);
}
