/**
 * Cursors: where the next page of an answer begins. Opaque to callers, self-contained (the driver keeps nothing), and
 * bound to the question, so that a cursor of another request is refused instead of giving a wrong page.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { DriverError, wrongParameter } from '../contract/errors.ts';
import { LONGEST_CURSOR } from '../contract/functions/common.ts';
import { tooComplex } from '../contract/json-structure.ts';
import { validate } from '../contract/validation.ts';

const envelope = z.strictObject({ v: z.literal(1), q: z.string(), p: z.unknown() });

/** From this length on a position is packed; those of thousands of items are much alike. */
const PACKED_BYTES = 1024;
/** Stands before packed bytes, where plain ones begin with a brace. */
const PACKED = 0;
/**
 * Longest position, packed or not: as much as a request, which has to be read anyway. Five thousand series, each at a
 * time of its own, take 330 KB; what is longer rarely fits into {@link LONGEST_CURSOR} either.
 */
const MOST_BYTES = 1024 * 1024;
/** Objects, lists and members of a position: each takes four bytes at least. */
const MOST_PARTS = MOST_BYTES / 4;

/**
 * Text for a position. `question` is everything that decides what the pages hold.
 * @throws DriverError `tooLarge` when it would be too long to be sent back
 */
export function encodeCursor(question: unknown, position: unknown): string {
  const bytes = Buffer.from(JSON.stringify({ v: 1, q: digest(question), p: position }));
  if (bytes.length <= MOST_BYTES) {
    const packed = bytes.length < PACKED_BYTES ? bytes : Buffer.concat([Buffer.of(PACKED), deflateRawSync(bytes)]);
    const text = packed.toString('base64url');
    if (text.length <= LONGEST_CURSOR) return text;
  }
  throw new DriverError('tooLarge', 'The place of the next page does not fit into a cursor; ask for fewer items.', {
    details: { field: 'limit' },
  });
}

/**
 * The position in a cursor.
 * @throws DriverError `badRequest` when it is no cursor of this question
 */
export function decodeCursor<Schema extends z.ZodType>(
  cursor: string,
  question: unknown,
  schema: Schema,
): z.infer<Schema> {
  let json: unknown;
  try {
    const bytes = unpack(Buffer.from(cursor, 'base64url'));
    // A position of many series has many parts, but it is flat.
    const complex = tooComplex(bytes, MOST_PARTS);
    if (complex !== undefined) throw new RangeError(complex);
    json = JSON.parse(bytes.toString());
  } catch (cause) {
    throw bad('it is no cursor of this driver', cause);
  }
  const read = validate(envelope, json);
  if (!read.ok) throw bad('it is no cursor of this driver');
  if (read.data.q !== digest(question)) throw bad('it belongs to a request with other parameters');
  // The length bounds the entries of its lists and maps.
  const position = validate(schema, read.data.p, () => undefined);
  if (!position.ok) throw bad('its position is not readable');
  return position.data;
}

function unpack(bytes: Buffer): Buffer {
  if (bytes[0] !== PACKED) return bytes;
  return inflateRawSync(bytes.subarray(1), { maxOutputLength: MOST_BYTES });
}

function digest(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 16);
}

const bad = (why: string, cause?: unknown): DriverError =>
  wrongParameter('cursor', `cannot be used: ${why}. Send the request without it to start anew`, cause);
