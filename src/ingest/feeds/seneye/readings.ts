/** Converts a post to a reading for each value and each flag in it. */
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { RejectCode } from '../../../contract/reading.ts';
import type { ScalarValue, ValueStatus } from '../../../contract/values.ts';
import { settleTime, type TimeLimits } from '../../source-timestamp.ts';
import type { DecodedMessage, Measurement, Reject, Tag } from '../../reading.ts';
import type { Post } from './post.ts';
import { flags, quantities, type DeviceFlag, type Quantity } from './quantities.ts';
import { quote, readFlag, readNumber, readTime } from './values.ts';

export interface ReadingOptions {
  /** Which timestamps are accepted. */
  readonly times: TimeLimits;
  /** How values measured out of water are handled. */
  readonly outOfWater: 'questionable' | 'omit';
  /** The configured name of the device. */
  readonly name?: string | undefined;
}

/** The time of a post. */
type Time = ReturnType<typeof settleTime>;

/** A value and its quality. */
interface Judged {
  readonly value: ScalarValue;
  readonly unit?: string;
  readonly bad?: string | undefined;
  readonly doubts: readonly string[];
}

/**
 * The readings of a post, and its undecodable parts.
 * @param payload the original message, for dead letters
 */
export function readingsOf(
  post: Post,
  payload: Uint8Array,
  received: Nanoseconds,
  { times, outOfWater, name }: ReadingOptions,
): DecodedMessage {
  const time = timeOf(post.timestamp, received, times);
  const device = name ?? post.name ?? post.sud;
  const rejects: Reject[] = [];
  const reject = (code: RejectCode, reason: string): void => {
    rejects.push({ code, reason, payload, about: { sud: post.sud, device }, received });
  };
  const states = statesOf(post.data.S, reject);
  const attributes = attributesOf(post, device, states);
  const measurements: Measurement[] = [];
  const add = (tag: { name: string; label: string }, judged: Judged): void => {
    measurements.push({
      tag: tagOf(post.sud, device, tag),
      ...grade(judged, time),
      attributes: { ...attributes, ...time.attributes },
      received,
    });
  };
  const left = states.inWater === false && outOfWater === 'omit';
  if (!left) {
    for (const quantity of quantities) {
      const judged = judge(quantity, post, states, reject);
      if (judged !== undefined) add(quantity, judged);
    }
  }
  for (const flag of flags) {
    const value = states.flags.get(flag);
    if (value === undefined || (left && flag.judges !== undefined)) continue;
    add(flag, { value, doubts: flag.judges === undefined ? [] : waterDoubts(states) });
  }
  if (measurements.length + rejects.length === 0) reject('missingValue', 'The message holds no value and no flag.');
  return { measurements, rejects };
}

/** The state from the flags. */
interface States {
  readonly flags: ReadonlyMap<DeviceFlag, boolean>;
  /** Undefined if the device does not send it, `unreadable` if its value is invalid. */
  readonly inWater: boolean | 'unreadable' | undefined;
  readonly slideExpired: boolean | undefined;
  readonly kelvinOffLine: boolean | undefined;
}

type RejectPart = (code: RejectCode, reason: string) => void;

function statesOf(raw: unknown, reject: RejectPart): States {
  const found = new Map<DeviceFlag, boolean>();
  const isObject = typeof raw === 'object' && raw !== null && !Array.isArray(raw);
  if (raw !== undefined && raw !== null && !isObject) reject('wrongShape', '"SUD.data.S" is no object of flags.');
  let inWater: States['inWater'] = raw === undefined || raw === null || isObject ? undefined : 'unreadable';
  for (const flag of isObject ? flags : []) {
    const read = readFlag((raw as Readonly<Record<string, unknown>>)[flag.key]);
    if (read === undefined) continue;
    if ('value' in read) found.set(flag, read.value);
    else {
      reject('badValue', `Flag "SUD.data.S.${flag.key}" ${read.senseless}.`);
      if (flag.name === 'inWater') inWater = 'unreadable';
    }
  }
  const state = (name: string): boolean | undefined => [...found].find(([flag]) => flag.name === name)?.[1];
  return {
    flags: found,
    inWater: state('inWater') ?? inWater,
    slideExpired: state('slideExpired'),
    kelvinOffLine: state('kelvinOffLine'),
  };
}

