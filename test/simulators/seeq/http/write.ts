/**
 * Writes answers: small ones at once with their length, large ones in pieces as the receiver takes them, so that an
 * answer of any size needs no more memory than a piece. Also writes answers wrongly where a fault asks for it.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause, setImmediate as breathe } from 'node:timers/promises';
import type { FaultKind } from '../knobs.ts';
import { MEDIA_TYPE } from './description.ts';

const PIECE = 64 * 1024;
/** How long one request may keep the others waiting. */
const TURN_MS = 20;

export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Pieces of the body, an empty one where making it takes long; none for an answer without body. */
  readonly text: Iterable<string>;
}

/**
 * Sends an answer. Settles when it is handed over.
 * @throws the reason of the signal, when the connection or the request has ended before
 */
export async function send(
  response: ServerResponse,
  outgoing: Outgoing,
  signal: AbortSignal,
  fault?: FaultKind,
): Promise<void> {
  if (fault !== undefined && fault.kind !== 'latency') {
    await sendWrongly(response, outgoing, signal, fault);
    return;
  }
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
  const type = length === 0 ? {} : { 'content-type': MEDIA_TYPE };
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

async function sendWrongly(
  response: ServerResponse,
  outgoing: Outgoing,
  signal: AbortSignal,
  fault: Exclude<FaultKind, { kind: 'latency' }>,
): Promise<void> {
  const whole = (): string => [...outgoing.text].join('');
  const respond = (status: number, type: string, body: string, extra: Record<string, string> = {}): void => {
    response.writeHead(status, {
      ...outgoing.headers,
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      ...extra,
    });
    response.end(body);
  };
  switch (fault.kind) {
    case 'hang':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'status': {
      const body =
        fault.body === false
          ? ''
          : JSON.stringify({ statusMessage: `The simulator was told to answer ${fault.status}` });
      respond(
        fault.status,
        MEDIA_TYPE,
        body,
        fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter },
      );
      return;
    }
    case 'html':
      respond(
        fault.status,
        'text/html',
        '<html><body><h1>Bad Gateway</h1><p>The upstream server does not answer.</p></body></html>',
      );
      return;
    case 'mediaType':
      respond(outgoing.status, fault.mediaType, whole());
      return;
    case 'truncated': {
      const body = whole();
      respond(outgoing.status, MEDIA_TYPE, body.slice(0, Math.floor(body.length / 2)));
      return;
    }
    case 'invalidJson':
      respond(outgoing.status, MEDIA_TYPE, '{"statusMessage": oops');
      return;
    case 'huge':
      respond(500, MEDIA_TYPE, JSON.stringify({ statusMessage: 'x'.repeat(fault.bytes) }));
      return;
    case 'half': {
      const body = Buffer.from(whole());
      response.writeHead(outgoing.status, {
        ...outgoing.headers,
        'content-type': MEDIA_TYPE,
        'content-length': body.length,
      });
      response.write(body.subarray(0, Math.ceil(body.length / 2)), () => response.destroy());
      return;
    }
    case 'slow': {
      const body = Buffer.from(whole());
      response.writeHead(outgoing.status, {
        ...outgoing.headers,
        'content-type': MEDIA_TYPE,
        'content-length': body.length,
      });
      for (let at = 0; at < body.length && !signal.aborted; at += fault.bytes) {
        response.write(body.subarray(at, at + fault.bytes));
        await pause(fault.pauseMs, undefined, { signal }).catch(() => undefined);
      }
      response.end();
    }
  }
}
