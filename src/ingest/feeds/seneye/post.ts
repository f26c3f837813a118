/** The content of a signed message, as far as it can be understood as a whole: whose it is, and what stands in it. */
import type { RejectCode } from '../../../contract/reading.ts';

/** What stands in a post. The values themselves are not looked at yet. */
export interface Post {
  /** Id of the device. */
  readonly sud: string;
  /** What the device calls itself. */
  readonly name: string | undefined;
  /** Home, Pond or Reef; a number that seneye has not documented as text; undefined if absent. */
  readonly deviceType: string | undefined;
  /** Version of the message format, which senders call `ver` or `version`. */
  readonly version: string | undefined;
  /** `SUD.TS` as written, digit by digit; undefined if absent. */
  readonly timestamp: unknown;
  /** `SUD.data`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Why a message means nothing to us. */
export class PostError extends Error {
  override readonly name = 'PostError';
  readonly code: RejectCode;

  constructor(code: RejectCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** `SUD.type` in seneye's README. */
const DEVICE_TYPES: ReadonlyMap<string, string> = new Map([
  ['1', 'Home'],
  ['2', 'Pond'],
  ['3', 'Reef'],
]);
const LONGEST_ID = 64;
const LONGEST_NAME = 100;

/**
 * Reads a message whose signature was found right.
 * @throws PostError when it is no post
 */
export function readPost(payload: Uint8Array): Post {
  const message = objectOf(parse(decode(payload)));
  if (message === undefined) throw new PostError('wrongShape', 'The message is no JSON object.');
  const sud = objectOf(message.SUD);
  if (sud === undefined) throw new PostError('wrongShape', 'The message has no object "SUD".');
  const data = objectOf(sud.data);
  if (data === undefined) throw new PostError('wrongShape', 'The message has no object "SUD.data".');
  return {
    sud: idOf(sud.id),
    name: nameOf(sud.name),
    deviceType: typeOf(sud.type),
    version: shortText(message.ver ?? message.version),
    timestamp: sud.TS,
    data,
  };
}

function decode(payload: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    throw new PostError('notUtf8', 'The message is not in UTF-8.');
  }
}

/** The third parameter of a reviver: the digits as they stand in the text. */
type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;

/** Keeps the digits of times, and of numbers that JavaScript cannot hold, as text. */
const keepDigits: Reviver = (key, value, { source }) =>
  typeof value === 'number' && (key === 'TS' || Math.abs(value) > Number.MAX_SAFE_INTEGER) ? source : value;

function parse(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown);
  } catch {
    // Also an overflow of the stack, by brackets thousands deep.
    throw new PostError('notJson', 'The message is no JSON.');
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Documented as 32 hexadecimal digits; other texts are taken, since names on the bus are escaped. */
function idOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new PostError('badName', 'The message has no text "SUD.id".');
  if (value.length > LONGEST_ID || !value.isWellFormed()) {
    throw new PostError('badName', `"SUD.id" is no text of at most ${LONGEST_ID} characters.`);
  }
  return value;
}

/** On one line, and not longer than a person would make it. */
function nameOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const name = value
    .toWellFormed()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, LONGEST_NAME)
    .toWellFormed();
  return name === '' ? undefined : name;
}

function typeOf(value: unknown): string | undefined {
  const text = shortText(value);
  return text === undefined ? undefined : (DEVICE_TYPES.get(text) ?? text);
}

function shortText(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  return String(value).toWellFormed().slice(0, 32).toWellFormed();
}
