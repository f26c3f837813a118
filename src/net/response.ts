/** An HTTP response with only the members that openapi-fetch uses. */
import { type HttpAnswer, textOf } from './exchange.ts';
import { UnreadableResponse } from './unreadable-response.ts';

export class HttpReply {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly #body: Buffer;
  readonly #parse: (text: string) => unknown;

  /** @param parse parses the body of a good answer */
  constructor({ status, headers, body }: HttpAnswer, parse: (text: string) => unknown = parseJson) {
    this.status = status;
    this.ok = status >= 200 && status < 300;
    // openapi-fetch uses these two to decide whether there is a body. They describe the body that was read, not the
    // server's headers.
    this.headers = {
      get: (name) => {
        const key = name.toLowerCase();
        if (key === 'content-length') return String(body.length);
        return key === 'transfer-encoding' ? null : first(headers[key]);
      },
    };
    this.#body = body;
    this.#parse = parse;
  }

  text(): Promise<string> {
    return Promise.resolve(textOf(this.#body));
  }

  async json(): Promise<unknown> {
    return this.#parse(await this.text());
  }
}

/** Parses a server's JSON. Its error text is suitable for an answer. */
export function parseJson(text: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch (cause) {
    // Not damaged in transit: a retry gives the same.
    if (cause instanceof RangeError)
      throw new UnreadableResponse('it answered with JSON that is nested too deep', { cause });
    if (text.trimStart().startsWith('<')) {
      const page = 'it answered with a page instead of JSON; is there a proxy or a log-in page in between?';
      throw new UnreadableResponse(page, { cause });
    }
    throw new UnreadableResponse('it answered with broken JSON (was the answer cut off?)', { cause, passing: true });
  }
}

function first(value: string | string[] | undefined): string | null {
  return (Array.isArray(value) ? value[0] : value) ?? null;
}
