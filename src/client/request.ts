/**
 * Sends a request to a driver over any NATS connection, and follows its answer message by message. It uses only members
 * of a connection that all versions of the NATS client have, so it works with the caller's own.
 */
import { randomUUID } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import type { AnswerMessage } from '../contract/answer.ts';
import type { Request } from '../contract/request.ts';
import { type Answer, AnswerOrder, IncompleteResponse } from './answer.ts';

/** The used part of a NATS message. */
export interface NatsMessage {
  readonly data: Uint8Array;
  readonly headers?: { readonly code: number; get(name: string): string } | undefined;
}

/** The used part of a NATS connection. */
export interface NatsConnectionLike {
  publish(subject: string, data: Uint8Array, options: { reply: string }): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: NatsMessage) => void },
  ): { unsubscribe(): void };
}

export interface ResponseOptions {
  /** Fails when no message arrives for this long. Default: the request's budget, with a reserve. */
  silenceMs?: number;
  /** Inbox prefix for the answer. The caller needs the right to subscribe below it. */
  inboxPrefix?: string;
  /** Abort it to stop waiting. The request itself continues unless it is cancelled. */
  signal?: AbortSignal;
}

/** There is no response. The text says why. */
export class NoResponse extends Error {
  override readonly name = 'NoResponse';
}

/** Default budget of a driver, and the allowance for the round trip. */
const DEFAULT_BUDGET_MS = 30_000;
const WAY_MS = 5_000;

/** Sends a request and yields its answer message by message. Unsubscribes when the caller stops reading. */
export async function* requestStream(
  connection: NatsConnectionLike,
  subject: string,
  request: Request,
  options: ResponseOptions = {},
): AsyncGenerator<AnswerMessage> {
  const silenceMs = options.silenceMs ?? (request.timeoutMs ?? DEFAULT_BUDGET_MS) + WAY_MS;
  const inbox = newInbox(connection, options);
  const queue = new MessageQueue();
  const subscription = connection.subscribe(inbox, {
    callback: (error, message) => {
      queue.push(error ?? message);
    },
  });
  const order = new AnswerOrder();
  const giveUp = (): void => {
    queue.push(options.signal?.reason as Error);
  };
  options.signal?.addEventListener('abort', giveUp, { once: true });
  try {
    options.signal?.throwIfAborted();
    connection.publish(subject, Buffer.from(JSON.stringify(request)), { reply: inbox });
    for (;;) {
      const message = decode(await queue.next(silenceMs, subject), subject);
      if (!order.accept(message)) continue;
      yield message;
      if (message.last) return;
    }
  } finally {
    options.signal?.removeEventListener('abort', giveUp);
    subscription.unsubscribe();
  }
}

/** The common part of a connection's reply subjects. The driver uses it to share its capacity between callers. */
const roots = new WeakMap<object, string>();

/** A unique subject for an answer. */
export function newInbox(connection: NatsConnectionLike, { inboxPrefix = '_INBOX' }: ResponseOptions): string {
  let root = roots.get(connection);
  if (root === undefined) {
    root = newToken();
    roots.set(connection, root);
  }
  return `${inboxPrefix}.${root}.${newToken()}`;
}

const newToken = (): string => randomUUID().replaceAll('-', '');

/** Sends a request and collects the complete answer. */
export async function sendRequest(
  connection: NatsConnectionLike,
  subject: string,
  request: Request,
  options: ResponseOptions = {},
): Promise<Answer> {
  const items: object[] = [];
  let messages = 0;
  for await (const message of requestStream(connection, subject, request, options)) {
    messages++;
    for (const item of message.items) items.push(item as object);
    if (!message.last) continue;
    const { id, function: name, status, meta, error } = message;
    if (!meta) throw new IncompleteResponse('The last message of the answer has no "meta".');
    return {
      id,
      function: name,
      status,
      items,
      meta,
      messages,
      ...(error ? { error: error as Answer['error'] & {} } : {}),
    };
  }
  throw new IncompleteResponse('The answer ended without a last message.');
}

/** Longest message after decompression: four times the longest that a driver may be configured to send. */
const MOST_BYTES = 256 * 1024 * 1024;

function decode({ data, headers }: NatsMessage, subject: string): AnswerMessage {
  if (headers?.code === 503 && data.length === 0) {
    throw new NoResponse(
      `No driver receives requests on ${subject}. Check that the driver runs, and that this is its request topic.`,
    );
  }
  try {
    const packed = headers?.get('Content-Encoding') === 'gzip';
    const message = JSON.parse(
      Buffer.from(packed ? gunzipSync(data, { maxOutputLength: MOST_BYTES }) : data).toString(),
    ) as Partial<AnswerMessage> | null;
    if (typeof message?.seq !== 'number' || !Array.isArray(message.items)) throw new TypeError('no answer message');
    return message as AnswerMessage;
  } catch (cause) {
    throw new IncompleteResponse('A message of the answer is not readable.', { cause });
  }
}

/** Buffers messages between the connection's callback and the reader. */
class MessageQueue {
  readonly #messages: (NatsMessage | Error)[] = [];
  #wake: (() => void) | undefined;

  push(message: NatsMessage | Error): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  async next(silenceMs: number, subject: string): Promise<NatsMessage> {
    if (this.#messages.length === 0) await this.#wait(silenceMs, subject);
    const message = this.#messages.shift();
    if (message === undefined || message instanceof Error) throw message ?? new IncompleteResponse('No message.');
    return message;
  }

  #wait(silenceMs: number, subject: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new NoResponse(`No answer from ${subject} for ${silenceMs} ms.`));
      }, silenceMs);
      this.#wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
