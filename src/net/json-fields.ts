/**
 * Reads the JSON of a source. A member that does not match the API is reported in an error and never becomes a value.
 */

/** A JSON object with unchecked members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Part of an answer does not match the API. The message has no subject and no full stop. */
export class UnexpectedJson extends Error {
  override readonly name = 'UnexpectedJson';
  /** The answer lacks what every answer of this API has. */
  readonly foreign: boolean;

  constructor(message: string, { foreign = false, ...options }: { foreign?: boolean; cause?: unknown } = {}) {
    super(message, options);
    this.foreign = foreign;
  }
}

/** A whole answer, which is always an object. @throws UnexpectedJson */
export function answerOf(body: unknown): JsonObject {
  if (isObject(body)) return body;
  throw new UnexpectedJson(`it is ${kindOf(body)}, not an object`, { foreign: true });
}

/** @throws UnexpectedJson */
export function objectOf(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value;
  throw new UnexpectedJson(`${what} is ${kindOf(value)}, not an object`);
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A string. @throws UnexpectedJson if it is absent or anything else */
export function textIn(object: JsonObject, name: string): string {
  const value = object[name];
  if (typeof value === 'string') return value;
  throw notA('text', name, value);
}

/** A string, or undefined if it is absent or null. @throws UnexpectedJson */
export function optionalText(object: JsonObject, name: string): string | undefined {
  const value = object[name];
  if (value === undefined || value === null || typeof value === 'string') return value ?? undefined;
  throw notA('text', name, value);
}

/** A string that is not empty, or undefined. @throws UnexpectedJson */
export function filledText(object: JsonObject, name: string): string | undefined {
  const text = optionalText(object, name);
  return text === '' ? undefined : text;
}

/** A boolean. Absent and null are false. @throws UnexpectedJson */
export function flagIn(object: JsonObject, name: string): boolean {
  const value = object[name];
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? false;
  throw notA('true or false', name, value);
}

/** A non-negative integer, or undefined if it is absent or null. @throws UnexpectedJson */
export function optionalCount(object: JsonObject, name: string): number | undefined {
  const value = object[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw notA('a count', name, value);
}

/** An object, or undefined if it is absent or null. @throws UnexpectedJson */
export function optionalObject(object: JsonObject, name: string): JsonObject | undefined {
  const value = object[name];
  return value === undefined || value === null ? undefined : objectOf(value, `"${name}"`);
}

/** An array. @throws UnexpectedJson if it is absent or anything else */
export function listIn(object: JsonObject, name: string): readonly unknown[] {
  const value = object[name];
  if (Array.isArray(value)) return value;
  throw notA('a list', name, value);
}

/** An array. Empty if it is absent or null. @throws UnexpectedJson */
export function optionalList(object: JsonObject, name: string): readonly unknown[] {
  const value = object[name];
  return value === undefined || value === null ? [] : listIn(object, name);
}

/** The type of a JSON value, for use in a sentence. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'number') return Number.isFinite(value) ? `the number ${value}` : 'a number beyond all bounds';
  return typeof value === 'boolean' ? String(value) : 'an object';
}

function notA(wanted: string, name: string, value: unknown): UnexpectedJson {
  return new UnexpectedJson(`"${name}" is ${kindOf(value)}, not ${wanted}`, { foreign: value === undefined });
}
