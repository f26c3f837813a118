/** The common form of a reading, from the decoded measurement to the bus message. */
import { hash } from 'node:crypto';
import { formatFqn } from '../contract/fqn.ts';
import { formatInstant, type Nanoseconds } from '../contract/time/instant.ts';
import type { DeadLetter, Reading, ReadingScheme, RejectCode } from '../contract/reading.ts';
import { deadLetterSubject, type ReadingName, readingSubject } from '../contract/reading-subject.ts';
import type { ScalarValue, ValueStatus } from '../contract/values.ts';
import type { Publication } from '../bus/jetstream/readings-publisher.ts';

/** The input of readings. It is part of every name. */
export interface Origin {
  readonly scheme: ReadingScheme;
  /** The configured connection name. */
  readonly connection: string;
}

/** The tag of a reading. A tag always has the same id, even if display names change. */
export interface Tag {
  /**
   * Id within the connection, any text: levels such as those of a topic, separated by `/`, then `#` and a part, such as a
   * field, for each part. Its subject follows from it, see `readingSubject`.
   */
  readonly id: string;
  /** Display name. */
  readonly name: string;
}

/** One decoded value. */
export interface Measurement {
  readonly tag: Tag;
  readonly time: Nanoseconds;
  /**
   * Replaces the time in the message id if `time` is unsuitable: the sender's timestamp, if the arrival time had to
   * replace it.
   */
  readonly sourceTime?: string | undefined;
  readonly value: ScalarValue;
  readonly unit?: string | undefined;
  readonly status: ValueStatus;
  /** Why the status is not Good. */
  readonly reason?: string | undefined;
  readonly attributes?: Readonly<Record<string, ScalarValue>> | undefined;
  /** Arrival time of its message. */
  readonly received: Nanoseconds;
}

/** A message, or a part of one, that cannot become a reading. */
export interface Reject {
  readonly code: RejectCode;
  /** The problem in words, without secrets. */
  readonly reason: string;
  /** The original message. */
  readonly payload: Uint8Array;
  /** Its location, for example `{ topic }`. */
  readonly about?: Readonly<Record<string, string>> | undefined;
  readonly received: Nanoseconds;
}

/** The decoded content of one message. The message may be acknowledged when all of this is on the bus. */
export interface DecodedMessage {
  readonly measurements: readonly Measurement[];
  readonly rejects: readonly Reject[];
}

/** Bytes of an undecodable message that its dead letter keeps. */
const DEAD_PAYLOAD_BYTES = 4096;
const ABOUT_CHARACTERS = 1024;

/** The reading in its bus format. */
export function readingOf(origin: Origin, measurement: Measurement): Reading {
  const { tag, time, value, unit, status, reason, attributes, received } = measurement;
  return {
    fqn: formatFqn({ ...nameOf(origin, tag), kind: 'signal' }),
    source: sourceOf(origin),
    name: tag.name,
    time: formatInstant(time),
    value,
    ...(unit === undefined ? {} : { unit }),
    status,
    ...(reason === undefined ? {} : { reason }),
    received: formatInstant(received),
    ...(attributes === undefined || Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
}

/** Builds the bus message of a reading. */
export function publicationOf(prefix: string, origin: Origin, measurement: Measurement): Publication {
  const reading = readingOf(origin, measurement);
  return {
    subject: readingSubject(prefix, nameOf(origin, measurement.tag)),
    id: messageId(reading, measurement.sourceTime),
    body: Buffer.from(JSON.stringify(reading), 'utf8'),
  };
}

/**
 * The id by which JetStream detects a repeated reading: its name, its time, and a digest of all its content. Without
 * the digest two different values within the resolution of the sender's clock (often a second) have the same id, and
 * the later one is lost.
 */
function messageId(reading: Reading, sourceTime: string | undefined): string {
  const { fqn, time, value, unit, status, attributes } = reading;
  const said = JSON.stringify([value, unit, status, attributes]);
  return `${fqn}@${sourceTime === undefined ? time : inHeader(sourceTime)}#${digest(said)}`;
}

/**
 * Encodes an external text for a header. No server accepts a line break there, and a message that no server accepts is
 * retried indefinitely. Different texts stay different.
 */
const inHeader = (text: string): string => text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent);

/**
 * Builds a dead letter. Repeated deliveries of the same message have the same id.
 * @param keep bytes of the payload that it contains
 */
export function deadLetterOf(prefix: string, origin: Origin, reject: Reject, keep = DEAD_PAYLOAD_BYTES): Publication {
  const { code, reason, payload, about, received } = reject;
  const truncated = payload.length > keep;
  const letter: DeadLetter = {
    kind: 'deadLetter',
    source: sourceOf(origin),
    code,
    reason,
    received: formatInstant(received),
    ...(about === undefined ? {} : { about: mapValues(about, cut) }),
    payload: Buffer.from(payload.buffer, payload.byteOffset, Math.min(payload.length, keep)).toString('base64'),
    payloadBytes: payload.length,
    truncated,
  };
  return {
    subject: deadLetterSubject(prefix, origin.scheme, origin.connection),
    id: `${letter.source}!${letter.received}#${digest(JSON.stringify([code, reason, about, digest(payload)]))}`,
    body: Buffer.from(JSON.stringify(letter), 'utf8'),
  };
}

const nameOf = ({ scheme, connection }: Origin, { id }: Tag): ReadingName => ({ scheme, host: connection, id });

const sourceOf = ({ scheme, connection }: Origin): string => `${scheme}:${encodeURIComponent(connection)}`;

/** 96 bits, which makes a collision practically impossible. */
const digest = (text: string | Uint8Array): string => hash('sha256', text, 'base64url').slice(0, 16);

const cut = (text: string): string => (text.length <= ABOUT_CHARACTERS ? text : `${text.slice(0, ABOUT_CHARACTERS)}…`);

function mapValues(record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
