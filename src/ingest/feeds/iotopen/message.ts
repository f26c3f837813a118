/** Decodes one value of a topic, from a live message or from a row of status or log, which have the same members. */
import type { RejectCode } from '../../../contract/reading.ts';
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { ScalarValue, ValueStatus } from '../../../contract/values.ts';
import { Numeral, parseExact } from '../../../sources/iotopen/exact-number.ts';
import { settleTime, type TimeLimits } from '../../source-timestamp.ts';
import type { Measurement } from '../../reading.ts';
import type { Reader } from './topic-map.ts';

/** The members of a message or of a row. */
export type MessageContent = Readonly<Record<string, unknown>>;

/** Why a message cannot be decoded. */
export interface Unreadable {
  readonly code: RejectCode;
  readonly reason: string;
}

/** A decoded value. */
export interface PlatformValue {
  readonly value: ScalarValue;
  readonly status: ValueStatus;
  readonly reason?: string | undefined;
  readonly msg?: string | undefined;
  /** The sender's timestamp. Undefined if there is none. */
  readonly sourceTime?: SenderTimestamp | undefined;
}

interface SenderTimestamp {
  /** Undefined if the timestamp is impossible. */
  readonly instant: Nanoseconds | undefined;
  /** Canonical text that the live message and its copy in status and log share. */
  readonly canonical: string;
  readonly text: string;
}

/** Values are small. A larger payload is something else. */
const LONGEST_PAYLOAD = 256 * 1024;

/** Parses a live message. */
export function parsePayload(payload: Uint8Array): { content: MessageContent } | Unreadable {
  if (payload.length > LONGEST_PAYLOAD) {
    return {
      code: 'tooLarge',
      reason: `The message has ${payload.length} bytes; a value has at most ${LONGEST_PAYLOAD}.`,
    };
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(payload);
  } catch {
    return { code: 'notUtf8', reason: 'The message is not in UTF-8.' };
  }
  let content: unknown;
  try {
    content = parseExact(text);
  } catch {
    return { code: 'notJson', reason: 'The message is not JSON; it must be {"value": number, "timestamp": seconds}.' };
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content))
    return { content: content as MessageContent };
  return { code: 'wrongShape', reason: 'The message is no JSON object; it must be {"value": …, "timestamp": …}.' };
}

/** Decodes the value in a message or a row. A missing value is rejected or bad, never 0. */
export function readSample(content: MessageContent): PlatformValue | Unreadable {
  const { value, msg, timestamp } = content;
  if (value === undefined) return { code: 'missingValue', reason: 'The message has no "value".' };
  const text = typeof msg === 'string' && msg !== '' ? msg : undefined;
  const rest = { msg: text, sourceTime: timestampOf(timestamp) };
  const bad = (reason: string): PlatformValue => ({ value: null, status: 'Bad Data', reason, ...rest });
  if (value === null) return bad('The publisher sends null as the value.');
  if (!(value instanceof Numeral)) {
    return { code: 'badValue', reason: `"value" is ${kindOf(value)}; it must be a number.` };
  }
  const read = value.value;
  if (read === undefined) return bad(`The value ${value.text.slice(0, 40)} is beyond all numbers.`);
  // Publishers that can only send numbers encode null this way.
  if (read === 0 && text === 'null') return bad('The publisher sends 0 with the text "null": there is no value.');
  return { value: read, status: 'Good', ...rest };
}

/** The sender's timestamp. Undefined if it is missing or impossible. */
export const instantOf = ({ timestamp }: MessageContent): Nanoseconds | undefined => timestampOf(timestamp)?.instant;

/** Converts a sample to the measurement of a function. */
export function measurementOf(
  reader: Reader,
  sample: PlatformValue,
  received: Nanoseconds,
  limits: TimeLimits,
  /** Why the arrival time is doubtful, for a sample without a timestamp. */
  arrivalDoubt?: string,
): Measurement {
  const { value, sourceTime, msg } = sample;
  const timed = timeOf(sourceTime, received, limits, arrivalDoubt);
  const bad = sample.status === 'Bad Data';
  const reason = [sample.reason, timed.reason].filter((one) => one !== undefined).join(' ');
  const state = typeof value === 'number' ? reader.states.get(value) : undefined;
  const attributes = {
    ...(msg === undefined ? {} : { msg }),
    ...(state === undefined ? {} : { state }),
    ...timed.attributes,
  };
  return {
    tag: reader.tag,
    time: timed.time,
    ...(sourceTime === undefined ? {} : { sourceTime: sourceTime.canonical }),
    value,
    unit: reader.unit,
    status: bad ? 'Bad Data' : timed.status,
    reason: reason === '' ? undefined : reason,
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    received,
  };
}

type Timed = Pick<Measurement, 'time' | 'status' | 'reason' | 'attributes'>;

function timeOf(
  sourceTime: SenderTimestamp | undefined,
  received: Nanoseconds,
  limits: TimeLimits,
  doubt?: string,
): Timed {
  if (sourceTime === undefined) {
    return doubt === undefined
      ? { time: received, status: 'Good' }
      : { time: received, status: 'Questionable', reason: doubt };
  }
  if (sourceTime.instant !== undefined) return settleTime(sourceTime.instant, received, limits);
  return {
    time: received,
    status: 'Questionable',
    reason: `The sender's time ${sourceTime.text} is no time; the time is that of arrival.`,
    attributes: { sourceTime: sourceTime.text },
  };
}

/** A number of seconds. Some publishers send it as text. */
function timestampOf(timestamp: unknown): SenderTimestamp | undefined {
  if (timestamp === undefined || timestamp === null) return undefined;
  const numeral = typeof timestamp === 'string' && /^\d+(\.\d+)?$/.test(timestamp) ? new Numeral(timestamp) : timestamp;
  if (numeral instanceof Numeral) {
    return { instant: numeral.instant, canonical: numeral.canonical, text: numeral.text.slice(0, 40) };
  }
  const text = JSON.stringify(timestamp).slice(0, 40);
  return { instant: undefined, canonical: text, text };
}

function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'a text';
  if (typeof value === 'boolean') return 'true or false';
  return Array.isArray(value) ? 'a list' : 'an object';
}
