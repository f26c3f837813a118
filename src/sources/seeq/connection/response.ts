/** A response of Seeq: a good one must have a JSON media type. */
import type { HttpAnswer } from '../../../net/exchange.ts';
import { HttpReply } from '../../../net/response.ts';
import { UnreadableResponse } from '../../../net/unreadable-response.ts';

export class SeeqReply extends HttpReply {
  readonly #contentType: string;

  constructor(answer: HttpAnswer) {
    super(answer);
    this.#contentType = this.headers.get('content-type') ?? '';
  }

  /** The body as text. For a good answer only if it has a JSON media type. */
  override async text(): Promise<string> {
    if (this.ok && !/\bjson\b|\+json/i.test(this.#contentType)) {
      const type = this.#contentType === '' ? 'no media type' : JSON.stringify(this.#contentType.slice(0, 100));
      throw new UnreadableResponse(
        `it answered with ${type} instead of JSON; is there a proxy or a log-in page in between?`,
      );
    }
    return super.text();
  }
}
