/** Exact numbers of JSON: a JavaScript number would round long integers and precise times. */
import type { Nanoseconds } from '../../contract/time/instant.ts';
import type { ScalarValue } from '../../contract/values.ts';
import { integerValue, parseDecimal, wholeAt } from '../../lib/decimal.ts';
import { withDigits } from '../../lib/json-digits.ts';
import { parseJson } from '../../net/response.ts';

const NS_DIGITS = 9;
/** Seconds with more than 15 integer digits are not a valid time. */
const LONGEST = 10n ** 24n;
/** Longer exponents and fractions are not a valid time, and costly to process. */
const MOST_DIGITS = 300;

export class Numeral {
  /** The digits as in the JSON text. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The number. For an integer beyond the precision of a JavaScript number, its digits. Undefined if out of range. */
  get value(): Exclude<ScalarValue, null> | undefined {
    const number = Number(this.text);
    if (!Number.isFinite(number)) return undefined;
    return /^-?\d+$/.test(this.text) && !Number.isSafeInteger(number) ? integerValue(BigInt(this.text)) : number;
  }

  /** As seconds since 1970, to the nanosecond (further digits are cut off). Undefined for an impossible time. */
  get instant(): Nanoseconds | undefined {
    const seconds = parseDecimal(this.text);
    if (seconds === undefined || Math.abs(seconds.exponent) > MOST_DIGITS) return undefined;
    const { digits, exponent } = seconds;
    const nanoseconds = wholeAt({ digits: digits < 0n ? -digits : digits, exponent }, NS_DIGITS);
    if (nanoseconds > LONGEST) return undefined;
    return digits < 0n ? -nanoseconds : nanoseconds;
  }

  /**
   * The nearest double in its shortest form. The platform stores numbers as doubles, so a number and its copy from the
   * platform have the same form.
   */
  get canonical(): string {
    return String(Number(this.text));
  }

  toJSON(): number {
    return Number(this.text);
  }
}

/** Members whose exact digits are needed. */
const EXACT = new Set(['timestamp', 'value']);

/**
 * Parses JSON of a platform. Numbers of the members `timestamp` and `value` become {@link Numeral}s.
 * @throws UnreadableResponse
 */
export function parseExact(text: string): unknown {
  return parseJson(
    text,
    withDigits((name, value, digits) => (digits !== undefined && EXACT.has(name) ? new Numeral(digits) : value)),
  );
}
