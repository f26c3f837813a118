/** Parses the content of a signed message as a whole: the device and its data. */
import { withDigits } from '../../../lib/json-digits.ts';
import type { RejectCode } from '../../../contract/reading.ts';

/** The content of a post. The values are not checked yet. */
export interface Post {
  /** Id of the device. */
  readonly sud: string;
  /** The name that the device sends. */
  readonly name: string | undefined;
  /** Home, Pond or Reef. A number that seneye has not documented is kept as text. Undefined if absent. */
  readonly deviceType: string | undefined;
  /** Version of the message format, which senders call `ver` or `version`. */
  readonly version: string | undefined;
  /** `SUD.TS` as written, digit by digit. Undefined if absent. */
  readonly timestamp: unknown;
  /** `SUD.data`. */
  readonly data: Readonly<Record<string, unknown>>;
}

/** Why a message cannot be decoded. */
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
 * Parses a message with a valid signature.
 * @throws PostError if it is not a valid post
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

/** Keeps the digits of times, and of numbers beyond the precision of JavaScript, as text. */
const keepDigits = withDigits((key, value, digits) =>
  digits !== undefined && (key === 'TS' || Math.abs(Number(digits)) > Number.MAX_SAFE_INTEGER) ? digits : value,
);

function parse(text: string): unknown {
  try {
    return JSON.parse(text, keepDigits);
  } catch {
    // Also a stack overflow, by brackets that are nested thousands deep.
    throw new PostError('notJson', 'The message is no JSON.');
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

/** Documented as 32 hexadecimal digits. Other texts are accepted, since names on the bus are escaped. */
function idOf(value: unknown): string {
  if (typeof value !== 'string' || value === '') throw new PostError('badName', 'The message has no text "SUD.id".');
  if (value.length > LONGEST_ID || !value.isWellFormed()) {
    throw new PostError('badName', `"SUD.id" is no text of at most ${LONGEST_ID} characters.`);
  }
  return value;
}

/** On one line, with a limited length. */
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
