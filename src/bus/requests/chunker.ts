/** Collects the items of one answer into messages that fit the bus. Sends all messages except the last. */
import type { MsgHdrs } from 'nats';
import type { AnswerEnd, AnswerHead, AnswerItem, AnswerMeta } from '../../contract/answer.ts';
import { limited, type Logger } from '../../contract/log.ts';
import { halveSeries, isSeriesPiece, sliceColumns, type SeriesPiece } from '../../contract/series.ts';
import { compress, expectedRatio, worthCompressingBytes } from './compression.ts';
import { Envelope, gzipHeaders, middleTail, refusedItem } from './envelope.ts';
import type { SendBuffer } from '../connection/send-buffer.ts';
import { headerBytes, MessageTooLarge, type OutgoingMessage } from '../connection/outgoing-message.ts';

export interface ChunkerOptions {
  sendBuffer: SendBuffer;
  /** Subject of the answer. */
  subject: string;
  /** Limit for headers and body of one message. The server's max_payload applies as well. */
  chunkBytes: number;
  gzip: boolean;
  logger: Logger;
}

/** Observes the messages of an answer before the final one. */
export interface ChunkerWatcher {
  /** Subject on which the server reports that there is no receiver. */
  readonly reply: string | undefined;
  sent: () => void;
}

/** A step that may have to wait. */
export type Step = Promise<void> | undefined;

/** From this length on, the size of a series is estimated from its first samples before it is serialized. */
const longSeries = 2048;
const measuredSamples = 64;

export class Chunker {
  readonly envelope: Envelope;
  readonly #options: ChunkerOptions;
  /** Items of the message in progress, as objects and as JSON. */
  #items: AnswerItem[] = [];
  #texts: string[] = [];
  #bytes = 0;
  #seq = 0;
  #refused = false;
  watcher: ChunkerWatcher | undefined;

  constructor(head: AnswerHead, options: ChunkerOptions) {
    this.envelope = new Envelope(head);
    this.#options = options;
  }

  /** Number of the next message. */
  get seq(): number {
    return this.#seq;
  }

  /** True when an item was replaced by an error, so that the answer cannot be `ok`. */
  get refused(): boolean {
    return this.#refused;
  }

