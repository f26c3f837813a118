/**
 * Writes answers: small ones at once with their length, large ones in pieces as the receiver takes them, so that an
 * answer of any size needs no more memory than a piece.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as breathe } from 'node:timers/promises';
import { MEDIA_TYPE } from './description.ts';

const PIECE = 64 * 1024;
/** How long one request may keep the others waiting. */
const TURN_MS = 20;

export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Content type where it is not Seeq's. */
  readonly type?: string;
  /** Pieces of the body, an empty one where making it takes long; none for an answer without body. */
  readonly text: Iterable<string>;
}

/**
 * Sends an answer. Settles when it is handed over.
 * @throws the reason of the signal, when the connection or the request has ended before
 */
export async function send(response: ServerResponse, outgoing: Outgoing, signal: AbortSignal): Promise<void> {
  let buffer = '';
  let turn = performance.now();
  for (const part of outgoing.text) {
    buffer += part;
    if (buffer.length >= PIECE) {
      head(response, outgoing, undefined);
      if (!response.write(buffer)) await drained(response, signal);
      buffer = '';
    } else if (performance.now() - turn < TURN_MS) continue;
    // Lets other requests have their turn during long work, and notices that this one has ended.
    await breathe();
    signal.throwIfAborted();
    turn = performance.now();
  }
  signal.throwIfAborted();
  head(response, outgoing, Buffer.byteLength(buffer));
  response.end(buffer);
}

function head(response: ServerResponse, outgoing: Outgoing, length: number | undefined): void {
  if (response.headersSent) return;
  const type = length === 0 ? {} : { 'content-type': outgoing.type ?? MEDIA_TYPE };
  response.writeHead(outgoing.status, {
    ...type,
    ...(length === undefined ? {} : { 'content-length': length }),
    ...outgoing.headers,
  });
}

async function drained(response: ServerResponse, signal: AbortSignal): Promise<void> {
  try {
    await once(response, 'drain', { signal });
  } catch {
    // The request ended while waiting; the caller sees it by the signal.
  }
}
