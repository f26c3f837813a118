/**
 * Answers that are wrong on purpose. None of them holds more than a bounded part of a long body: what is cut in the
 * middle is cut at that bound at the latest.
 */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { FaultKind } from '../behaviour.ts';
import { MEDIA_TYPE } from './description.ts';
import { send, type Outgoing } from './write.ts';

/** Faults that are about what is sent; a later answer is a right one. */
export type Breakage = Exclude<FaultKind, { kind: 'latency' | 'hang' }>;

/** Whether the server, or a proxy before it, answers this instead of doing what it was asked for. */
export const isRefusal = ({ kind }: FaultKind): boolean => kind === 'status' || kind === 'html' || kind === 'huge';

const MOST_HELD = 1_048_576;

/** Settles when the wrong answer is handed over or cut off. @throws as `send` does */
export async function sendBroken(
  response: ServerResponse,
  outgoing: Outgoing,
  signal: AbortSignal,
  fault: Breakage,
): Promise<void> {
  switch (fault.kind) {
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'status': {
      const text = fault.body === false ? [] : [errorText(`The simulator is configured to answer ${fault.status}`)];
      const retry: Record<string, string> = fault.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter };
      await send(response, { status: fault.status, headers: { ...outgoing.headers, ...retry }, text }, signal);
      return;
    }
    case 'html':
      await send(response, { ...outgoing, status: fault.status, type: 'text/html', text: [PROXY_PAGE] }, signal);
      return;
    case 'mediaType':
      await send(response, { ...outgoing, type: fault.mediaType }, signal);
      return;
    case 'message':
      await send(response, { ...outgoing, text: [errorText(fault.text ?? 'Request canceled')] }, signal);
      return;
    case 'invalidJson':
      await send(response, { ...outgoing, text: ['{"statusMessage": oops'] }, signal);
      return;
    case 'huge':
      await send(response, { ...outgoing, status: 500, text: hugeText(fault.bytes) }, signal);
      return;
    case 'truncated': {
      const { held, whole } = beginningOf(outgoing.text);
      await send(response, { ...outgoing, text: [whole ? firstHalf(held) : held] }, signal);
      return;
    }
    case 'half': {
      const { held, whole } = beginningOf(outgoing.text);
      const sent = whole ? firstHalf(held) : held;
      head(response, outgoing, whole ? held : undefined);
      response.write(sent, () => response.destroy());
      return;
    }
    case 'slow':
      await drip(response, outgoing, signal, fault);
  }
}

const PROXY_PAGE = '<html><body><h1>Bad Gateway</h1><p>The upstream server does not answer.</p></body></html>';

function errorText(statusMessage: string): string {
  return JSON.stringify({ statusMessage });
}

function* hugeText(bytes: number): Generator<string> {
  const piece = 'x'.repeat(65_536);
  yield '{"statusMessage":"';
  for (let left = bytes; left > 0; left -= piece.length) yield left < piece.length ? piece.slice(0, left) : piece;
  yield '"}';
}

/** The text, or as much of it as may be held. */
function beginningOf(text: Iterable<string>): { held: string; whole: boolean } {
  let held = '';
  for (const part of text) {
    held += part;
    if (held.length > MOST_HELD) return { held: held.slice(0, MOST_HELD), whole: false };
  }
  return { held, whole: true };
}

function firstHalf(text: string): string {
  return text.slice(0, Math.floor(text.length / 2));
}

/** The head of an answer whose length is known, or not. */
function head(response: ServerResponse, { status, headers, type }: Outgoing, whole: string | undefined): void {
  response.writeHead(status, {
    ...headers,
    'content-type': type ?? MEDIA_TYPE,
    ...(whole === undefined ? {} : { 'content-length': Buffer.byteLength(whole) }),
  });
}

/** A few bytes at a time, with a pause after each of them. */
async function drip(
  response: ServerResponse,
  outgoing: Outgoing,
  signal: AbortSignal,
  { bytes, pauseMs }: { readonly bytes: number; readonly pauseMs: number },
): Promise<void> {
  head(response, outgoing, undefined);
  for (const part of outgoing.text) {
    const piece = Buffer.from(part);
    for (let at = 0; at < piece.length; at += bytes) {
      if (!response.write(piece.subarray(at, at + bytes))) await once(response, 'drain', { signal });
      await pause(pauseMs, undefined, { signal });
    }
  }
  response.end();
}
