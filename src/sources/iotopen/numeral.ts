/** Numbers of JSON as they stand in its text: a JavaScript number would round long integers and fine times. */
import type { Nanoseconds } from '../../contract/instant.ts';
import type { ScalarValue } from '../../contract/values.ts';
import { parseJson } from '../../net/response.ts';

const NS_DIGITS = 9;
/** Seconds with more digits than this before the point name no time that anybody could mean. */
const MOST_SECOND_DIGITS = 15;

export class Numeral {
  /** The digits, as JSON spells numbers. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The number; of an integer that a JavaScript number cannot hold, its digits; undefined beyond all numbers. */
  get value(): Exclude<ScalarValue, null> | undefined {
    const number = Number(this.text);
    if (!Number.isFinite(number)) return undefined;
    return /^-?\d+$/.test(this.text) && !Number.isSafeInteger(number) ? this.text : number;
  }

  /** As seconds since 1970, to the nanosecond (further digits are cut off); undefined for no possible time. */
  get instant(): Nanoseconds | undefined {
    const [, sign = '', whole = '', fraction = '', exponent = '0'] =
      /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(this.text) ?? [];
    const shift = Number(exponent);
    if (whole === '' || Math.abs(shift) > MOST_SECOND_DIGITS) return undefined;
    const digits = `${whole}${fraction}`.padEnd(whole.length + shift, '0');
    const point = whole.length + shift;
    const seconds = point > 0 ? digits.slice(0, point).replace(/^0+(?=\d)/, '') : '0';
    if (seconds.length > MOST_SECOND_DIGITS) return undefined;
    const after = point > 0 ? digits.slice(point) : `${'0'.repeat(-point)}${digits}`;
    const instant = BigInt(seconds) * 1_000_000_000n + BigInt(after.slice(0, NS_DIGITS).padEnd(NS_DIGITS, '0'));
    return sign === '' ? instant : -instant;
  }

  /**
   * The nearest double in its shortest spelling. The platform keeps numbers as doubles, so this is what a number and its
   * echo from the platform have in common.
   */
  get canonical(): string {
    return String(Number(this.text));
  }

  toJSON(): number {
    return Number(this.text);
  }
}

/** Members whose digits matter. */
const EXACT = new Set(['timestamp', 'value']);

/**
 * Parses JSON of a platform; numbers of the members `timestamp` and `value` become {@link Numeral}s.
 * @throws UnreadableResponse
 */
export function parseExact(text: string): unknown {
  return parseJson(text, ((name: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' && EXACT.has(name) ? new Numeral(context.source) : value) as Parameters<
    typeof JSON.parse
  >[1]);
}
