/** An HTTP answer with just the members that openapi-fetch uses. */
import type { Dispatcher } from 'undici';

type Headers = Dispatcher.ResponseData['headers'];
type Body = Dispatcher.ResponseData['body'];

/** A 2xx answer that is not what the API promises: a proxy's page, half an answer, broken JSON. */
export class UnreadableReply extends Error {
  override readonly name = 'UnreadableReply';
}

export class SeeqReply {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly #contentType: string;
  readonly #body: Body;

  constructor(status: number, headers: Headers, body: Body) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    this.headers = { get: (name) => first(headers[name.toLowerCase()]) };
    this.#contentType = first(headers['content-type']) ?? '';
    this.#body = body;
  }

  /** The body as text; of a good answer only if it says that it is JSON. */
  async text(): Promise<string> {
    if (this.ok && !/\bjson\b|\+json/i.test(this.#contentType)) {
      await this.#body.dump();
      throw new UnreadableReply(
        `it answered with ${this.#contentType === '' ? 'no media type' : `"${this.#contentType}"`} instead of JSON; ` +
          'is there a proxy or a log-in page in between?',
      );
    }
    return this.#body.text();
  }

  async json(): Promise<unknown> {
    return parseJson(await this.text());
  }
}

/** JSON of a server, with an error that fits into an answer. */
export function parseJson(text: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (cause) {
    throw new UnreadableReply('it answered with broken JSON (was the answer cut off?)', { cause });
  }
}

function first(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
