import { topicSchema } from '../../src/ingest/mapping/config.ts';
import { parseInstant, type Nanoseconds } from '../../src/contract/time/instant.ts';
import { openMapping, type Mapping } from '../../src/ingest/mapping/mapping.ts';
import type { DecodedMessage } from '../../src/ingest/reading.ts';

/** An instant of ISO text. */
export function at(text: string): Nanoseconds {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`${text} is no instant`);
  return instant;
}

/** When the messages of these tests arrive. */
export const RECEIVED = at('2026-03-01T12:00:00Z');

/** Believes five minutes ahead and ten years back. */
export const LIMITS = { aheadMs: 300_000, oldMs: 315_360_000_000 };

/** An entry of `topics`, free to be bent by a test; the filter takes everything. */
export type RawEntry = Readonly<Record<string, unknown>>;

/** A mapping of such entries. */
export const mappingOf = (...entries: readonly RawEntry[]): Mapping =>
  openMapping(
    entries.map((entry) => topicSchema.parse({ filter: '#', ...entry })),
    LIMITS,
  );

export interface Sample {
  readonly topic?: string;
  readonly retained?: boolean;
  readonly received?: Nanoseconds;
}

/** What one message comes to. */
export function read(mapping: Mapping, payload: string | Uint8Array, sample: Sample = {}): DecodedMessage {
  const { topic = 'plant/a', retained = false, received = RECEIVED } = sample;
  const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
  return mapping.read({ topic, payload: bytes, retained, received });
}

/** What one message comes to by one entry. */
export const readBy = (entry: RawEntry, payload: string | Uint8Array, sample?: Sample): DecodedMessage =>
  read(mappingOf(entry), payload, sample);

/** The one reading of a message that gives nothing else. */
export function only({ measurements, rejects }: DecodedMessage) {
  const [first, ...more] = measurements;
  if (first === undefined || more.length > 0 || rejects.length > 0) {
    const reasons = rejects.map(({ code, reason }) => `${code}: ${reason}`);
    throw new Error(`not one reading but ${measurements.length}, and ${JSON.stringify(reasons)}`);
  }
  return first;
}

/** The codes of the dead letters. */
export const codes = ({ rejects }: DecodedMessage): string[] => rejects.map(({ code }) => code);

/** Id and value of each reading. */
export const values = ({ measurements }: DecodedMessage): [string, unknown][] =>
  measurements.map(({ tag, value }) => [tag.id, value]);
