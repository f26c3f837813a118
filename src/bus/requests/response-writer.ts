/** Writes the answer of one request to the bus: in order, with one end, and with the actual final status. */
import type {
  AnswerEnd,
  AnswerHead,
  AnswerItem,
  AnswerSink,
  AnswerStatus,
  AnswerWatcher,
  Interim,
} from '../../contract/answer.ts';
import { DriverError, toDriverError, type ErrorBody } from '../../contract/errors.ts';
import { limited } from '../../contract/log.ts';
import { Chunker, type ChunkerOptions, type Step } from './chunker.ts';
import { compress, worthCompressingBytes } from './compression.ts';
import { emptyMeta, errorHeaders, gzipHeaders, lastTail, shorterEnds } from './envelope.ts';
import { headerBytes, MessageTooLarge, type OutgoingMessage } from '../connection/outgoing-message.ts';
import { hasNoResponders, type Inbox, type ReplySubject } from './inbox.ts';

/** Default limit of one message. */
export const defaultChunkBytes = 512 * 1024;

/** With an empty subject the answer is discarded, since there is no receiver. */
export interface ResponseWriterOptions extends ChunkerOptions {
  /** Called once, when the last message was sent or abandoned. */
  onEnd?: (status: AnswerStatus, error: ErrorBody | undefined) => void;
  /** Called when a flush was requested. */
  onFlush?: () => void;
  /** Inbox on which the server reports that there is no receiver. Without it this is not detected. */
  replies?: Inbox | undefined;
}

const done = Promise.resolve();

export class ResponseWriter implements AnswerSink {
  readonly #head: AnswerHead;
  readonly #options: ResponseWriterOptions;
  readonly #cutter: Chunker;
  #ended = false;
  /** Set when the bus rejected a message: the answer is incomplete. */
  #broken: DriverError | undefined;
  /** The step in progress. Later steps queue behind it even if the caller does not wait. */
  #tail: Promise<void> | undefined;
  #nobody: ReplySubject | undefined;

  constructor(head: AnswerHead, options: ResponseWriterOptions) {
    this.#head = head;
    this.#options = options;
    this.#cutter = new Chunker(head, options);
  }

  /** True once `end` has been called. */
  get ended(): boolean {
    return this.#ended;
  }

  item(item: AnswerItem): Promise<void> | undefined {
    if (this.#ended) {
      this.#complain('An item came after the end of its answer and was dropped');
      return undefined;
    }
    if (this.#options.subject === '') return undefined;
    return this.#run(() => {
      if (this.#broken !== undefined) return Promise.reject(this.#broken);
      const taken = this.#cutter.take(item);
      return taken?.catch((error: unknown) => {
        throw this.#break(error);
      });
    });
  }

