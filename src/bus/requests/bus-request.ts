/** A request in the driver's form. */
import type { Msg, NatsConnection } from 'nats';
import type { AnswerEnd, AnswerHead, AnswerSink, IncomingRequest } from '../../contract/answer.ts';
import { toDriverError } from '../../contract/errors.ts';
import { limited, type Logger } from '../../contract/log.ts';
import { parseRequest } from '../../contract/request.ts';
import { ResponseWriter } from './response-writer.ts';
import type { TraceHeaders } from '../../lib/traced-work.ts';
import { traceOf } from '../trace-headers.ts';
import { acceptsGzip } from './compression.ts';
import { emptyMeta } from './answer-envelope.ts';
import type { SendBuffer } from './send-buffer.ts';
import type { Inbox } from './inbox.ts';
import type { ReplyRule } from '../subject.ts';

/** Default limit of one message. */
const defaultChunkBytes = 512 * 1024;

export interface BusRequestOptions {
  sendBuffer: SendBuffer;
  logger: Logger;
  chunkBytes?: number | undefined;
  /** Which reply subjects are allowed. */
  replyRule: ReplyRule;
  /** Inbox on which the server reports that a caller is gone. */
  replies?: Inbox | undefined;
}

/** A request message from the bus, with its reply path. */
export class BusRequest implements IncomingRequest {
  readonly data: Uint8Array;
  readonly hasReply: boolean;
  readonly reply: string;
  readonly trace: TraceHeaders | undefined;
  readonly #gzip: boolean;
  readonly #via: NatsConnection;
  readonly #options: BusRequestOptions;
  readonly #arrived = performance.now();
  #writer: ResponseWriter | undefined;
  #subject = '';

  constructor(message: Msg, via: NatsConnection, options: BusRequestOptions) {
    this.data = message.data;
    const reply = message.reply ?? '';
    this.reply = options.replyRule(reply) === undefined ? reply : '';
    this.hasReply = this.reply !== '';
    this.#gzip = acceptsGzip(message.headers);
    this.trace = traceOf(message.headers);
    this.#via = via;
    this.#options = options;
  }

  /** The reply subject. Empty before the answer is opened, and if there is no valid one. */
  get subject(): string {
    return this.#subject;
  }

  /** The end of the answer as it was sent. Undefined before it is ended. */
  get result(): Promise<AnswerEnd> | undefined {
    return this.#writer?.result;
  }

  /** Milliseconds since arrival. For a long-running answer, until its first message was ready. */
  get elapsedMs(): number {
    return (this.#writer?.firstFlush ?? performance.now()) - this.#arrived;
  }

  replyProblem(replyTo: string): string | undefined {
    return this.#options.replyRule(replyTo);
  }

  answer(head: AnswerHead): AnswerSink {
    const { sendBuffer, logger, chunkBytes = defaultChunkBytes, replies } = this.#options;
    if (this.#writer !== undefined) {
      const facts = { id: head.id, function: head.function };
      limited(logger).error('answer misused', facts, 'The answer of a request was opened twice');
      return this.#writer;
    }
    const { replyTo } = head;
    this.#subject = replyTo !== undefined && this.replyProblem(replyTo) === undefined ? replyTo : this.reply;
    this.#writer = new ResponseWriter(head, {
      sendBuffer,
      via: this.#via,
      subject: this.#subject,
      chunkBytes,
      gzip: this.#gzip,
      logger,
      replies,
    });
    return this.#writer;
  }

  /**
   * Ends the answer with an error of the driver, unless it is ended already. Opens the answer from the readable parts of
   * the request if necessary.
   */
  async fail(thrown: unknown): Promise<void> {
    if (this.result !== undefined) return;
    const error = toDriverError(thrown).toBody();
    const writer = this.#writer ?? this.answer(envelopeOf(this.data));
    await writer.end({ status: 'error', error, meta: emptyMeta(this.elapsedMs) });
  }
}

function envelopeOf(data: Uint8Array): AnswerHead {
  const parsed = parseRequest(data);
  const { id, function: name, replyTo } = parsed.ok ? parsed.request : parsed;
  return { id: id ?? '', function: name, replyTo };
}
