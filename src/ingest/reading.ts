/** The one shape of a reading, from what a feed understood to what goes on the bus. */
import { hash } from 'node:crypto';
import { formatFqn } from '../contract/fqn.ts';
import { formatInstant, type Nanoseconds } from '../contract/instant.ts';
import type { DeadLetter, Reading, ReadingScheme, RejectCode } from '../contract/reading.ts';
import type { ScalarValue, ValueStatus } from '../contract/values.ts';
import type { Publication } from '../bus/jetstream/readings-publisher.ts';
import { escapeToken } from '../bus/subject.ts';

/** Where readings come in; part of every name. */
export interface Origin {
  readonly scheme: ReadingScheme;
  /** The configured connection name. */
  readonly connection: string;
}

/** What a reading is of. The same tag always has the same id and tokens, whatever happens to names for people. */
export interface Tag {
  /** Id within the connection, any text: a topic, a number of the vendor's, with `#` and a field where one has several. */
  readonly id: string;
  /** The same as parts of a subject, any texts: escaped here, so that different parts make different subjects. */
  readonly tokens: readonly string[];
  /** Name for people. */
  readonly name: string;
}

/** One value as a feed understood it. */
export interface Measurement {
  readonly tag: Tag;
  readonly time: Nanoseconds;
  /**
   * What stands for the time in the id by which repeated deliveries are recognized, where `time` does not do: the time
   * that the sender claimed, if ours had to take its place.
   */
  readonly claimedTime?: string | undefined;
  readonly value: ScalarValue;
  readonly unit?: string | undefined;
  readonly status: ValueStatus;
  /** Why the status is not Good. */
  readonly reason?: string | undefined;
  readonly attributes?: Readonly<Record<string, ScalarValue>> | undefined;
  /** When the message arrived that brought it. */
  readonly received: Nanoseconds;
}

/** A message, or a part of one, that cannot become a reading. */
export interface Reject {
  readonly code: RejectCode;
  /** What is wrong, in words; no secrets. */
  readonly reason: string;
  /** The message as it came. */
  readonly payload: Uint8Array;
  /** Where it stood, for example `{ topic }`. */
  readonly about?: Readonly<Record<string, string>> | undefined;
  readonly received: Nanoseconds;
}

/** What one message of a sender came to. It may be acknowledged when all of this is on the bus. */
export interface DecodedMessage {
  readonly measurements: readonly Measurement[];
  readonly rejects: readonly Reject[];
}

/** Of a message that could not be read, so much is kept in its dead letter. */
const DEAD_PAYLOAD_BYTES = 4096;
const ABOUT_CHARACTERS = 1024;

/** The subjects of all readings, and of all dead letters, below a prefix; what the stream has to take. */
export const readingSubjects = (prefix: string): readonly [string, string] => [
  `${prefix}.readings.>`,
  `${prefix}.deadletters.>`,
];

/** Subject of the readings of a tag. Different tags never share one, and {@link escapeToken} can be undone. */
export function readingSubject(prefix: string, origin: Origin, tokens: readonly string[]): string {
  return [prefix, 'readings', ...[origin.scheme, origin.connection, ...tokens].map(escapeToken)].join('.');
}

/** The reading as it stands on the bus. */
export function readingOf(origin: Origin, measurement: Measurement): Reading {
  const { tag, time, value, unit, status, reason, attributes, received } = measurement;
  return {
    fqn: formatFqn({ scheme: origin.scheme, host: origin.connection, kind: 'signal', id: tag.id }),
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

/** A reading as a message. */
export function publicationOf(prefix: string, origin: Origin, measurement: Measurement): Publication {
  const reading = readingOf(origin, measurement);
  return {
    subject: readingSubject(prefix, origin, measurement.tag.tokens),
    id: messageId(reading, measurement.claimedTime),
    body: Buffer.from(JSON.stringify(reading), 'utf8'),
  };
}

/**
 * The id by which JetStream recognizes a reading that comes again: its name, its time, and a digest of everything that
 * the sender said. Without the digest two different values within the resolution of the sender's clock (often a second)
 * would count as one, and the later would be lost.
 */
function messageId(reading: Reading, claimedTime: string | undefined): string {
  const { fqn, time, value, unit, status, attributes } = reading;
  const said = JSON.stringify([value, unit, status, attributes]);
  return `${fqn}@${claimedTime === undefined ? time : inHeader(claimedTime)}#${digest(said)}`;
}

/**
 * A text of a stranger as a part of a header: no server takes a line break there, and a message that none takes would be
 * tried for ever. Different texts stay different.
 */
const inHeader = (text: string): string => text.toWellFormed().replace(/[^\x21-\x24\x26-\x7e]+/g, encodeURIComponent);

/**
 * A dead letter as a message. Repeated deliveries of the same message have the same id.
 * @param keep how many bytes of the payload stand in it
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
    subject: `${prefix}.deadletters.${escapeToken(origin.scheme)}.${escapeToken(origin.connection)}`,
    id: `${letter.source}!${letter.received}#${digest(JSON.stringify([code, reason, about, digest(payload)]))}`,
    body: Buffer.from(JSON.stringify(letter), 'utf8'),
  };
}

const sourceOf = ({ scheme, connection }: Origin): string => `${scheme}:${encodeURIComponent(connection)}`;

/** 96 bits, which no accident makes equal. */
const digest = (text: string | Uint8Array): string => hash('sha256', text, 'base64url').slice(0, 16);

const cut = (text: string): string => (text.length <= ABOUT_CHARACTERS ? text : `${text.slice(0, ABOUT_CHARACTERS)}…`);

function mapValues(record: Readonly<Record<string, string>>, map: (value: string) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}
