/**
 * Follows values as they change: opens a lease, renews it before it ends, and moves to another replica of the driver if
 * one is lost. Each change is delivered once, and none is missed.
 */
import { DEFAULT_LEASE_MS, leaseSilenceMs } from '../contract/functions/data.ts';
import type { Request } from '../contract/request.ts';
import { doubledMs, type RetryDelays } from '../lib/backoff.ts';
import { IncompleteResponse } from './answer.ts';
import { sendRequest, type ResponseOptions, newInbox, NoResponse, type NatsConnectionLike } from './request.ts';
import { LeaseSession, type SessionEnd } from './lease-session.ts';
import { type LeaseItem, ChangeBuffer } from './change-buffer.ts';

export type { LeaseItem };

export interface LeaseRequest extends Pick<Request, 'host' | 'user'> {
  /** FQNs. */
  items: readonly string[];
  /** Default 5000. */
  intervalMs?: number;
  /** Default 60,000. It determines how soon a lost replica is detected. */
  leaseMs?: number;
}

export interface FollowOptions extends Pick<ResponseOptions, 'inboxPrefix'> {
  /** A replica that is silent for longer counts as lost. Default: the longest silence of a lease, with a reserve. */
  silenceMs?: number;
  /** Called on a failure that is being recovered. */
  onFailure?: (error: Error) => void;
}

/** The share of a lease after which the next one is opened. */
const RENEW_AT = 0.75;
/** Allowance for the round trip. */
const ROUND_TRIP_MS = 5_000;
/** Delay before a retry after consecutive failures: the first at once, then this, doubling. */
const PAUSES: RetryDelays = { minMs: 100, maxMs: 5_000 };
/** How long a stop waits for the driver to confirm the end of the lease. */
const STOP_MS = 2_000;

/** Starts following the items. Iterate over the changes. Ending the iteration ends the lease. */
export function followLease(
  connection: NatsConnectionLike,
  subject: string,
  request: LeaseRequest,
  options: FollowOptions = {},
): FollowedLease {
  return new FollowedLease(connection, subject, request, options);
}

/**
 * The changes of all items, each once. A slow reader gets only the newest change of each item. The iteration ends when
 * the lease is stopped or cancelled. It throws when the driver refuses the lease permanently, or when there is no
 * response to the first request.
 */
export class FollowedLease implements AsyncIterable<LeaseItem> {
  readonly #connection: NatsConnectionLike;
  readonly #subject: string;
  readonly #request: LeaseRequest;
  readonly #options: FollowOptions;
  readonly #leaseMs: number;
  readonly #changes = new ChangeBuffer();
  #cursor: string | undefined;
  #realIntervalMs: number | undefined;
  /** The current lease, and its successor. */
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
   * The actual average read interval of the items. It is longer than requested if the server cannot keep up. Undefined
   * as long as it is unknown.
   */
  get realIntervalMs(): number | undefined {
    return this.#realIntervalMs;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<LeaseItem> {
    try {
      yield* this.#changes.read();
    } finally {
      await this.stop();
    }
  }

  /** Ends the lease. Resolves when the driver has ended it too, or is unreachable. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#timer);
    const sessions = [this.#current, this.#next].filter((session) => session !== undefined);
    this.#current = undefined;
    this.#next = undefined;
    this.#changes.end();
    await Promise.all(
      sessions.map(async (session) => {
        session.stop();
        await sendRequest(this.#connection, this.#subject, cancelling(session), {
          ...this.#options,
          silenceMs: STOP_MS,
        }).catch(
          // Without a caller the lease ends by itself.
          () => undefined,
        );
      }),
    );
  }

  /** Opens a lease that continues the previous ones. The current one stays active until then. */
  #open(): void {
    const { host, user, ...params } = this.#request;
    const request = {
      function: 'eventpipepoll',
      params: { ...params, ...(this.#cursor === undefined ? {} : { cursor: this.#cursor }) },
      ...(host === undefined ? {} : { host }),
      ...(user === undefined ? {} : { user }),
    };
    const { inboxPrefix, silenceMs = leaseSilenceMs(this.#leaseMs) + ROUND_TRIP_MS } = this.#options;
    const options = { silenceMs, ...(inboxPrefix === undefined ? {} : { inboxPrefix }) };
    const session = new LeaseSession(this.#connection, this.#subject, request, options);
    this.#next = session;
    void this.#follow(session);
  }

  /** Never rejects. */
  async #follow(session: LeaseSession): Promise<void> {
    const end = await session.run((items, { cursor, intervalMs }) => {
      if (session === this.#next) this.#promote(session);
      // The successor also delivers what a replaced lease still sends.
      if (session !== this.#current) return;
      for (const item of items) this.#changes.add(item as LeaseItem);
      this.#cursor = cursor ?? this.#cursor;
      this.#realIntervalMs = intervalMs ?? this.#realIntervalMs;
    });
    const isNext = session === this.#next;
    if (!isNext && session !== this.#current) return;
    if (isNext) this.#next = undefined;
    else this.#current = undefined;
    this.#ended(end);
  }

  /** The successor is open and becomes the current lease. */
  #promote(session: LeaseSession): void {
    const before = this.#current;
    this.#current = session;
    this.#next = undefined;
    this.#opened = true;
    this.#failures = 0;
    if (before) {
      before.stop();
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
        // The replica has another driver version. Known changes are also filtered here.
        this.#cursor = undefined;
      } else if (!this.#mayTryAgain(error)) {
        this.#changes.fail(error);
        void this.stop();
        return;
      }
      this.#options.onFailure?.(error);
    }
    // While another lease is active or being opened, nothing is lost.
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
      this.#options.onFailure?.(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

const cancelling = ({ id }: LeaseSession): Request => ({
  function: 'cancel',
  params: { request: id },
  timeoutMs: STOP_MS,
});
