/** Decodes the value at a location of a message. */
import type { MappingFile, ValueFile } from './config.ts';
import type { RejectCode } from '../../contract/reading.ts';
import type { ScalarValue, ValueStatus } from '../../contract/values.ts';
import { integerValue, parseDecimal, scaled, toNumber, type Decimal } from '../../lib/decimal.ts';

/** The JSON value. */
export interface Raw {
  readonly value: unknown;
  /** A number as written, if the JavaScript number may be rounded. */
  readonly source?: string | undefined;
}

/** A decoded value, good or bad. */
export interface MappedValue {
  readonly value: ScalarValue;
  readonly status: ValueStatus;
  readonly reason?: string | undefined;
  /** The sender's original value of a state that has a name. */
  readonly state?: ScalarValue | undefined;
}

/** Not a value. */
export interface Unread {
  readonly code: RejectCode;
  readonly reason: string;
}

/** Decodes one kind of value, as configured. */
export type ReadValue = (raw: Raw) => MappedValue | Unread;

export type ValueOptions = Pick<ValueFile, 'type' | 'states' | 'scale' | 'offset'> &
  Pick<MappingFile, 'numbersAsText' | 'missing'>;

const good = (value: ScalarValue): MappedValue => ({ value, status: 'Good' });
const bad = (reason: string): MappedValue => ({ value: null, status: 'Bad Data', reason });
const unread = (code: RejectCode, reason: string): Unread => ({ code, reason });

/** An external text, quoted for use in a message. */
export const quoted = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);

/** Whether a text means "no value". */
export function missingTexts(missing: readonly string[]): (text: string) => boolean {
  const all = new Set(missing.map((text) => text.trim().toLowerCase()));
  const longest = Math.max(-1, ...[...all].map((text) => text.length));
  // A text much longer than all of these is not lowercased.
  return (text) => {
    const trimmed = text.trim();
    return trimmed.length <= longest && all.has(trimmed.toLowerCase());
  };
}

/** Compiles the decoding of one value. */
export function valueReader(options: ValueOptions): ReadValue {
  const { type } = options;
  const states = options.states === undefined ? undefined : new Map(Object.entries(options.states));
  const isMissing = missingTexts(options.missing);
  const read = readers(options)[type];
  return (raw) => {
    const { value } = raw;
    if (value === null) return bad('The value is null.');
    if (typeof value === 'string' && isMissing(value))
      return bad(`The message has ${quoted(value)}, which is not a value.`);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      const what = Array.isArray(value) ? 'a list' : 'an object';
      return unread('wrongShape', `It is ${what}, not a value; the path must lead to a value in it.`);
    }
    const outcome = read(value, raw.source);
    return states === undefined || 'code' in outcome || outcome.value === null ? outcome : named(outcome.value, states);
  };
}

type Scalar = string | number | boolean;
type Reader = (value: Scalar, source: string | undefined) => MappedValue | Unread;

function readers({ scale, offset, numbersAsText }: ValueOptions): Readonly<Record<ValueFile['type'], Reader>> {
  const calculate =
    scale === undefined && offset === undefined
      ? undefined
      : calculation(decimalOf(scale ?? 1), decimalOf(offset ?? 0));
  const number = (text: string): MappedValue => readNumber(text, calculate);
  return {
    auto: (value, source) => (typeof value === 'number' ? number(source ?? written(value)) : good(value)),
    number: (value, source) => {
      if (typeof value === 'number') return number(source ?? written(value));
      if (typeof value === 'boolean') return unread('badValue', `It is ${value}, not a number.`);
      if (numbersAsText) return number(value.trim());
      return unread('badValue', `It is the text ${quoted(value)}, not a number; numbersAsText allows it.`);
    },
    text: (value, source) => good(source ?? String(value)),
    boolean: (value) => {
      const known = BOOLEANS.get(typeof value === 'string' ? value.trim().toLowerCase() : value);
      return known === undefined ? bad(`${quoted(String(value))} is neither true nor false.`) : good(known);
    },
  };
}

/** Integers beyond 2^53 were written with an exponent. Otherwise their text would have been kept. */
const written = (number: number): string =>
  Number.isInteger(number) && !Number.isSafeInteger(number) ? number.toExponential() : String(number);

const BOOLEANS: ReadonlyMap<Scalar, boolean> = new Map<Scalar, boolean>([
  ...[true, 1, 'true', 'on', 'yes', '1'].map((value) => [value, true] as const),
  ...[false, 0, 'false', 'off', 'no', '0'].map((value) => [value, false] as const),
]);

type Calculate = (number: Decimal) => Decimal;

const calculation =
  (scale: Decimal, offset: Decimal): Calculate =>
  (number) =>
    scaled(number, scale, offset);

/** Numbers of a configuration are finite, so they have such a text. */
const decimalOf = (number: number): Decimal => parseDecimal(String(number)) ?? { digits: 0n, exponent: 0 };

/** Numbers with larger exponents are out of range or meaningless, and costly to process. */
const MAX_EXPONENT = 1500;

function readNumber(text: string, calculate: Calculate | undefined): MappedValue {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return bad(`${quoted(text)} is no number.`);
  if (Math.abs(decimal.exponent) > MAX_EXPONENT) return outOfRange(text);
  const result = calculate === undefined ? decimal : calculate(decimal);
  if (isWhole(text) && result.exponent === 0) return good(integerValue(result.digits));
  const number = toNumber(result);
  return number === undefined ? outOfRange(text) : good(number);
}

const isWhole = (text: string): boolean => /^[+-]?\d+$/.test(text);

const outOfRange = (text: string): MappedValue => bad(`${quoted(text)} is beyond the range of numbers.`);

function named(value: string | number | boolean, states: ReadonlyMap<string, string>): MappedValue {
  const name = states.get(String(value));
  if (name !== undefined) return { ...good(name), state: value };
  return { value: String(value), status: 'Questionable', reason: `The state ${quoted(String(value))} has no name.` };
}
