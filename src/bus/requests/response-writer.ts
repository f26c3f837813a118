/**
 * Writes the answer of one request to the bus: in order, in messages that fit max_payload, with one end, and with the
 * actual final status.
 */
import type { NatsConnection } from 'nats';
import type { AnswerEnd, AnswerHead, AnswerItem, AnswerMeta } from '../../contract/answer.ts';
import type { AnswerSink, AnswerWatcher, Interim } from '../../contract/answer.ts';
import { DriverError, toDriverError } from '../../contract/errors.ts';
import { limited, type Logger } from '../../contract/log.ts';
import { AnswerEnvelope, compressed, emptyMeta, shorterEnds, type AnswerBody } from './answer-envelope.ts';
import { expectedRatio } from './compression.ts';
import type { OutgoingMessage } from './fair-queue.ts';
import type { Inbox, ReplySubject } from './inbox.ts';
import type { SendBuffer } from './send-buffer.ts';
import { serialize, serializeHalves, tooLargeItem } from './serialized-item.ts';

export interface ResponseWriterOptions {
  sendBuffer: SendBuffer;
  /** The connection that delivered the request. */
  via: NatsConnection;
  /** Subject of the answer. If it is empty, the answer is discarded, since there is no receiver. */
  subject: string;
  /** Limit for headers and body of one message. The server's max_payload applies as well. */
  chunkBytes: number;
  gzip: boolean;
  logger: Logger;
  /** Inbox on which the server reports that there is no receiver. Without it this is not detected. */
  replies?: Inbox | undefined;
}

export class ResponseWriter implements AnswerSink {
  /** When the first part of a long-running answer was ready, by `performance.now()`. */
  firstFlush: number | undefined;
  sentBytes = 0;
  readonly #head: AnswerHead;
  readonly #options: ResponseWriterOptions;
  readonly #envelope: AnswerEnvelope;
  /** Items of the next message, and their bytes with the commas between them. */
  #batch: string[] = [];
  #batchBytes = 0;
  /** Number of the next message. */
  #seq = 0;
  /** True when an item was replaced by an error, so that the answer cannot be `ok`. */
  #hasFailedItem = false;
  /** Set when the bus rejected a message: the answer is incomplete. */
  #broken: DriverError | undefined;
  /** The step in progress. Later steps wait for it even if the caller does not. */
  #busy: Promise<void> | undefined;
  #watcher: AnswerWatcher | undefined;
  #noResponders: ReplySubject | undefined;
  #result: Promise<AnswerEnd> | undefined;

  constructor(head: AnswerHead, options: ResponseWriterOptions) {
    this.#head = head;
    this.#options = options;
    this.#envelope = new AnswerEnvelope(head);
  }

  /** The end as it was sent, or why it could not be sent. Undefined before `end` is called. */
  get result(): Promise<AnswerEnd> | undefined {
    return this.#result;
  }

