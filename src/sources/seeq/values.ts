/** Single values as Seeq writes them, in the words of the contract. */
import type { ScalarValue } from '../../contract/values.ts';
import { type JsonObject, optionalText } from '../../net/json-fields.ts';

/** An enumeration value (a digital state of a historian): `ENUM{{1|ON}}`. */
const ENUMERATION = /^ENUM\{\{(-?\d{1,20})\|([\s\S]*)\}\}$/;
/** Texts in which a number that is none, or is beyond all bounds, is written. */
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;
const NUMERAL = /^[+-]?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,10})?$/i;

/** What the unit tells of the values beside it. */
export interface ValueUnit {
  unit?: string;
  /** Seeq puts the word "string" in the place of the unit of text. */
  isText: boolean;
}

/** The unit in a member. @throws UnexpectedJson where it is something else than text */
export function unitIn(object: JsonObject, name: string): ValueUnit {
  const unit = optionalText(object, name);
  if (unit === 'string') return { isText: true };
  return { isText: false, ...(unit ? { unit } : {}) };
}

/**
 * A value of a signal or a scalar. What is neither number, text nor boolean, and what is no text among numbers, is no
 * value: `null`, which means bad data.
 */
export function readValue(raw: unknown, { unit, isText }: ValueUnit): { value: ScalarValue; state?: number } {
  if (typeof raw === 'number') return { value: Number.isFinite(raw) ? raw : null };
  if (typeof raw === 'boolean') return { value: raw };
  if (typeof raw !== 'string') return { value: null };
  const match = raw.startsWith('ENUM{{') ? ENUMERATION.exec(raw) : null;
  if (match) {
    const state = Number(match[1]);
    return { value: match[2] ?? '', ...(Number.isSafeInteger(state) ? { state } : {}) };
  }
  // A unit belongs to numbers only.
  if (!isText && (unit !== undefined || isNotFinite(raw))) return { value: null };
  return { value: raw };
}

/** A property with its typed value; structures become their JSON text. @throws UnexpectedJson for an odd unit */
export function readProperty(property: JsonObject): { value: ScalarValue; unit?: string; unusable?: boolean } {
  const { unit } = unitIn(property, 'unitOfMeasure');
  const { value: raw } = property;
  const value = unit !== undefined && typeof raw === 'string' && isNotFinite(raw) ? null : scalarOf(raw);
  return {
    value,
    ...(unit === undefined ? {} : { unit }),
    ...(value === null && raw !== null && raw !== undefined ? { unusable: true } : {}),
  };
}

/** Anything that JSON can hold, as a value of the contract; null for what has no such form. */
function scalarOf(value: unknown): ScalarValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  try {
    return JSON.stringify(value);
  } catch {
    // Nested too deep.
    return null;
  }
}

/** Whether a text stands for a number that JSON cannot hold. */
function isNotFinite(text: string): boolean {
  return NOT_FINITE.test(text) || (NUMERAL.test(text) && !Number.isFinite(Number(text)));
}
