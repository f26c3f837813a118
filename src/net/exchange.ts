/**
 * One HTTP call with a size limit for the answer. The body is read as a whole, because the limit depends on the call,
 * and because a stream for each small answer costs more than the answer.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { decodeBody } from './content-encoding.ts';
import { OversizedReply } from './unreadable-response.ts';

/** Enough for the error texts of any API. A larger error body is left unread. */
const LARGEST_REFUSAL_BYTES = 64 * 1024;

export interface HttpCall {
  readonly path: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Largest body of a good answer, after decompression. */
  readonly limitBytes: number;
  /** From the start of the call to the last byte of its answer. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Decoded body. Empty if an error body was too large. */
  readonly body: Buffer;
}

/** The answer was not complete within the time of one call. */
export class CallTimeout extends Error {
  override readonly name = 'CallTimeout';
}

/**
 * Makes one call. A call that ends early closes its connection, so that nothing more arrives.
 * @throws the reason of the signal, CallTimeout, UnreadableResponse, or a network error
 */
export async function exchange(dispatcher: Dispatcher, call: HttpCall): Promise<HttpAnswer> {
  const { path, method, headers, body } = call;
  const answer = await new Promise<HttpAnswer>((resolve, reject) => {
    const reader = new AnswerReader(call, resolve, reject);
    try {
      dispatcher.dispatch({ path, method: method, headers, ...(body === undefined ? {} : { body }) }, reader);
    } catch (error) {
      reader.onResponseError(undefined, error as Error);
    }
  });
  const encodings = answer.headers['content-encoding'];
  if (encodings === undefined || answer.body.length === 0) return answer;
  const limitBytes = limitOf(answer.status, call);
  try {
    return { ...answer, body: await decodeBody(answer.body, encodings, limitBytes) };
  } catch (error) {
    // The status of a refusal is sufficient. Its body is optional.
    if (isGood(answer.status)) throw error;
    return { ...answer, body: NOTHING };
  }
}

const NOTHING = Buffer.alloc(0);
const isGood = (status: number): boolean => status >= 200 && status < 300;
const limitOf = (status: number, { limitBytes }: HttpCall): number =>
  isGood(status) ? limitBytes : Math.min(limitBytes, LARGEST_REFUSAL_BYTES);

class AnswerReader implements Dispatcher.DispatchHandler {
  readonly #call: HttpCall;
  readonly #resolve: (answer: HttpAnswer) => void;
  readonly #reject: (error: Error) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #limitBytes = 0;
  #bytes = 0;
  #ended = false;

  constructor(call: HttpCall, resolve: (answer: HttpAnswer) => void, reject: (error: Error) => void) {
    this.#call = call;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => {
      this.#cut(new CallTimeout(`no whole answer within ${call.timeoutMs} ms`));
    }, call.timeoutMs);
    call.signal?.addEventListener('abort', this.#leave, { once: true });
    if (call.signal?.aborted) this.#leave();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // The call ended while it waited for a connection.
    if (this.#ended) controller.abort(new Error('the call has ended'));
  }

  onResponseStart(_controller: unknown, status: number, headers: IncomingHttpHeaders): void {
    // An interim response (1xx). The final one follows.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    this.#limitBytes = limitOf(status, this.#call);
    if (Number(headers['content-length']) > this.#limitBytes) this.#oversized();
  }

  onResponseData(_controller: unknown, chunk: Buffer): void {
    if (this.#ended) return;
    this.#bytes += chunk.length;
    if (this.#bytes > this.#limitBytes) this.#oversized();
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#bytes);
    this.#end(() => {
      this.#resolve({ status: this.#status, headers: this.#headers, body });
    });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#end(() => {
      this.#reject(error);
    });
  }

  #oversized(): void {
    if (isGood(this.#status)) {
      this.#cut(new OversizedReply(this.#limitBytes));
      return;
    }
    this.#end(() => {
      this.#resolve({ status: this.#status, headers: this.#headers, body: NOTHING });
    });
    this.#controller?.abort(new Error('the rest of the answer is not wanted'));
  }

  readonly #leave = (): void => {
    this.#cut(this.#call.signal?.reason as Error);
  };

  #cut(reason: Error): void {
    this.#end(() => {
      this.#reject(reason);
    });
    this.#controller?.abort(reason);
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#call.signal?.removeEventListener('abort', this.#leave);
    settle();
  }
}

/** A body as text: UTF-8, without a byte order mark. */
export function textOf(body: Buffer): string {
  const marked = body.length >= 3 && body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return body.toString('utf8', marked ? 3 : 0);
}
