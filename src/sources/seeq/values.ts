/** Converts Seeq's single values to the terms of the contract. */
import type { ScalarValue } from '../../contract/values.ts';
import { type JsonObject, optionalText } from '../../net/json-fields.ts';

/** An enumeration value (a digital state of a historian): `ENUM{{1|ON}}`. */
const ENUMERATION = /^ENUM\{\{(-?\d{1,20})\|([\s\S]*)\}\}$/;
/** Texts for a number that is missing or out of range. */
const NOT_FINITE = /^[+-]?(?:nan|inf|infinity)$/i;
const NUMERAL = /^[+-]?\d{1,400}(?:\.\d{1,400})?(?:e[+-]?\d{1,10})?$/i;

/** What the unit shows about the values. */
export interface ValueUnit {
  unit?: string;
  /** Seeq sends the word "string" as the unit of text. */
  isText: boolean;
}

/** The unit in a member. @throws UnexpectedJson if it is not text */
export function unitIn(object: JsonObject, name: string): ValueUnit {
  const unit = optionalText(object, name);
  if (unit === 'string') return { isText: true };
  return { isText: false, ...(unit ? { unit } : {}) };
}

/**
 * A value of a signal or a scalar. Anything but a number, text or boolean, and text among numbers, becomes `null`,
 * which means bad data.
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
  // Only numbers have a unit.
  if (!isText && (unit !== undefined || isNotFinite(raw))) return { value: null };
  return { value: raw };
}

/** A property with its typed value. Structures become their JSON text. @throws UnexpectedJson for an invalid unit */
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

/** Any JSON value as a value of the contract. Null if it has no such form. */
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

/** Whether a text is a number that JSON cannot hold. */
function isNotFinite(text: string): boolean {
  return NOT_FINITE.test(text) || (NUMERAL.test(text) && !Number.isFinite(Number(text)));
}
