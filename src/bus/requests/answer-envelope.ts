/**
 * The envelope of answer messages. It is written around items that are already JSON, so that nothing is serialized
 * twice.
 */
import { headers, type MsgHdrs } from 'nats';
import type { AnswerEnd, AnswerHead, AnswerMeta, FailedItem } from '../../contract/answer.ts';
import { errorCodes, type ErrorBody } from '../../contract/errors.ts';
import type { TraceHeaders } from '../../lib/traced-work.ts';
import { headerBytes } from '../connection/message-limit.ts';
import { setTrace } from '../trace-headers.ts';
import { compress, worthCompressingBytes } from './compression.ts';
import type { OutgoingMessage } from './fair-queue.ts';

/** Digits reserved for `seq`. */
const seqDigits = 10;
const middleMark = ',"last":false,"status":"ok","items":[';

/** Longest error text in a header or in a shortened answer. */
const shortText = 256;

/** Average length of an item from which on no text of all items is made. */
const longItem = 16 * 1024;

const lost: ErrorBody = {
  code: 'tooLarge',
  message:
    'This part of the answer is lost: the NATS server accepts only smaller messages than before. ' +
    'Send the request again.',
  retryable: true,
};

/** Body and headers of a message. */
export type AnswerBody = Pick<OutgoingMessage, 'data' | 'headers' | 'size'>;

/** Writes the messages of one answer. */
export class AnswerEnvelope {
  readonly #opening: string;
  readonly #trace: TraceHeaders | undefined;
  /** Most bytes of a message that is not the last, without its items and its meta. */
  readonly bytes: number;

  constructor({ id, function: name, trace }: AnswerHead) {
    this.#trace = trace;
    this.#opening = `{"id":${JSON.stringify(id)},"function":${JSON.stringify(name)},"seq":`;
    this.bytes = Buffer.byteLength(this.#opening) + seqDigits + middleMark.length + 2 + headerBytes(this.#headers());
  }

  /** A message that is not the last. */
  middle(seq: number, items: readonly string[], meta?: AnswerMeta): AnswerBody {
    const tail = meta === undefined ? ']}' : `],"meta":${JSON.stringify(meta)}}`;
    return answerBody(join(`${this.#opening}${seq}${middleMark}`, items, tail), this.#headers());
  }

  /** The final message. */
  last(seq: number, items: readonly string[], { status, error, meta }: AnswerEnd): AnswerBody {
    const errorText = error === undefined ? '' : `"error":${JSON.stringify(error)},`;
    const before = `${this.#opening}${seq},"last":true,"status":"${status}","items":[`;
    const data = join(before, items, `],${errorText}"meta":${JSON.stringify(meta)}}`);
    return answerBody(data, this.#headers(error && errorHeaders(error)));
  }

  /** The given headers and those of the trace. */
  #headers(given?: MsgHdrs): MsgHdrs | undefined {
    if (this.#trace === undefined) return given;
    const block = given ?? headers();
    setTrace(block, this.#trace);
    return block;
  }

  /** Replaces a message that can no longer be delivered. `end` is given if it was the final one. */
  lost(seq: number, end: AnswerEnd | undefined): AnswerBody {
    if (end === undefined) return this.middle(seq, [JSON.stringify({ error: lost } satisfies FailedItem)]);
    return this.last(seq, [], { status: 'error', error: lost, meta: { ...end.meta, hosts: [] } });
  }
}

function answerBody(data: Uint8Array, block?: MsgHdrs): AnswerBody {
  return { data, headers: block, size: data.length + headerBytes(block) };
}

/** Compresses a body if that makes it smaller. Runs in a separate thread. */
export async function compressed(plain: AnswerBody): Promise<AnswerBody> {
  if (plain.data.length < worthCompressingBytes) return plain;
  const block = headers();
  for (const [key, values] of plain.headers ?? []) for (const value of values) block.append(key, value);
  block.set('Content-Encoding', 'gzip');
  const packed = answerBody(await compress(plain.data), block);
  return packed.size < plain.data.length ? packed : plain;
}

/** Long items are written into the message directly instead of being joined into one text first. */
function join(before: string, items: readonly string[], after: string): Buffer {
  let chars = 0;
  for (const item of items) chars += item.length;
  if (chars < longItem * items.length || items.length === 0) {
    return Buffer.from(before + items.join(',') + after, 'utf8');
  }
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

/** The meta of the bus itself if the source gives none. */
export function emptyMeta(elapsedMs: number): AnswerMeta {
  return { elapsedMs, sourceMs: 0, sourceRequests: 0, hosts: [] };
}

/** An end, and shorter and shorter versions of it for a server with a tiny max_payload. The cursor is kept. */
export function* shorterEnds(end: AnswerEnd): Generator<AnswerEnd> {
  yield end;
  const error = end.error && shortError(end.error);
  const { hosts: _hosts, ...rest } = end.meta;
  const { cursor: _cursor, ...withoutCursor } = rest;
  yield { ...end, ...(error ? { error } : {}) };
  yield { ...end, ...(error ? { error } : {}), meta: { ...rest, hosts: [] } };
  // A page without its cursor is useless, so the answer must not look complete.
  yield {
    status: 'error',
    error: error ?? { code: 'tooLarge', message: 'Exceeds the max_payload of the NATS server.', retryable: false },
    meta: { ...withoutCursor, hosts: [] },
  };
}

function shortError({ code, message, retryable }: ErrorBody): ErrorBody {
  return { code, message: cut(message), retryable };
}

/** Headers that mark an answer as an error for plain NATS tools. */
export function errorHeaders(error: ErrorBody): MsgHdrs {
  const result = headers();
  result.set('Nats-Service-Error', headerText(`${error.code}: ${error.message}`));
  result.set('Nats-Service-Error-Code', String(errorCodes[error.code].status));
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
