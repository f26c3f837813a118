/**
 * The envelope of answer messages. It is written around items that are already JSON, so that nothing is serialized
 * twice.
 */
import { headers, type MsgHdrs } from 'nats';
import type { AnswerEnd, AnswerHead, AnswerMeta, FailedItem } from '../../contract/answer.ts';
import { errorCodes, type ErrorBody } from '../../contract/errors.ts';
import { headerBytes } from '../connection/outgoing-message.ts';

/** Digits reserved for `seq`. */
const seqDigits = 10;
/** Longest status of a final message. The "ok" of the other messages is counted already. */
const longestStatus = 'partial'.length;
const lastMark = ',"last":true,"status":"';
const middleMark = ',"last":false,"status":"ok","items":[';

/** Longest error text in a header or in a shortened answer. */
const shortText = 256;

/** From this length on, an item is written into the message directly instead of being joined into one text first. */
const longItem = 16 * 1024;

function assemble(before: string, items: readonly string[], after: string): Buffer {
  let chars = 0;
  for (const item of items) chars += item.length;
  if (chars < longItem * items.length || items.length === 0)
    return Buffer.from(before + items.join(',') + after, 'utf8');
  let bytes = Buffer.byteLength(before) + Buffer.byteLength(after) + items.length - 1;
  for (const item of items) bytes += Buffer.byteLength(item);
  const body = Buffer.allocUnsafeSlow(bytes);
  let end = body.write(before, 0, 'utf8');
  for (const [position, item] of items.entries()) {
    if (position > 0) end += body.write(',', end, 'utf8');
    end += body.write(item, end, 'utf8');
  }
  body.write(after, end, 'utf8');
  return body;
}

const lostText =
  'This part of the answer was lost: the connection to the bus broke, and the new one takes only smaller messages. ' +
  'Send the request again.';

/** Writes the messages of one answer. */
export class Envelope {
  readonly #opening: string;
  /** Bytes of a message that is not the last, without its items. */
  readonly middleBytes: number;

  constructor({ id, function: name }: AnswerHead) {
    this.#opening = `{"id":${JSON.stringify(id)},"function":${JSON.stringify(name)},"seq":`;
    this.middleBytes = Buffer.byteLength(this.#opening) + seqDigits + middleMark.length + 2;
  }

  /** A message that is not the last. `tail` comes from `middleTail`. */
  middle(seq: number, items: readonly string[], tail = ']}'): Buffer {
    return assemble(`${this.#opening}${seq}${middleMark}`, items, tail);
  }

  /** The final message; `tail` comes from `lastTail`. */
  last(seq: number, status: AnswerEnd['status'], items: readonly string[], tail: string): Buffer {
    return assemble(`${this.#opening}${seq}${lastMark}${status}","items":[`, items, tail);
  }

  /** Replaces a message that could not be delivered. `end` is given if it was the final one. */
  lostMessage(
    seq: number,
    end: AnswerEnd | undefined,
  ): { data: Uint8Array; headers: MsgHdrs | undefined; size: number } {
    const error: ErrorBody = { code: 'tooLarge', message: lostText, retryable: true };
    const data =
      end === undefined
        ? this.middle(seq, [JSON.stringify({ error } satisfies FailedItem)])
        : this.last(seq, 'error', [], lastTail({ status: 'error', error, meta: { ...end.meta, hosts: [] } }));
    const block = end === undefined ? undefined : errorHeaders(error);
    return { data, headers: block, size: data.length + headerBytes(block) };
  }

  /** Bytes of the final message without its items. */
  lastBytes(tail: string): number {
    return this.middleBytes + longestStatus + Buffer.byteLength(tail);
  }
}

/** The meta of the bus itself if the source gives none. */
export function emptyMeta(elapsedMs: number): AnswerMeta {
  return { elapsedMs, sourceMs: 0, sourceRequests: 0, hosts: [] };
}

/** The text after the items of a message that is not the last. */
export function middleTail(meta: AnswerMeta | undefined): string {
  return meta === undefined ? ']}' : `],"meta":${JSON.stringify(meta)}}`;
}

/** The text after the items of the final message. */
export function lastTail(end: AnswerEnd): string {
  const error = end.error === undefined ? '' : `"error":${JSON.stringify(end.error)},`;
  return `],${error}"meta":${JSON.stringify(end.meta)}}`;
}

/** Shorter and shorter versions of the same end, for a server with a tiny max_payload. The cursor is kept. */
export function* shorterEnds(end: AnswerEnd): Generator<AnswerEnd> {
  const error = end.error && shortError(end.error);
  const { hosts: _hosts, ...rest } = end.meta;
  const { cursor: _cursor, ...withoutCursor } = rest;
  yield { ...end, ...(error ? { error } : {}) };
  yield { ...end, ...(error ? { error } : {}), meta: { ...rest, hosts: [] } };
  // A page without its cursor is useless, so the answer must not look complete.
  yield {
    status: 'error',
    error: error ?? { code: 'tooLarge', message: "Exceeds the bus's max_payload.", retryable: false },
    meta: { ...withoutCursor, hosts: [] },
  };
}

function shortError({ code, message, retryable }: ErrorBody): ErrorBody {
  return { code, message: cut(message), retryable };
}

/** The error that replaces an item that does not fit. Overlong names in it are left out. */
export function refusedItem(item: object, bytes: number, room: number): FailedItem {
  const { index, fqn, host } = item as { index?: unknown; fqn?: unknown; host?: unknown };
  const short = (text: unknown): text is string => typeof text === 'string' && text.length <= room / 4;
  return {
    ...(typeof index === 'number' ? { index } : {}),
    ...(short(fqn) ? { fqn } : {}),
    ...(short(host) ? { host } : {}),
    error: {
      code: 'tooLarge',
      message: `This item has ${bytes} bytes of JSON; a message has room for ${room}. ${errorCodes.tooLarge.advice}`,
      retryable: false,
      details: { bytes, room },
    },
  };
}

/** Headers that mark an answer as an error for plain NATS tools. */
export function errorHeaders(error: ErrorBody): MsgHdrs {
  const result = headers();
  result.set('Nats-Service-Error', headerText(`${error.code}: ${error.message}`));
  result.set('Nats-Service-Error-Code', String(errorCodes[error.code].status));
  return result;
}

/** Headers that mark the body as compressed, in addition to the given ones. */
export function gzipHeaders(others?: MsgHdrs): MsgHdrs {
  const result = headers();
  for (const [key, values] of others ?? []) for (const value of values) result.append(key, value);
  result.set('Content-Encoding', 'gzip');
  return result;
}

/** One line without control characters: a line break in a header can inject another header. */
export function headerText(text: string): string {
  return cut(text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim());
}

/** Cuts between Unicode code points, so that no surrogate half is left. */
function cut(text: string): string {
  if (text.length <= shortText) return text.toWellFormed();
  return `${Array.from(text.toWellFormed().slice(0, shortText - 4))
    .slice(0, -1)
    .join('')}...`;
}