/** One measured value. Undefined if it is missing, or invalid and therefore rejected. */
function judge(quantity: Quantity, post: Post, states: States, reject: RejectPart): Judged | undefined {
  const { key, unit, least, most = Infinity, bySlide, reefOnly } = quantity;
  const read = readNumber(post.data[key]);
  if (read === undefined) return undefined;
  if ('senseless' in read) {
    reject('badValue', `"SUD.data.${key}" ${read.senseless}.`);
    return undefined;
  }
  if ('bad' in read) return { value: null, unit, bad: read.bad, doubts: [] };
  // The README itself shows a 0 without its flag, so the 0 alone is sufficient.
  if (key === 'K' && (read.value <= 0 || states.kelvinOffLine === true)) {
    return { value: null, unit, bad: 'The light has no color temperature: it is not on the Kelvin line.', doubts: [] };
  }
  const doubts = [...waterDoubts(states)];
  if (read.value < least || read.value > most) doubts.push(`The device sent ${read.value}, which cannot be.`);
  if (bySlide && states.slideExpired === true) doubts.push('The slide has expired or is not fitted.');
  if (reefOnly && post.deviceType !== undefined && post.deviceType !== 'Reef') {
    doubts.push(`Only a Reef measures light, and the device reports that it is a ${post.deviceType}.`);
  }
  return { value: read.value, unit, doubts };
}

/**
 * Out of water all values are doubtful: the temperature is that of the air, the slide is dry, and light is calibrated
 * for water.
 */
function waterDoubts({ inWater }: States): string[] {
  if (inWater === false) return ['The device is out of water.'];
  return inWater === 'unreadable' ? ['Whether the device is in water cannot be read.'] : [];
}

function grade({ value, unit, bad, doubts }: Judged, time: Time): Omit<Measurement, 'tag' | 'received' | 'attributes'> {
  const reasons = [...(bad === undefined ? [] : [bad]), ...doubts, ...(time.reason === undefined ? [] : [time.reason])];
  const status: ValueStatus = bad !== undefined ? 'Bad Data' : reasons.length > 0 ? 'Questionable' : 'Good';
  return {
    time: time.time,
    ...(time.sourceTime === undefined ? {} : { sourceTime: time.sourceTime }),
    value,
    ...(unit === undefined ? {} : { unit }),
    status,
    ...(reasons.length === 0 ? {} : { reason: reasons.join(' ') }),
  };
}

/** The device's timestamp if it is possible, otherwise the arrival time. */
function timeOf(raw: unknown, received: Nanoseconds, limits: TimeLimits): Time {
  const sourceTime = readTime(raw);
  if (sourceTime !== undefined) return settleTime(sourceTime, received, limits);
  const reason =
    raw === undefined || raw === null
      ? 'The device gives no time; the time is that of arrival.'
      : `The device's time ${quote(raw)} is not valid; the time is that of arrival.`;
  return { time: received, status: 'Questionable', reason };
}

/** The id of the device is one level of the tag, whatever it contains. */
function tagOf(sud: string, device: string, { name, label }: { name: string; label: string }): Tag {
  return { id: `${sud.replace(/[%#/]/g, encodeURIComponent)}#${name}`, name: `${device} ${label}` };
}

/** All status data of the device become attributes of each of its readings. */
function attributesOf(post: Post, device: string, states: States): Record<string, ScalarValue> {
  const { sud, deviceType, version } = post;
  return {
    sud,
    device,
    ...(deviceType === undefined ? {} : { deviceType }),
    ...(version === undefined ? {} : { version }),
    ...Object.fromEntries([...states.flags].map(([{ name }, value]) => [name, value])),
  };
}
