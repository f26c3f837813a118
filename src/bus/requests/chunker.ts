/** Collects the items of one answer into messages that fit the bus, and sends all of them but the last. */
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
  /** Bound of headers and body of one message; the server's max_payload holds as well. */
  chunkBytes: number;
  gzip: boolean;
  logger: Logger;
}

/** Follows the messages that others follow. */
export interface ChunkerWatcher {
  /** Where the server tells that nobody is there to receive them. */
  readonly reply: string | undefined;
  sent: () => void;
}

/** A step that may have to wait. */
export type Step = Promise<void> | undefined;

/** From this length on a series is measured by a sample before it is written as a whole. */
const longSeries = 2048;
const measuredSamples = 64;

export class Chunker {
  readonly envelope: Envelope;
  readonly #options: ChunkerOptions;
  /** Items of the message in the making, as objects and as JSON. */
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

  /** The items that have not been sent, as JSON. */
  get texts(): readonly string[] {
    return this.#texts;
  }

  /** Bytes of those, with the commas between them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Bytes that headers and body of a message may have, as of now. */
  limit(): number {
    return Math.min(this.#options.chunkBytes, this.#options.sendBuffer.maxPayload);
  }

  /** Takes an item; a series too long is halved, another item too large becomes an error. */
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

  /** Empties the message in the making. */
  takeBatch(): { items: AnswerItem[]; texts: string[] } {
    const batch = { items: this.#items, texts: this.#texts };
    this.#items = [];
    this.#texts = [];
    this.#bytes = 0;
    return batch;
  }

  /** Sends what has been collected, as a message that others follow. */
  sendBatch(): Step {
    const { items, texts } = this.takeBatch();
    return this.#sendMiddle(items, texts);
  }

  /**
   * Sends what has been collected, even if that is nothing, with a meta of its own. A meta that fits no message is left
   * out: it is a help, and the end brings it again.
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

  /** Cuts items anew that turned out not to fit, and sends them all. */
  async recut(items: AnswerItem[], bytes: number): Promise<void> {
    const [only] = items;
    if (items.length === 1 && only !== undefined) {
      await (isSeriesPiece(only) ? this.#takeHalves(only, bytes) : this.#refuse(only, bytes));
    } else {
      for (const item of items) await this.take(item);
    }
    if (this.#texts.length > 0) await this.sendBatch();
  }

  /** The message for the bus; one that is sent again when it no longer fits is replaced by a note in its place. */
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

  /** Bytes that the items of one message may have, before compression. */
  #whenReady(): number {
    const room = this.limit() - this.envelope.middleBytes;
    return this.#options.gzip ? room * expectedRatio : room;
  }

  /** `bytes` is what the whole piece has or may have; halves that are still too large by that are not even written. */
  #takeHalves(piece: SeriesPiece, bytes: number): Step {
    const halves = halveSeries(piece);
    if (halves === undefined) return this.#refuse(piece, bytes);
    // A single sample is always measured itself: it may be small although its neighbours are not.
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
    // Each item but the first has a comma before it.
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

  /** The limit may have shrunk since the items were collected; then they are cut anew. */
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

/** What a long series takes as JSON, going by its first samples. */
function estimateBytes(piece: SeriesPiece): number {
  const sample = Buffer.byteLength(JSON.stringify(sliceColumns(piece, 0, measuredSamples)));
  return (sample / measuredSamples) * piece.times.length;
}
