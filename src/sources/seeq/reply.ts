/** An HTTP answer with just the members that openapi-fetch uses. */
import { type HttpAnswer, textOf } from '../http/exchange.ts';
import { UnreadableReply } from '../http/unreadable.ts';

export { UnreadableReply };

export class SeeqReply {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly #contentType: string;
  readonly #body: Buffer;

  constructor({ status, headers, body }: HttpAnswer) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    // openapi-fetch decides by these two whether there is a body: by the one that was read, whatever the server said.
    this.headers = {
      get: (name) => {
        const key = name.toLowerCase();
        if (key === 'content-length') return String(body.length);
        return key === 'transfer-encoding' ? null : first(headers[key]);
      },
    };
    this.#contentType = first(headers['content-type']) ?? '';
    this.#body = body;
  }

  /** The body as text; of a good answer only if it says that it is JSON. */
  async text(): Promise<string> {
    if (this.ok && !/\bjson\b|\+json/i.test(this.#contentType)) {
      const type = this.#contentType === '' ? 'no media type' : JSON.stringify(this.#contentType.slice(0, 100));
      throw new UnreadableReply(
        `it answered with ${type} instead of JSON; is there a proxy or a log-in page in between?`,
      );
    }
    return textOf(this.#body);
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
    // Not damaged on its way: it would come again.
    if (cause instanceof RangeError)
      throw new UnreadableReply('it answered with JSON that is nested too deep', { cause });
    throw new UnreadableReply('it answered with broken JSON (was the answer cut off?)', { cause, passing: true });
  }
}

function first(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
