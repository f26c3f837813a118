/**
 * Cursors: where the next page of an answer begins. They are opaque to callers, self-contained (the driver stores
 * nothing), and bound to the request, so that a cursor of another request is rejected instead of returning a wrong
 * page.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { z } from 'zod';
import { DriverError, wrongParameter } from '../contract/errors.ts';
import { LONGEST_CURSOR } from '../contract/functions/common.ts';
import { tooComplex } from '../contract/json-structure.ts';
import { validate } from '../contract/validation.ts';

const envelope = z.strictObject({ v: z.literal(1), q: z.string(), p: z.unknown() });

/** From this length on a position is compressed. Those of thousands of items are very similar. */
const PACKED_BYTES = 1024;
/** First byte of compressed positions. Plain ones begin with a brace. */
const PACKED = 0;
/**
 * Longest position, compressed or not: as much as a request. Five thousand series, each at its own time, take 330 KB. A
 * longer one rarely fits into {@link LONGEST_CURSOR}.
 */
const MOST_BYTES = 1024 * 1024;
/** Objects, arrays and members of a position. Each takes at least four bytes. */
const MOST_PARTS = MOST_BYTES / 4;

/**
 * Encodes a position. `question` is everything that determines the content of the pages.
 * @throws DriverError `tooLarge` if it would be too long to be sent back
 */
export function encodeCursor(question: unknown, position: unknown): string {
  const bytes = Buffer.from(JSON.stringify({ v: 1, q: digest(question), p: position }));
  if (bytes.length <= MOST_BYTES) {
    const packed = bytes.length < PACKED_BYTES ? bytes : Buffer.concat([Buffer.of(PACKED), deflateRawSync(bytes)]);
    const text = packed.toString('base64url');
    if (text.length <= LONGEST_CURSOR) return text;
  }
  throw new DriverError('tooLarge', 'The position of the next page does not fit into a cursor; ask for fewer items.', {
    details: { field: 'limit' },
  });
}

/**
 * Decodes the position of a cursor.
 * @throws DriverError `badRequest` if it is not a cursor of this request
 */
export function decodeCursor<Schema extends z.ZodType>(
  cursor: string,
  question: unknown,
  schema: Schema,
): z.infer<Schema> {
  let json: unknown;
  try {
    const bytes = unpack(Buffer.from(cursor, 'base64url'));
    // A position of many series has many parts, but few levels.
    const complex = tooComplex(bytes, MOST_PARTS);
    if (complex !== undefined) throw new RangeError(complex);
    json = JSON.parse(bytes.toString());
  } catch (cause) {
    throw bad('it is no cursor of this driver', cause);
  }
  const read = validate(envelope, json);
  if (!read.ok) throw bad('it is no cursor of this driver');
  if (read.data.q !== digest(question)) throw bad('it belongs to a request with other parameters');
  // The length limits the entries of its arrays and maps.
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
  wrongParameter('cursor', `cannot be used: ${why}. Send the request without it to start again`, cause);