  watch(watcher: AnswerWatcher): void {
    if (this.#ended || this.#options.subject === '') return;
    // The first message that is not the last opens it: most answers have one message.
    const open = (): string | undefined => {
      if (!this.#ended) {
        this.#nobody ??= this.#options.replies?.open((message) => {
          if (hasNoResponders(message)) watcher.nobody();
        });
      }
      return this.#nobody?.subject;
    };
    this.#cutter.watcher = {
      get reply() {
        return open();
      },
      sent: () => {
        watcher.sent();
      },
    };
  }

  flush({ meta, isSignOfLife }: Interim): Promise<void> | undefined {
    if (this.#ended || this.#options.subject === '') return undefined;
    if (isSignOfLife !== true) this.#options.onFlush?.();
    return this.#run(() => {
      if (this.#broken !== undefined) return Promise.reject(this.#broken);
      return this.#cutter.flush(meta)?.catch((error: unknown) => {
        throw this.#break(error);
      });
    });
  }

  end(end: AnswerEnd): Promise<void> {
    this.#nobody?.close();
    if (this.#ended) {
      this.#complain('An answer was ended twice; the second end was dropped');
      return done;
    }
    this.#ended = true;
    if (this.#options.subject === '') {
      this.#options.onEnd?.(end.status, end.error);
      return done;
    }
    return this.#run(() => this.#finishSurely(end)) ?? done;
  }

  /** Runs a step now, or after the one in progress. Stays synchronous if no wait is necessary. */
  #run(step: () => Step): Step {
    const waiting = this.#tail === undefined ? step() : this.#tail.then(step);
    if (waiting === undefined) return undefined;
    const tail = waiting
      .catch(() => undefined)
      .then(() => {
        if (this.#tail === tail) this.#tail = undefined;
      });
    this.#tail = tail;
    return waiting;
  }

  /** Records that a message was lost, so that the answer ends as an error and the source can stop. */
  #break(error: unknown): DriverError {
    const text = error instanceof Error ? error.message : String(error);
    this.#broken = new DriverError('timeout', `The answer could not be sent: ${text}`, { cause: error });
    this.#cutter.takeBatch();
    return this.#broken;
  }

  /** The caller must get an end even if the given one cannot be written as JSON. */
  #finishSurely(end: AnswerEnd): Step {
    try {
      return this.#finish(end);
    } catch (error) {
      this.#complain(`The end of an answer could not be written: ${String(error)}`);
      const { code, message, retryable } = toDriverError(error).toBody();
      return this.#finish({ status: 'error', error: { code, message, retryable }, meta: emptyMeta(0) });
    }
  }

  /** The path of nearly all answers: one message, built and sent without waiting. */
  #finish(wanted: AnswerEnd): Step {
    const cutter = this.#cutter;
    const end = this.#honest(wanted);
    const tail = lastTail(end);
    const headers = end.error === undefined ? undefined : errorHeaders(end.error);
    const bytes = cutter.bytes + cutter.envelope.lastBytes(tail) + headerBytes(headers);
    if (this.#options.gzip || bytes > cutter.limit()) return this.#finishSlowly(wanted);
    const { items, texts } = cutter.takeBatch();
    const body = cutter.envelope.last(cutter.seq, end.status, texts, tail);
    const sent = this.#options.sendBuffer.send(cutter.message(body, headers, end));
    if (sent === undefined) {
      this.#options.onEnd?.(end.status, end.error);
      return undefined;
    }
    return sent.then(
      () => this.#options.onEnd?.(end.status, end.error),
      async (error: unknown) => {
        if (!(error instanceof MessageTooLarge)) {
          this.#lose(error);
          return;
        }
        await cutter.recut(items, body.length).catch((reason: unknown) => {
          this.#break(reason);
        });
        await this.#finishSlowly(wanted);
      },
    );
  }

  /** Compresses the last message, sends items before it, or shortens it, until it fits. */
  async #finishSlowly(wanted: AnswerEnd): Promise<void> {
    const shorter = shorterEnds(wanted);
    for (let next: AnswerEnd | undefined = wanted; next !== undefined;) {
      const end = this.#honest(next);
      const message = await this.#lastMessage(end);
      if (message === undefined) {
        if (this.#cutter.texts.length > 0) await this.#sendRest();
        else next = shorter.next().value as AnswerEnd | undefined;
        continue;
      }
      try {
        await this.#options.sendBuffer.send(message);
        this.#options.onEnd?.(end.status, end.error);
        return;
      } catch (error) {
        // The limit shrank while the message waited. The next iteration uses the new limit.
        if (error instanceof MessageTooLarge) continue;
        this.#lose(error);
        return;
      }
    }
    this.#lose(new MessageTooLarge("not even an empty answer fits the server's max_payload"));
  }

  async #sendRest(): Promise<void> {
    try {
      await this.#cutter.sendBatch();
    } catch (error) {
      // These items have no receiver any more. The end reports that they are missing.
      this.#break(error);
    }
  }

  /** The final message with all collected items. Undefined if it does not fit. */
  async #lastMessage(end: AnswerEnd): Promise<OutgoingMessage | undefined> {
    const { envelope, seq, texts } = this.#cutter;
    const headers = end.error === undefined ? undefined : errorHeaders(end.error);
    const body = envelope.last(seq, end.status, texts, lastTail(end));
    if (this.#options.gzip && body.length >= worthCompressingBytes) {
      const packed = this.#cutter.message(await compress(body), gzipHeaders(headers), end);
      if (packed.size <= this.#cutter.limit() && packed.size < body.length) return packed;
    }
    const plain = this.#cutter.message(body, headers, end);
    return plain.size <= this.#cutter.limit() ? plain : undefined;
  }

  /** Corrects the end to the actual status, which the writer of the items may not know. */
  #honest(end: AnswerEnd): AnswerEnd {
    if (this.#broken !== undefined && end.status !== 'error') {
      return { status: 'error', error: this.#broken.toBody(), meta: end.meta };
    }
    return this.#cutter.refused && end.status === 'ok' ? { ...end, status: 'partial' } : end;
  }

  #lose(error: unknown): void {
    const { id, function: name } = this.#head;
    const text = error instanceof Error ? error.message : String(error);
    const facts = { id, function: name };
    limited(this.#options.logger).error('answer lost', facts, `The end of an answer was lost: ${text}`);
    this.#options.onEnd?.('error', { code: 'timeout', message: text, retryable: true });
  }

  #complain(message: string): void {
    const { id, function: name } = this.#head;
    limited(this.#options.logger).error('answer misused', { id, function: name }, message);
  }
}
