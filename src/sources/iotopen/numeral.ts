/** Exact numbers of JSON: a JavaScript number would round long integers and precise times. */
import type { Nanoseconds } from '../../contract/instant.ts';
import type { ScalarValue } from '../../contract/values.ts';
import { parseJson } from '../../net/response.ts';

const NS_DIGITS = 9;
/** Seconds with more integer digits are not a valid time. */
const MOST_SECOND_DIGITS = 15;

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
    return /^-?\d+$/.test(this.text) && !Number.isSafeInteger(number) ? this.text : number;
  }

  /** As seconds since 1970, to the nanosecond (further digits are cut off). Undefined for an impossible time. */
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
  return parseJson(text, ((name: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' && EXACT.has(name) ? new Numeral(context.source) : value) as Parameters<
    typeof JSON.parse
  >[1]);
}