  /** The unsent items as JSON. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Bytes of the unsent items, with the commas between them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Current byte limit for headers and body of a message. */
  limit(): number {
    return Math.min(this.#options.chunkBytes, this.#options.sendBuffer.maxPayload);
  }

  /** Adds an item. A series that is too long is halved. Another item that is too large becomes an error. */
  take(item: AnswerItem): Step {
    const room = this.#whenReady();
    if (isSeriesPiece(item) && item.times.length >= longSeries) {
      const estimate = estimateBytes(item);
      if (estimate > room) return this.#takeHalves(item, estimate);
    }
    const text = JSON.stringify(item);
    const bytes = Buffer.byteLength(text);
    if (bytes <= room) return this.#add(item, text, bytes);
    return isSeriesPiece(item) ? this.#takeHalves(item, bytes) : this.#refuse(item, bytes);
  }

  /** Removes and returns the items of the message in progress. */
  takeBatch(): { items: AnswerItem[]; texts: string[] } {
    const batch = { items: this.#items, texts: this.#texts };
    this.#items = [];
    this.#texts = [];
    this.#bytes = 0;
    return batch;
  }

  /** Sends the collected items as a message that is not the last. */
  sendBatch(): Step {
    const { items, texts } = this.takeBatch();
    return this.#sendMiddle(items, texts);
  }

  /**
   * Sends the collected items, even if there are none, with a meta. A meta that fits no message is left out: it is
   * optional, and the final message repeats it.
   */
  flush(meta: AnswerMeta | undefined): Step {
    const tail = middleTail(meta);
    const room = this.limit() - this.envelope.middleBytes - Buffer.byteLength(tail);
    if (room < 0 && meta !== undefined) return this.flush(undefined);
    if (room < this.#bytes && this.#texts.length > 0) {
      const sent = this.sendBatch();
      return sent === undefined ? this.flush(meta) : sent.then(() => this.flush(meta));
    }
    const { items, texts } = this.takeBatch();
    const body = this.envelope.middle(this.#seq, texts, tail);
    if (this.#options.gzip && body.length >= worthCompressingBytes) return this.#flushCompressed(items, body);
    return this.#sendOrRecut(items, this.message(body));
  }

  async #flushCompressed(items: AnswerItem[], body: Buffer): Promise<void> {
    const packed = this.message(await compress(body), gzipHeaders());
    const message = packed.size < body.length ? packed : this.message(body);
    await this.#sendOrRecut(items, message);
  }

  /** Splits items again that do not fit, and sends them all. */
  async recut(items: AnswerItem[], bytes: number): Promise<void> {
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      await (isSeriesPiece(only) ? this.#takeHalves(only, bytes) : this.#refuse(only, bytes));
    } else {
      for (const item of items) await this.take(item);
    }
    if (this.#texts.length > 0) await this.sendBatch();
  }

  /** Builds the bus message. If it no longer fits when it is resent, a notice with the same number replaces it. */
  message(data: Uint8Array, headers?: MsgHdrs, end?: AnswerEnd): OutgoingMessage {
    const seq = this.#seq;
    const { subject } = this.#options;
    const substitute = (): OutgoingMessage => {
      this.#refused = true;
      return { subject, ...this.envelope.lostMessage(seq, end) };
    };
    const reply = end === undefined ? this.watcher?.reply : undefined;
    return { subject, data, headers, reply, size: data.length + headerBytes(headers), substitute };
  }

  /** Byte limit for the items of one message, before compression. */
  #whenReady(): number {
    const room = this.limit() - this.envelope.middleBytes;
    return this.#options.gzip ? room * expectedRatio : room;
  }

  /** `bytes` is the size of the whole chunk, or an estimate. Halves that are still too large are not serialized. */
  #takeHalves(piece: SeriesPiece, bytes: number): Step {
    const halves = halveSeries(piece);
    if (halves === undefined) return this.#refuse(piece, bytes);
    // A single sample is always measured: it may be small although its neighbors are not.
    const takeHalf = (half: SeriesPiece): Step =>
      bytes / 2 > this.#whenReady() && half.times.length > 1 ? this.#takeHalves(half, bytes / 2) : this.take(half);
    const first = takeHalf(halves[0]);
    return first === undefined ? takeHalf(halves[1]) : first.then(() => takeHalf(halves[1]));
  }

  #refuse(item: AnswerItem, bytes: number): Step {
    this.#refused = true;
    const room = this.limit() - this.envelope.middleBytes;
    const refused = refusedItem(item, bytes, room);
    const text = JSON.stringify(refused);
    const refusedBytes = Buffer.byteLength(text);
    if (refusedBytes <= room) return this.#add(refused, text, refusedBytes);
    const lost = 'Not even the error of an item fits a message; the item was left out';
    limited(this.#options.logger).error('item left out', { bytes, room }, lost);
    return undefined;
  }

  #add(item: AnswerItem, text: string, bytes: number): Step {
    // A comma precedes each item except the first.
    if (this.#texts.length > 0 && this.#bytes + bytes + 1 > this.#whenReady()) {
      const sent = this.sendBatch();
      if (sent !== undefined) return sent.then(() => this.#add(item, text, bytes));
    }
    this.#bytes += bytes + (this.#texts.length > 0 ? 1 : 0);
    this.#items.push(item);
    this.#texts.push(text);
    return undefined;
  }

  #sendMiddle(items: AnswerItem[], texts: string[]): Step {
    const body = this.envelope.middle(this.#seq, texts);
    if (this.#options.gzip && body.length >= worthCompressingBytes) return this.#sendCompressed(items, texts, body);
    return this.#sendOrRecut(items, this.message(body));
  }

  async #sendCompressed(items: AnswerItem[], texts: string[], body: Buffer): Promise<void> {
    const packed = this.message(await compress(body), gzipHeaders());
    const limit = this.limit();
    if (packed.size <= limit && packed.size < body.length) {
      await this.#sendOrRecut(items, packed);
    } else if (body.length <= limit) {
      await this.#sendOrRecut(items, this.message(body));
    } else if (texts.length > 1) {
      const middle = texts.length >> 1;
      await this.#sendMiddle(items.slice(0, middle), texts.slice(0, middle));
      await this.#sendMiddle(items.slice(middle), texts.slice(middle));
    } else {
      await this.recut(items, body.length);
    }
  }

  /** The limit may have shrunk since the items were collected. Then they are split again. */
  #sendOrRecut(items: AnswerItem[], message: OutgoingMessage): Step {
    const handedOver = (): void => {
      this.#seq++;
      this.watcher?.sent();
    };
    const sent = this.#options.sendBuffer.send(message);
    if (sent === undefined) {
      handedOver();
      return undefined;
    }
    return sent.then(handedOver, (error: unknown) => {
      if (error instanceof MessageTooLarge) return this.recut(items, message.size);
      throw error;
    });
  }
}

/** Estimates the JSON size of a long series from its first samples. */
function estimateBytes(piece: SeriesPiece): number {
  const sample = Buffer.byteLength(JSON.stringify(sliceColumns(piece, 0, measuredSamples)));
  return (sample / measuredSamples) * piece.times.length;
}
