/** What one value of a topic means: of a live message, and of a row of status or log, which say the same things. */
import type { RejectCode } from '../../../contract/reading.ts';
import type { Nanoseconds } from '../../../contract/instant.ts';
import type { ScalarValue, ValueStatus } from '../../../contract/values.ts';
import { Numeral, parseExact } from '../../../sources/iotopen/numeral.ts';
import { settleTime, type TimeLimits } from '../../source-timestamp.ts';
import type { Measurement } from '../../reading.ts';
import type { Reader } from './topic-map.ts';

/** The members of a message or of a row. */
export type Said = Readonly<Record<string, unknown>>;

/** Why a message cannot be understood. */
export interface Unreadable {
  readonly code: RejectCode;
  readonly reason: string;
}

/** A value, whoever it is of. */
export interface Sample {
  readonly value: ScalarValue;
  readonly status: ValueStatus;
  readonly reason?: string | undefined;
  readonly msg?: string | undefined;
  /** When its sender says that it was measured; undefined where it says nothing. */
  readonly claimed?: Claim | undefined;
}

interface Claim {
  /** Undefined for no possible time. */
  readonly instant: Nanoseconds | undefined;
  /** In a spelling that the message and its echo in status and log have in common. */
  readonly canonical: string;
  readonly text: string;
}

/** Values are small; beyond this it is something else. */
const LONGEST_PAYLOAD = 256 * 1024;

/** The members of a live message. */
export function parsePayload(payload: Uint8Array): { said: Said } | Unreadable {
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
  let said: unknown;
  try {
    said = parseExact(text);
  } catch {
    return { code: 'notJson', reason: 'The message is not JSON; it must be {"value": number, "timestamp": seconds}.' };
  }
  if (typeof said === 'object' && said !== null && !Array.isArray(said)) return { said: said as Said };
  return { code: 'wrongShape', reason: 'The message is no JSON object; it must be {"value": …, "timestamp": …}.' };
}

/** The value in a message or a row. Nothing is made up: what is missing is rejected or bad, never 0. */
export function readSample(said: Said): Sample | Unreadable {
  const { value, msg, timestamp } = said;
  if (value === undefined) return { code: 'missingValue', reason: 'The message has no "value".' };
  const text = typeof msg === 'string' && msg !== '' ? msg : undefined;
  const rest = { msg: text, claimed: claimOf(timestamp) };
  const bad = (reason: string): Sample => ({ value: null, status: 'Bad Data', reason, ...rest });
  if (value === null) return bad('The publisher sends null as the value.');
  if (!(value instanceof Numeral)) {
    return { code: 'badValue', reason: `"value" is ${kindOf(value)}; it must be a number.` };
  }
  const read = value.value;
  if (read === undefined) return bad(`The value ${value.text.slice(0, 40)} is beyond all numbers.`);
  // Publishers that can only send numbers send a null so.
  if (read === 0 && text === 'null') return bad('The publisher sends 0 with the text "null": there is no value.');
  return { value: read, status: 'Good', ...rest };
}

/** When its sender says that a value was measured; undefined where it says nothing, or nothing possible. */
export const claimedInstant = ({ timestamp }: Said): Nanoseconds | undefined => claimOf(timestamp)?.instant;

/** A sample as the reading of a function. */
export function measurementOf(
  reader: Reader,
  sample: Sample,
  received: Nanoseconds,
  limits: TimeLimits,
  /** A doubt about the time of arrival, for a sample that names no time of its own. */
  arrivalDoubt?: string,
): Measurement {
  const { value, claimed, msg } = sample;
  const timed = timeOf(claimed, received, limits, arrivalDoubt);
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
    ...(claimed === undefined ? {} : { claimedTime: claimed.canonical }),
    value,
    unit: reader.unit,
    status: bad ? 'Bad Data' : timed.status,
    reason: reason === '' ? undefined : reason,
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
    received,
  };
}

type Timed = Pick<Measurement, 'time' | 'status' | 'reason' | 'attributes'>;

function timeOf(claimed: Claim | undefined, received: Nanoseconds, limits: TimeLimits, doubt?: string): Timed {
  if (claimed === undefined) {
    return doubt === undefined
      ? { time: received, status: 'Good' }
      : { time: received, status: 'Questionable', reason: doubt };
  }
  if (claimed.instant !== undefined) return settleTime(claimed.instant, received, limits);
  return {
    time: received,
    status: 'Questionable',
    reason: `The sender's time ${claimed.text} is no time; the time is that of arrival.`,
    attributes: { claimedTime: claimed.text },
  };
}

/** A number of seconds; some publishers send it as text. */
function claimOf(timestamp: unknown): Claim | undefined {
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
