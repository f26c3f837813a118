/** The time of a record: its timestamp, or the arrival time, with the quality that follows. */
import { parsePath } from './json/json-path.ts';
import type { MappingFile, TimeFile } from './config.ts';
import { settleTime, type TimeLimits } from '../source-timestamp.ts';
import type { Measurement } from '../reading.ts';
import { findOne, type Match } from './json/json-query.ts';
import type { JsonText } from './json/json-text.ts';
import type { MqttMessage } from './result.ts';
import { readTime } from './time.ts';
import { missingTexts } from './value.ts';

/** A time and its quality, or why there is none. */
export type Timed =
  Pick<Measurement, 'time' | 'sourceTime' | 'status' | 'reason' | 'attributes'> | { readonly problem: string };

/** The objects in which a timestamp is searched. */
export interface TimePlace {
  readonly json: JsonText;
  readonly root: Match;
  readonly record: Match;
}

type Options = Pick<MappingFile, 'key' | 'missing'> & { readonly time: TimeFile };

/**
 * Compiles the parsing of times. A value is not discarded because of its time, unless only the time distinguishes it
 * from others.
 */
export function timeReader(options: Options, limits: TimeLimits): (message: MqttMessage, place: TimePlace) => Timed {
  const { time, key, missing } = options;
  if (time.path === undefined) return (message) => arrival(message);
  const path = parsePath(time.path);
  const isMissing = missingTexts(missing);
  const none = ({ value }: Match): boolean => value === null || (typeof value === 'string' && isMissing(value));

  return (message, { json, root, record }) => {
    const { received } = message;
    const found = findOne(json, time.of === 'message' ? root : record, path);
    if (found === undefined || none(found)) {
      if (key === 'time')
        return { problem: `The record has no time at ${path.text}, and nothing else distinguishes it.` };
      if (time.optional) return arrival(message);
      return arrival(message, `The message names no time at ${path.text}; the time is that of arrival.`);
    }
    const read = readTime(found, time, received);
    if ('problem' in read) {
      if (key === 'time') return read;
      return arrival(message, `${read.problem} The time is that of arrival.`, claimText(found));
    }
    const settled = settleTime(read.instant, received, limits);
    if (settled.status !== 'Good') {
      return message.retained ? { ...settled, attributes: { ...settled.attributes, retained: true } } : settled;
    }
    if (read.doubt === undefined) return settled;
    const sourceTime = claimText(found);
    return { ...settled, sourceTime, status: 'Questionable', reason: read.doubt, attributes: { sourceTime } };
  };
}

/** The arrival time, with the reason for doubt. */
function arrival({ received, retained }: MqttMessage, doubt?: string, sourceTime?: string): Timed {
  const reasons = [
    ...(doubt === undefined ? [] : [doubt]),
    ...(retained ? ['The broker retained the message; its age is not known.'] : []),
  ];
  if (reasons.length === 0) return { time: received, status: 'Good' };
  const attributes = {
    ...(sourceTime === undefined ? {} : { sourceTime }),
    ...(retained ? { retained: true } : {}),
  };
  // An invalid timestamp gives no time: many readings may contain the same text ("--"), so it is not part of the
  // message id.
  return { time: received, status: 'Questionable', reason: reasons.join(' '), attributes };
}

/** The text in the message, shortened. */
function claimText({ value, source }: Match): string {
  if (typeof value === 'string') return value.slice(0, 100);
  return typeof value === 'number' ? (source ?? String(value)).slice(0, 100) : typeof value;
}
