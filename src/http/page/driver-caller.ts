/**
 * Sends requests of the page to the driver in this process, by the same path as requests from the bus: with the same
 * checks, limits and counts, and as one caller among others, so that pages cannot displace those of the bus.
 */
import { randomUUID } from 'node:crypto';
import { type AnswerEnd, type AnswerItem, type AnswerSink, type IncomingRequest } from '../../contract/answer.ts';
import { DriverError, type ErrorBody } from '../../contract/errors.ts';

/** A whole answer. */
export interface CallerAnswer {
  readonly items: readonly AnswerItem[];
  /** Why the whole request failed. Undefined if it did not. */
  readonly error?: ErrorBody | undefined;
  /** True if there are more items than the page takes. */
  readonly isCut: boolean;
}

type Handle = (request: IncomingRequest) => Promise<void>;

/** Requests of all pages together that may run at once. */
const MOST_RUNNING = 4;
const MOST_ITEMS = 500;
const TIMEOUT_MS = 15_000;
/** All pages are one caller: the part before the last token identifies it. */
const REPLY = 'status page.answer';

export class DriverCaller {
  readonly #handle: Handle;
  #running = 0;

  constructor(handle: Handle) {
    this.#handle = handle;
  }

  /**
   * Calls a function of the driver.
   * @param gone ends the request: its page is gone
   */
  async call(name: string, params: object, user: string | undefined, gone: AbortSignal): Promise<CallerAnswer> {
    if (this.#running >= MOST_RUNNING) {
      const message = `The driver answers at most ${MOST_RUNNING} requests of status pages at once; try again.`;
      return { items: [], error: new DriverError('overloaded', message).toBody(), isCut: false };
    }
    const id = `page-${randomUUID()}`;
    const cancel = (): void => {
      void this.#send('cancel', { request: id }, user);
    };
    this.#running++;
    gone.addEventListener('abort', cancel, { once: true });
    try {
      return await this.#send(name, params, user, id);
    } finally {
      gone.removeEventListener('abort', cancel);
      this.#running--;
    }
  }

  async #send(name: string, params: object, user = '', id: string = randomUUID()): Promise<CallerAnswer> {
    const request = { function: name, id, params, timeoutMs: TIMEOUT_MS, user: { name: `status page ${user}`.trim() } };
    const sink = new Collector();
    await this.#handle({
      data: Buffer.from(JSON.stringify(request)),
      hasReply: true,
      reply: REPLY,
      replyProblem: () => 'an answer to a page goes to no subject',
      answer: () => sink,
    });
    return sink.answer();
  }
}

/** Collects a bounded number of items. */
class Collector implements AnswerSink {
  readonly #items: AnswerItem[] = [];
  #isCut = false;
  #end: AnswerEnd | undefined;

  item(item: AnswerItem): undefined {
    if (this.#items.length < MOST_ITEMS) this.#items.push(item);
    else this.#isCut = true;
  }

  flush(): undefined {
    // A page waits for the whole answer.
  }

  watch(): void {
    // The page cancels its request when it is gone.
  }

  async end(end: AnswerEnd): Promise<void> {
    this.#end = end;
  }

  answer(): CallerAnswer {
    const { error, meta } = this.#end ?? {};
    return { items: this.#items, error, isCut: this.#isCut || meta?.truncated === true };
  }
}
