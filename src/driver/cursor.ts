/**
 * Cursors: where the next page of an answer begins. Opaque to callers, self-contained (the driver keeps nothing), and
 * bound to the question, so that a cursor of another request is refused instead of giving a wrong page.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { DriverError } from '../contract/errors.ts';

const envelope = z.strictObject({ v: z.literal(1), q: z.string(), p: z.unknown() });

/** Text for a position. `question` is everything that decides what the pages hold. */
export function encodeCursor(question: unknown, position: unknown): string {
  return Buffer.from(JSON.stringify({ v: 1, q: digest(question), p: position })).toString('base64url');
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
  let read: z.infer<typeof envelope>;
  try {
    read = envelope.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch (cause) {
    throw bad('it is no cursor of this driver', cause);
  }
  if (read.q !== digest(question)) throw bad('it belongs to a request with other parameters');
  const position = schema.safeParse(read.p);
  if (!position.success) throw bad('its position is not readable', position.error);
  return position.data;
}

function digest(question: unknown): string {
  return createHash('sha256').update(JSON.stringify(question)).digest('base64url').slice(0, 16);
}

function bad(why: string, cause?: unknown): DriverError {
  return new DriverError('badRequest', `"cursor" cannot be used: ${why}. Send the request without it to start anew.`, {
    details: { field: 'cursor' },
    cause,
  });
}
