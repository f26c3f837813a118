/** Reads the JSON body of a request, within a bound. */
import type { IncomingMessage } from 'node:http';
import { SeeqError } from './errors.ts';

/** A formula may have a million characters; four bytes each are enough for any. */
const MOST_BYTES = 4_194_304;

/** @throws SeeqError 413 for a body that is too long, 400 for one that is not JSON */
export async function readBody(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > MOST_BYTES) throw new SeeqError(413, `The request body is longer than ${MOST_BYTES} bytes`);
    parts.push(part);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
  } catch {
    throw new SeeqError(400, 'The request body is not valid JSON');
  }
}
