/** One lease at one replica, from its request to its last message. */
import { randomUUID } from 'node:crypto';
import type { AnswerMeta, LeaseEnd } from '../contract/answer.ts';
import type { ErrorBody } from '../contract/errors.ts';
import type { Request } from '../contract/request.ts';
import { IncompleteResponse } from './answer.ts';
import { type ResponseOptions, requestStream, type NatsConnectionLike } from './request.ts';

/** How a lease ended: as the driver reports, or with an error on either side. */
export interface SessionEnd {
  ended?: LeaseEnd;
  error?: Error;
}

/** The driver refused a request. Contains the error of its answer. */
export class RequestRefused extends Error {
  override readonly name = 'RequestRefused';
  readonly code: string;
  readonly retryable: boolean;
  readonly details: Record<string, unknown> | undefined;

  constructor({
    code,
    message,
    retryable,
    details,
  }: Pick<ErrorBody, 'message' | 'retryable' | 'details'> & { code: string }) {
    super(message);
    this.code = code;
    this.retryable = retryable;
    this.details = details;
  }
}

export class LeaseSession {
  /** Id of the request, for cancelling it. */
  readonly id = randomUUID();
  readonly #stopping = new AbortController();
  readonly #stream: ReturnType<typeof requestStream>;

  constructor(connection: NatsConnectionLike, subject: string, request: Request, options: ResponseOptions) {
    this.#stream = requestStream(
      connection,
      subject,
      { ...request, id: this.id },
      { ...options, signal: this.#stopping.signal },
    );
  }

  /** Stops receiving. `run` then resolves. */
  stop(): void {
    this.#stopping.abort(new Error('This lease is no longer followed.'));
  }

  /** Passes on the items of each message, with its lease data. Never rejects. */
  async run(onItems: (items: unknown[], meta: Pick<AnswerMeta, 'cursor' | 'intervalMs'>) => void): Promise<SessionEnd> {
    try {
      for await (const { items, meta, last, error } of this.#stream) {
        // A refused request starts no lease.
        if (last && error !== undefined) return { error: new RequestRefused(error as ErrorBody) };
        onItems(items, meta ?? {});
        if (last && meta?.ended !== undefined) return { ended: meta.ended };
      }
      return { error: new IncompleteResponse('The lease ended and did not say why.') };
    } catch (thrown) {
      return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) };
    }
  }
}
