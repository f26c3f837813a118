/**
 * Durations as Seeq and its clients write them: `1d`, `40h`, `5.4d`, `15 min`, `2 Hours 30 min`, `1mo`, `1 month`,
 * `P1M`.
 *
 * A maximum interpolation is a fixed length, so a month is 365 / 12 days and a year 365 days, as in Seeq's own Python
 * client. As in that client, `m` is a minute. A capital `M` is a month, as in ISO 8601.
 */
import type { Nanoseconds } from '../../contract/time/instant.ts';

const SECOND = 1_000_000_000n;
const MINUTE = 60n * SECOND;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
const YEAR = 365n * DAY;
const MONTH = YEAR / 12n;

/** Unit names in Seeq's clients, and similar forms. The vendor publishes no list. */
const UNITS: [names: RegExp, nanoseconds: bigint][] = [
  [/^ns$|^nanoseconds?$/, 1n],
  [/^[uµμ]s$|^microseconds?$/, 1000n],
  [/^ms$|^milliseconds?$/, 1_000_000n],
  [/^s$|^secs?$|^seconds?$/, SECOND],
  [/^m$|^mins?$|^minutes?$/, MINUTE],
  [/^h$|^hrs?$|^hours?$/, HOUR],
  [/^d$|^days?$/, DAY],
  [/^w$|^wks?$|^weeks?$/, 7n * DAY],
  [/^mos?$|^mths?$|^months?$/, MONTH],
  [/^y$|^yrs?$|^years?$/, YEAR],
];

/** Units of ISO 8601 before and after its `T`. */
const ISO_DATE: Record<string, bigint> = { Y: YEAR, M: MONTH, W: 7n * DAY, D: DAY };
const ISO_TIME: Record<string, bigint> = { H: HOUR, M: MINUTE, S: SECOND };

/** Longest text of a duration. A long sequence of digits takes long to parse. */
const LONGEST = 200;

const PART = /(\d+)(?:\.(\d+))?\s*([a-zµμ]+)\s*/giy;
const ISO_PART = /(\d+)(?:[.,](\d+))?([A-Z])/gy;

/** The length in nanoseconds. Undefined if the text is not a valid duration. */
export function parseDuration(text: string): Nanoseconds | undefined {
  const trimmed = text.trim();
  if (trimmed.length > LONGEST) return undefined;
  if (trimmed.startsWith('P')) return parseIso(trimmed.slice(1));
  return sumOf(trimmed, PART, (name) => {
    if (name === 'M') return MONTH;
    const lower = name.toLowerCase();
    return UNITS.find(([names]) => names.test(lower))?.[1];
  });
}

function parseIso(text: string): Nanoseconds | undefined {
  const at = text.indexOf('T');
  const [date, time] = at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  const days = date === '' && time !== undefined ? 0n : sumOf(date, ISO_PART, (unit) => ISO_DATE[unit]);
  const rest = time === undefined ? 0n : sumOf(time, ISO_PART, (unit) => ISO_TIME[unit]);
  return days === undefined || rest === undefined ? undefined : days + rest;
}

/** The sum of all parts. Undefined if a part has an unknown unit, or text remains. */
function sumOf(text: string, part: RegExp, unitOf: (name: string) => bigint | undefined): Nanoseconds | undefined {
  let total = 0n;
  let read = 0;
  for (const [matched, whole = '', fraction = '', name = ''] of text.matchAll(part)) {
    const unit = unitOf(name);
    if (unit === undefined) return undefined;
    total += (BigInt(whole + fraction) * unit) / 10n ** BigInt(fraction.length);
    read += matched.length;
  }
  return read > 0 && read === text.length ? total : undefined;
}
