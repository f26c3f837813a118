/** What a post comes to: a reading for each value and each flag that stands in it. */
import type { Nanoseconds } from '../../../contract/instant.ts';
import type { RejectCode } from '../../../contract/reading.ts';
import type { ScalarValue, ValueStatus } from '../../../contract/values.ts';
import { settleTime, type TimeLimits } from '../../source-timestamp.ts';
import type { DecodedMessage, Measurement, Reject, Tag } from '../../reading.ts';
import type { Post } from './post.ts';
import { flags, quantities, type Flag, type Quantity } from './quantities.ts';
import { quote, readFlag, readNumber, readTime } from './values.ts';

export interface ReadingOptions {
  /** Which times are believed. */
  readonly times: TimeLimits;
  /** What becomes of values that were measured out of water. */
  readonly outOfWater: 'questionable' | 'omit';
  /** Name of the device by the configuration. */
  readonly name?: string | undefined;
}

/** When a post was made. */
type Time = ReturnType<typeof settleTime>;

/** A value with what is to be said against it. */
interface Judged {
  readonly value: ScalarValue;
  readonly unit?: string;
  readonly bad?: string | undefined;
  readonly doubts: readonly string[];
}

/**
 * The readings of a post, and what in it made no sense.
 * @param payload the message as it came, for dead letters
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

/** What the flags say. */
interface States {
  readonly flags: ReadonlyMap<Flag, boolean>;
  /** Undefined if the device does not tell, `unreadable` if it tells something that makes no sense. */
  readonly inWater: boolean | 'unreadable' | undefined;
  readonly slideExpired: boolean | undefined;
  readonly kelvinOffLine: boolean | undefined;
}

type RejectPart = (code: RejectCode, reason: string) => void;

function statesOf(raw: unknown, reject: RejectPart): States {
  const found = new Map<Flag, boolean>();
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

/** One measured value; undefined if it is missing or makes no sense, which is then rejected. */
function judge(quantity: Quantity, post: Post, states: States, reject: RejectPart): Judged | undefined {
  const { key, unit, least, most = Infinity, bySlide, reefOnly } = quantity;
  const read = readNumber(post.data[key]);
  if (read === undefined) return undefined;
  if ('senseless' in read) {
    reject('badValue', `"SUD.data.${key}" ${read.senseless}.`);
    return undefined;
  }
  if ('bad' in read) return { value: null, unit, bad: read.bad, doubts: [] };
  // The README itself shows a 0 without its flag, so the 0 counts alone.
  if (key === 'K' && (read.value <= 0 || states.kelvinOffLine === true)) {
    return { value: null, unit, bad: 'The light has no color temperature: it is not on the Kelvin line.', doubts: [] };
  }
  const doubts = [...waterDoubts(states)];
  if (read.value < least || read.value > most) doubts.push(`The device sent ${read.value}, which cannot be.`);
  if (bySlide && states.slideExpired === true) doubts.push('The slide has expired or is not fitted.');
  if (reefOnly && post.deviceType !== undefined && post.deviceType !== 'Reef') {
    doubts.push(`Only a Reef measures light, and the device says that it is a ${post.deviceType}.`);
  }
  return { value: read.value, unit, doubts };
}

/** Out of water all of it is doubtful: temperature is that of the air, the slide is dry, and light is calibrated for water. */
function waterDoubts({ inWater }: States): string[] {
  if (inWater === false) return ['The device is out of water.'];
  return inWater === 'unreadable' ? ['Whether the device is in water cannot be read.'] : [];
}

function grade({ value, unit, bad, doubts }: Judged, time: Time): Omit<Measurement, 'tag' | 'received' | 'attributes'> {
  const reasons = [...(bad === undefined ? [] : [bad]), ...doubts, ...(time.reason === undefined ? [] : [time.reason])];
  const status: ValueStatus = bad !== undefined ? 'Bad Data' : reasons.length > 0 ? 'Questionable' : 'Good';
  return {
    time: time.time,
    ...(time.claimedTime === undefined ? {} : { claimedTime: time.claimedTime }),
    value,
    ...(unit === undefined ? {} : { unit }),
    status,
    ...(reasons.length === 0 ? {} : { reason: reasons.join(' ') }),
  };
}

/** The device's time if there is a possible one, else that of arrival. */
function timeOf(raw: unknown, received: Nanoseconds, limits: TimeLimits): Time {
  const claimed = readTime(raw);
  if (claimed !== undefined) return settleTime(claimed, received, limits);
  const reason =
    raw === undefined || raw === null
      ? 'The device tells no time; the time is that of arrival.'
      : `The device's time ${quote(raw)} is none; the time is that of arrival.`;
  return { time: received, status: 'Questionable', reason };
}

function tagOf(sud: string, device: string, { name, label }: { name: string; label: string }): Tag {
  return { id: `${sud}#${name}`, tokens: [sud, `#${name}`], name: `${device} ${label}` };
}

/** All that a device says of itself stands with each of its readings. */
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
