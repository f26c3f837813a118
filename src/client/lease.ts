/**
 * Follows values as they change: opens a lease, renews it before it ends, and goes on with another replica of the
 * driver when one is gone. Each change comes once, and none is missed.
 */
import { DEFAULT_LEASE_MS, leaseSilenceMs } from '../contract/functions/data.ts';
import type { Request } from '../contract/request.ts';
import { doubledMs, type RetryDelays } from '../lib/backoff.ts';
import { IncompleteResponse } from './answer.ts';
import { ask, type ResponseOptions, newInbox, NoResponse, type NatsConnectionLike } from './request.ts';
import { LeaseSession, type SessionEnd } from './lease-session.ts';
import { type LeaseItem, ChangeBuffer } from './change-buffer.ts';

export type { LeaseItem };

export interface LeaseRequest extends Pick<Request, 'host' | 'user'> {
  /** FQNs. */
  items: readonly string[];
  /** Default 5000. */
  intervalMs?: number;
  /** Default 60,000; how soon a lost replica is noticed follows from it. */
  leaseMs?: number;
}

export interface FollowOptions extends Pick<ResponseOptions, 'inboxPrefix'> {
  /** A replica that is silent for longer counts as lost; default: what a lease promises, and a little more. */
  silenceMs?: number;
  /** Told of what went wrong and is being mended. */
  onTrouble?: (error: Error) => void;
}

/** The share of a lease after which the next one is opened. */
const RENEW_AT = 0.75;
/** What the way there and back may take. */
const WAY_MS = 5_000;
/** Before a further try after failures in a row: the first at once, then this, doubling. */
const PAUSES: RetryDelays = { minMs: 100, maxMs: 5_000 };
/** How long a stop waits for the driver's word that the lease is over. */
const STOP_MS = 2_000;

/** Begins to follow the items; iterate over the changes. Ending the iteration ends the lease. */
export function followLease(
  connection: NatsConnectionLike,
  subject: string,
  request: LeaseRequest,
  options: FollowOptions = {},
): FollowedLease {
  return new FollowedLease(connection, subject, request, options);
}

/**
 * The changes of all items, each once. Who reads slowly gets only the newest of each item. The iteration ends when the
 * lease is stopped or somebody cancels it, and throws when the driver refuses it for good, or at the very first when
 * nobody answers.
 */
export class FollowedLease implements AsyncIterable<LeaseItem> {
  readonly #connection: NatsConnectionLike;
  readonly #subject: string;
  readonly #request: LeaseRequest;
  readonly #options: FollowOptions;
  readonly #leaseMs: number;
  readonly #news = new ChangeBuffer();
  #cursor: string | undefined;
  #realIntervalMs: number | undefined;
  /** The lease that counts, and the one that is to follow it. */
  #current: LeaseSession | undefined;
  #next: LeaseSession | undefined;
  #opened = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  constructor(connection: NatsConnectionLike, subject: string, request: LeaseRequest, options: FollowOptions) {
    this.#connection = connection;
    this.#subject = subject;
    this.#request = request;
    this.#options = options;
    this.#leaseMs = request.leaseMs ?? DEFAULT_LEASE_MS;
    this.#open();
  }

  /**
   * How often the items are really read at present, on average; longer than asked for when the server cannot keep up.
   * Undefined as long as that is not known.
   */
  get realIntervalMs(): number | undefined {
    return this.#realIntervalMs;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LeaseItem> {
    try {
      yield* this.#news.read();
    } finally {
      await this.stop();
    }
  }

  /** Ends the lease; resolves when the driver has ended it too, or cannot be reached. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    const terms = [this.#current, this.#next].filter((term) => term !== undefined);
    this.#current = undefined;
    this.#next = undefined;
    this.#news.end();
    await Promise.all(
      terms.map(async (term) => {
        term.leave();
        await ask(this.#connection, this.#subject, cancelling(term), { ...this.#options, silenceMs: STOP_MS }).catch(
          // Without a caller the lease ends by itself.
          () => undefined,
        );
      }),
    );
  }

  /** Opens a lease where the ones before have come to; the current one goes on until it is there. */
  #open(): void {
    const { host, user, ...params } = this.#request;
    const request = {
      function: 'eventpipepoll',
      params: { ...params, ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }) },
      ...(host === undefined ? {} : { host }),
      ...(user === undefined ? {} : { user }),
    };
    const { inboxPrefix, silenceMs = leaseSilenceMs(this.#leaseMs) + WAY_MS } = this.#options;
    const options = { silenceMs, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) };
    const term = new LeaseSession(this.#connection, this.#subject, request, options);
    this.#next = term;
    void this.#follow(term);
  }

  /** Never rejects. */
  async #follow(term: LeaseSession): Promise<void> {
    const end = await term.run((items, { cursor, intervalMs }) => {
      if (term === this.#next) this.#promote(term);
      // What a lease that was replaced still sends comes from the one that replaced it, too.
      if (term !== this.#current) return;
      for (const item of items) this.#news.add(item as LeaseItem);
      this.#cursor = cursor ?? this.#cursor;
      this.#realIntervalMs = intervalMs ?? this.#realIntervalMs;
    });
    const isNext = term === this.#next;
    if (!isNext && term !== this.#current) return;
    if (isNext) this.#next = undefined;
    else this.#current = undefined;
    this.#ended(end);
  }

  /** The next lease is there: from now on it counts. */
  #promote(term: LeaseSession): void {
    const before = this.#current;
    this.#current = term;
    this.#next = undefined;
    this.#opened = true;
    this.#failures = 0;
    if (before) {
      before.leave();
      this.#tryTo(() => {
        const reply = newInbox(this.#connection, this.#options);
        this.#connection.publish(this.#subject, Buffer.from(JSON.stringify(cancelling(before))), { reply });
      });
    }
    this.#openIn(this.#leaseMs * RENEW_AT);
  }

  #ended({ ended, error }: SessionEnd): void {
    if (ended === 'cancelled') {
      void this.stop();
      return;
    }
    if (error) {
      if ('details' in error && (error.details as { field?: unknown } | undefined)?.field === 'cursor') {
        // Of another version of the driver: what is known is sorted out here as well.
        this.#cursor = undefined;
      } else if (!this.#mayTryAgain(error)) {
        this.#news.fail(error);
        void this.stop();
        return;
      }
      this.#options.onTrouble?.(error);
    }
    // While another lease lives, or is on its way, there is time.
    if (this.#next) return;
    const failures = this.#failures;
    if (error) this.#failures++;
    this.#openIn(error && failures > 0 ? doubledMs(failures - 1, PAUSES) : 0);
  }

  #mayTryAgain(error: Error): boolean {
    if (error instanceof NoResponse) return this.#opened;
    return error instanceof IncompleteResponse || ('retryable' in error && error.retryable === true);
  }

  #openIn(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#stopping) return;
    this.#timer = setTimeout(() => {
      if (!this.#next && !this.#stopping) this.#open();
    }, ms);
  }

  #tryTo(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.onTrouble?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

const cancelling = ({ id }: LeaseSession): Request => ({
  function: 'cancel',
  params: { request: id },
  timeoutMs: STOP_MS,
});
