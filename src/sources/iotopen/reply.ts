/** An HTTP answer with just the members that openapi-fetch uses. */
import type { Dispatcher } from 'undici';
import { parseExact } from './numeral.ts';

type Headers = Dispatcher.ResponseData['headers'];
type Body = Dispatcher.ResponseData['body'];

/** A 2xx answer that is not what the API promises: a proxy's page, half an answer, broken JSON. */
export class UnreadableReply extends Error {
  override readonly name = 'UnreadableReply';
}

export class IotOpenReply {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  /** By how much our clock is ahead of the server's, in milliseconds, half a second more or less; undefined if it does not say. */
  readonly clockAheadMs: number | undefined;
  readonly #body: Body;

  constructor(status: number, headers: Headers, body: Body) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    // Not told to openapi-fetch, which would parse a body of unknown length by itself, and skip one of length 0.
    this.headers = { get: (name) => (name.toLowerCase() === 'content-length' ? '1' : first(headers[name])) };
    // It tells whole seconds only.
    const date = Date.parse(first(headers.date) ?? '') + 500;
    this.clockAheadMs = Number.isNaN(date) ? undefined : Date.now() - date;
    this.#body = body;
  }

  /** Of an answer other than 2xx; JSON or anything else. */
  text(): Promise<string> {
    return this.#body.text();
  }

  /** Of a 2xx answer. What its Content-Type says does not matter; an empty body counts as nothing. */
  async json(): Promise<unknown> {
    const text = await this.#body.text();
    if (text.trim() === '') return undefined;
    try {
      return parseExact(text);
    } catch (cause) {
      const page = text.trimStart().startsWith('<');
      const broken = cause instanceof RangeError ? 'JSON that is nested too deep' : 'broken JSON';
      const advice = page ? 'a page instead of JSON; is there a proxy or a log-in page in between?' : broken;
      throw new UnreadableReply(`it answered with ${advice}`, { cause });
    }
  }
}

function first(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
