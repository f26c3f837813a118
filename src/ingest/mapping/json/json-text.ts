/** Parses JSON and keeps the text of numbers that a JavaScript number may round. */

import { withDigits } from '../../../lib/json-digits.ts';

/** Parsed JSON. */
export interface JsonText {
  readonly root: unknown;
  /**
   * A number as written. Undefined if the JavaScript number is exact.
   * @param holder The object or array that contains it; undefined for the root itself.
   */
  sourceOf(holder: unknown, key: string): string | undefined;
}

/** Why a text is not valid JSON. */
export class JsonTextError extends Error {
  override readonly name = 'JsonTextError';
}

/** Numbers with more than 15 digits, or with exponents that may exceed the range. Shorter numbers are not rounded. */
const MAY_ROUND = /[\d.]{16}|\d[eE][+-]?\d{3}/;

/** Written by some senders, for example Python's standard library, for a missing number. It is not valid JSON. */
const NOT_A_NUMBER = /"(?:[^"\\]|\\[^])*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/g;

/** The longest text that is searched for {@link NOT_A_NUMBER}. The search needs memory for each character. */
const REPAIR_CHARACTERS = 1 << 20;

/**
 * Parses a JSON text. `NaN` and `Infinity`, which are not JSON, become null.
 * @throws JsonTextError
 */
export function parseJson(text: string): JsonText {
  try {
    return parse(text);
  } catch (error) {
    const repaired = error instanceof SyntaxError ? withoutNaN(text) : undefined;
    if (repaired === undefined) throw failure(error);
    try {
      return parse(repaired);
    } catch (second) {
      throw failure(second);
    }
  }
}

function parse(text: string): JsonText {
  if (!MAY_ROUND.test(text)) return { root: JSON.parse(text) as unknown, sourceOf: () => undefined };
  const sources = new Map<unknown, Map<string, string>>();
  let top: string | undefined;
  const note = withDigits(function (key, value, source) {
    // The root comes last, as a member of an internal object.
    top = source;
    if (source !== undefined && MAY_ROUND.test(source)) {
      const members = sources.get(this);
      if (members) members.set(key, source);
      else sources.set(this, new Map([[key, source]]));
    }
    return value;
  });
  const root = JSON.parse(text, note) as unknown;
  return {
    root,
    sourceOf: (holder, key) => (holder === undefined ? top : sources.get(holder)?.get(key)),
  };
}

function withoutNaN(text: string): string | undefined {
  if (text.length > REPAIR_CHARACTERS || !/\b(?:NaN|Infinity)\b/.test(text)) return undefined;
  return text.replace(NOT_A_NUMBER, (found) => (found.startsWith('"') ? found : 'null'));
}

function failure(error: unknown): JsonTextError {
  if (error instanceof RangeError) return new JsonTextError('it is nested too deep');
  return new JsonTextError(error instanceof Error ? error.message : String(error));
}
