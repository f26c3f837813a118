/**
 * Numbers as times. They are epoch milliseconds. Many languages count seconds, microseconds or nanoseconds (Python, Go,
 * InfluxDB), and such a number is a time in 1970, or beyond any calendar. The error names the unit.
 */
import { formatInstant, fromMilliseconds, MAX_INSTANT, MIN_INSTANT, parseInstant, toMilliseconds } from './instant.ts';

/** A smaller number counts as seconds: as milliseconds it is before 1973-03-03, as seconds before the year 5138. */
const LEAST_MS = 1e11;
const MIN_MS = toMilliseconds(MIN_INSTANT);
const MAX_MS = toMilliseconds(MAX_INSTANT);

const NUMERAL = /^[+-]?\d{1,30}(?:\.\d{1,30})?(?:e\+?\d{1,2})?$/i;

/**
 * Why a number, or a text of digits, is not a valid time. The text follows the parameter name. Undefined for any other
 * input.
 */
export function epochProblem(input: unknown): string | undefined {
  if (typeof input === 'number') return numberProblem(input, String(input));
  if (typeof input !== 'string') return undefined;
  const text = input.trim();
  if (!NUMERAL.test(text)) return undefined;
  if (/^\d{4}$/.test(text)) return `must be a whole date, not a year: write "${text}-01-01"`;
  return (
    numberProblem(Number(text), JSON.stringify(text)) ??
    `must be a number without quotes where it is epoch milliseconds: write ${text}`
  );
}

function numberProblem(number: number, shown: string): string | undefined {
  const date = dateOf(number);
  if (date !== undefined) return `must be epoch milliseconds, but ${shown} looks like a date: write "${date}"`;
  if (number === 0) return `must not be 0; write "${iso(0)}" for the beginning of 1970`;
  if (Math.abs(number) < LEAST_MS) {
    const early = `, or "${iso(number)}" for a time of those years`;
    return `must be epoch milliseconds, but ${shown} looks like epoch seconds: write ${Math.round(number * 1000)}${early}`;
  }
  for (const [unit, factor] of [
    ['microseconds', 1e3],
    ['nanoseconds', 1e6],
  ] as const) {
    if (isInRange(number)) break;
    if (!isInRange(number / factor)) continue;
    return `must be epoch milliseconds, but ${shown} looks like epoch ${unit}: write ${Math.round(number / factor)}`;
  }
  if (!isInRange(number)) return `must lie within the years 1 to 9999 (found ${shown})`;
  if (!Number.isInteger(number)) return `must be whole milliseconds; write ${shown} as "${iso(number)}"`;
  return undefined;
}

const isInRange = (ms: number): boolean => ms >= MIN_MS && ms <= MAX_MS;

/** The date in a number such as 20260131. */
function dateOf(number: number): string | undefined {
  const digits = /^((?:19|20)\d{2})(\d{2})(\d{2})$/.exec(String(number));
  if (!digits) return undefined;
  const date = digits.slice(1).join('-');
  return parseInstant(`${date}T00:00:00Z`) === undefined ? undefined : date;
}

/** With the fraction of a millisecond that a JavaScript number can hold. */
function iso(ms: number): string {
  const whole = Math.floor(ms);
  return formatInstant(fromMilliseconds(whole) + BigInt(Math.round((ms - whole) * 1e6)));
}