  item(item: AnswerItem): Promise<void> | undefined {
    if (this.#result !== undefined) {
      this.#logError('answer misused', 'An item was added after the end of its answer and is dropped');
      return undefined;
    }
    if (this.#options.subject === '') return undefined;
    const isFree = this.#busy === undefined && this.#broken === undefined;
    const room = this.#room();
    const json = serialize(item, room);
    // Nearly every item fits the message in progress.
    if (isFree && typeof json === 'string' && this.#append(json, room)) return undefined;
    return this.#addInTurn(typeof json === 'string' ? [json] : json);
  }

  watch(watcher: AnswerWatcher): void {
    this.#watcher = watcher;
  }

  flush({ meta, isKeepalive }: Interim): Promise<void> | undefined {
    if (this.#result !== undefined || this.#options.subject === '') return undefined;
    if (isKeepalive !== true) this.firstFlush ??= performance.now();
    return this.#inTurn(() => this.#flush(meta));
  }

  end(end: AnswerEnd): Promise<unknown> {
    this.#noResponders?.close();
    if (this.#result !== undefined) {
      this.#logError('answer misused', 'An answer was ended twice; the second end is dropped');
    } else if (this.#options.subject === '') {
      this.#result = Promise.resolve(end);
    } else {
      this.#result = this.#busy === undefined ? this.#sendEnd(end) : this.#busy.then(() => this.#sendEnd(end));
    }
    return this.#result;
  }

  /** Runs a step after the one in progress, unless the bus has rejected a message. */
  #inTurn(step: () => Promise<void>): Promise<void> {
    const run = async (before: Promise<void> | undefined): Promise<void> => {
      if (before !== undefined) await before;
      if (this.#broken !== undefined) throw this.#broken;
      await step();
    };
    const running = run(this.#busy);
    const busy = running
      .catch(() => undefined)
      .then(() => {
        if (this.#busy === busy) this.#busy = undefined;
      });
    this.#busy = busy;
    return running;
  }

  /** A function of its own: a closure in `item` would cost memory for each item. */
  #addInTurn(items: Iterable<string>): Promise<void> {
    return this.#inTurn(() => this.#add(items));
  }

  /** Adds items to the message in progress, and sends it whenever it is full. */
  async #add(items: Iterable<string>): Promise<void> {
    for (const item of items) {
      if (this.#append(item)) continue;
      if (Buffer.byteLength(item) > this.#room()) {
        await this.#add(this.#smaller(item));
        continue;
      }
      await this.#sendBatch();
      if (!this.#append(item)) await this.#sendAll([item]);
    }
  }

  /** Returns false if the item does not fit the message in progress. */
  #append(item: string, room = this.#room()): boolean {
    const bytes = this.#batchBytes + Buffer.byteLength(item) + (this.#batch.length === 0 ? 0 : 1);
    if (bytes > room) return false;
    this.#batch.push(item);
    this.#batchBytes = bytes;
    return true;
  }

  /** What is sent instead of an item that does not fit: the halves of a series, or an error. */
  #smaller(item: string): Iterable<string> {
    const halves = serializeHalves(item, this.#room());
    if (halves !== undefined) return halves;
    this.#hasFailedItem = true;
    const room = this.#limit() - this.#envelope.bytes;
    const error = tooLargeItem(item, room);
    if (Buffer.byteLength(error) <= room) return [error];
    const text = 'An item is left out: neither it nor its error fits a message (max_payload, settings.bus.chunkBytes)';
    this.#logError('item left out', text);
    return [];
  }

  /**
   * Sends the collected items, even if there are none, with a meta. A meta that does not fit beside them follows in a
   * message of its own. One that fits no message is left out: it is optional, and the final message repeats it.
   */
  async #flush(meta: AnswerMeta | undefined): Promise<void> {
    const items = this.nextBatch();
    if (await this.#sendOne(items, meta)) return;
    await this.#sendAll(items);
    if (meta === undefined || (await this.#sendOne([], meta)) || items.length > 0) return;
    await this.#sendOne([]);
  }

  /** Sends the collected items. Returns false if there are none. */
  async #sendBatch(): Promise<boolean> {
    const items = this.nextBatch();
    if (items.length === 0) return false;
    await this.#sendAll(items);
    return true;
  }

  /**
   * Sends items in one message, or in several if they do not fit: the limit was lowered since they were collected, or
   * compression saved less than expected.
   */
  async #sendAll(items: readonly string[]): Promise<void> {
    const [only] = items;
    if (only === undefined || (await this.#sendOne(items))) return;
    if (items.length === 1) {
      for (const smaller of this.#smaller(only)) await this.#sendAll([smaller]);
    } else {
      const middle = items.length >> 1;
      await this.#sendAll(items.slice(0, middle));
      await this.#sendAll(items.slice(middle));
    }
  }

  /** Sends a message that is not the last. Returns false if it does not fit. */
  async #sendOne(items: readonly string[], meta?: AnswerMeta): Promise<boolean> {
    const body = this.#envelope.middle(this.#seq, items, meta);
    try {
      if (!(await this.#send(body))) return false;
    } catch (error) {
      // The answer ends as an error, and the source can stop.
      this.nextBatch();
      this.#broken = new DriverError('timeout', `The answer could not be sent: ${textOf(error)}`, { cause: error });
      throw this.#broken;
    }
    this.#seq++;
    this.#watcher?.sent();
    return true;
  }

  /**
   * Sends the last message, with the collected items if they fit beside the end. Shortens the end until it fits. Never
   * rejects.
   */
  async #sendEnd(wanted: AnswerEnd): Promise<AnswerEnd> {
    try {
      for (const shorter of shorterEnds(wanted)) {
        do {
          const end = this.#actual(shorter);
          const body = this.#envelope.last(this.#seq, this.#batch, end);
          const sent = await this.#send(body, end).catch(textOf);
          if (sent === true) return end;
          if (typeof sent === 'string') return this.#lost(sent, end);
          // Items that cannot be sent have no receiver any more. The end reports that they are missing.
        } while (await this.#sendBatch().catch(() => true));
      }
      return this.#lost('an empty answer exceeds max_payload of the NATS server or settings.bus.chunkBytes', wanted);
    } catch (error) {
      // The caller must get an end even if the given one cannot be written as JSON.
      this.#logError('answer misused', `The end of an answer could not be written: ${String(error)}`);
      const { code, message, retryable } = toDriverError(error).toBody();
      return this.#sendEnd({ status: 'error', error: { code, message, retryable }, meta: emptyMeta(0) });
    }
  }

  /** Corrects the end to the actual status, which the writer of the items may not know. */
  #actual(end: AnswerEnd): AnswerEnd {
    if (this.#broken !== undefined && end.status !== 'error') {
      return { status: 'error', error: this.#broken.toBody(), meta: end.meta };
    }
    return this.#hasFailedItem && end.status === 'ok' ? { ...end, status: 'partial' } : end;
  }

  /** Hands a message to the send buffer. Returns false if it does not fit. */
  async #send(body: AnswerBody, end?: AnswerEnd): Promise<boolean> {
    const { gzip, sendBuffer, subject, via } = this.#options;
    const seq = this.#seq;
    const smallest = gzip ? await compressed(body) : body;
    if (smallest.size > this.#limit()) return false;
    const reply = end === undefined ? this.#noResponderSubject() : undefined;
    const substitute = (): OutgoingMessage => {
      this.#hasFailedItem = true;
      return { subject, via, ...this.#envelope.lost(seq, end) };
    };
    this.sentBytes += smallest.size;
    return sendBuffer.send({ subject, via, ...smallest, reply, substitute });
  }

  /** Opened for the first message that is not the last: most answers have one message. */
  #noResponderSubject(): string | undefined {
    const watcher = this.#watcher;
    if (watcher !== undefined && this.#result === undefined) {
      this.#noResponders ??= this.#options.replies?.openForNoResponders(watcher.noReceiver);
    }
    return this.#noResponders?.subject;
  }

  nextBatch(): string[] {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchBytes = 0;
    return batch;
  }

  /** Current limit for headers and body of a message. */
  #limit(): number {
    const { chunkBytes, sendBuffer, via } = this.#options;
    return Math.min(chunkBytes, sendBuffer.maxPayload(via));
  }

  /** Limit for the items of one message, before compression. */
  #room(): number {
    const room = this.#limit() - this.#envelope.bytes;
    return this.#options.gzip ? room * expectedRatio : room;
  }

  #lost(reason: string, { meta }: AnswerEnd): AnswerEnd {
    this.#logError('answer lost', `The end of an answer is lost: ${reason}`);
    return { status: 'error', error: { code: 'timeout', message: reason, retryable: true }, meta };
  }

  #logError(kind: string, message: string): void {
    const { id, function: name } = this.#head;
    limited(this.#options.logger).error(kind, { id, function: name }, message);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
