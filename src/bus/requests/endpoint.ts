/** Receives requests from the bus, passes them to a handler, and makes sure that each gets an answer. */
import type { Msg, NatsConnection } from 'nats';
import type { IncomingRequest } from '../../contract/answer.ts';
import { DriverError } from '../../contract/errors.ts';
import { limited, type Logger } from '../../contract/log.ts';
import { BusRequest, type BusRequestOptions } from './bus-request.ts';
import type { BusConnection } from '../connection/connection.ts';
import { announceService, type ServiceNumbers } from './service-discovery.ts';
import { SendBuffer, type SendBufferOptions } from './send-buffer.ts';
import { KeptSubscription, type Subscribed } from '../connection/kept-subscription.ts';
import type { Inbox } from './inbox.ts';
import { type ReplyRule, subjectToken, subscribeSubject } from '../subject.ts';
import { withTimeout } from '../../lib/timeout.ts';
import { roundTrip } from '../connection/round-trip.ts';

export interface ServeOptions extends Omit<SendBufferOptions, 'logger'> {
  /** Subject of the requests. */
  subject: string;
  /** Queue group that shares the load between replicas. */
  queue: string;
  /** Name, version and description of the NATS service. */
  name: string;
  version: string;
  description: string;
  metadata: Record<string, string>;
  /** Additional data of the `$SRV.STATS` reply. */
  stats: () => object;
  logger: Logger;
  /** Limit for one message of an answer. Default 512 KiB. The server's max_payload applies as well. */
  chunkBytes?: number | undefined;
  /** Which reply subjects are allowed, including those of service discovery. */
  replyRule: ReplyRule;
  /** Delay before a refused subscription is tried again. Default 5 s. */
  resubscribeMs?: number | undefined;
  /** Inbox on which the server reports that a caller is gone. Without it this is not detected. */
  replies?: Inbox | undefined;
}

/** How long requests of a replaced connection are answered over it. */
const replacedMs = 60_000;
/** Time for the server to confirm the last answers. */
const confirmMs = 5000;

/** Answers a request. Resolves when its answer has ended. */
export type RequestHandler = (request: IncomingRequest) => Promise<void>;

/** Counts since the start. */
export interface EndpointNumbers {
  requests: number;
  running: number;
  /**
   * Answers by their final status. `unanswered` counts requests without a reply subject or with one that is not
   * allowed.
   */
  ok: number;
  partial: number;
  error: number;
  unanswered: number;
  /** Handlers that failed or ended without an answer, which is a defect of the driver. */
  faults: number;
  lastError: string;
  processingMs: number;
}

export interface RequestEndpoint {
  /** Number of active requests. */
  readonly running: number;
  /** Answers that the server has not confirmed, or that wait. */
  readonly sending: SendBuffer['load'];
  /** The server refused the subscription, so no requests arrive. */
  readonly isRefused: boolean;
  numbers(): EndpointNumbers;
  /**
   * Stops accepting requests, and waits for the active ones and until the server has their answers. Returns how many
   * were still active after `deadlineMs`.
   */
  stop(deadlineMs: number): Promise<{ unfinished: number }>;
}

/** Starts serving on the live connection and on every later one. Throws if a subject or name is not valid. */
export function serveRequests(
  connection: BusConnection,
  options: ServeOptions,
  handler: RequestHandler,
): RequestEndpoint {
  return new Endpoint(connection, options, handler);
}

class Endpoint implements RequestEndpoint {
  readonly #connection: BusConnection;
  readonly #options: ServeOptions;
  readonly #handler: RequestHandler;
  readonly #sendBuffer: SendBuffer;
  readonly #requestOptions: BusRequestOptions;
  /** The active requests, and the connections that delivered them. */
  readonly #running = new Map<Promise<void>, NatsConnection>();
  readonly #numbers = { requests: 0, ok: 0, partial: 0, error: 0, unanswered: 0, faults: 0, lastError: '' };
  #processingMs = 0;
  readonly #kept: KeptSubscription;
  /** Drains of the subscriptions on replaced connections. */
  readonly #drains = new Set<Promise<unknown>>();
  /** Ends the wait for the requests of a replaced connection. */
  #stopWaiting: () => void = () => undefined;
  #stopped = false;
  readonly #stopAnnouncing: () => void;

  constructor(connection: BusConnection, options: ServeOptions, handler: RequestHandler) {
    const { name, version, description, metadata } = options;
    const subject = subscribeSubject(options.subject);
    const queue = subjectToken(options.queue);
    this.#connection = connection;
    this.#options = options;
    this.#handler = handler;
    const service = { name, version, description, metadata, endpoint: { name: 'request', subject, queue } };
    const numbers = (): ServiceNumbers => {
      const { requests, error, lastError, processingMs } = this.numbers();
      return { requests, errors: error, lastError, processingMs, data: options.stats() };
    };
    this.#stopAnnouncing = announceService(connection, service, numbers, options);
    this.#kept = this.#subscribe(subject, queue);
    const { inFlightBytes, sendTimeoutMs, logger } = options;
    this.#sendBuffer = new SendBuffer(connection, { inFlightBytes, sendTimeoutMs, logger });
    this.#requestOptions = { ...options, sendBuffer: this.#sendBuffer };
  }

  get running(): number {
    return this.#running.size;
  }

  get sending(): SendBuffer['load'] {
    return this.#sendBuffer.load;
  }

  get isRefused(): boolean {
    return this.#kept.isRefused;
  }

  numbers(): EndpointNumbers {
    return { ...this.#numbers, running: this.#running.size, processingMs: this.#processingMs };
  }

  async stop(deadlineMs: number): Promise<{ unfinished: number }> {
    this.#stopAnnouncing();
    this.#kept.stop();
    const deadline = Date.now() + deadlineMs;
    // Requests that the server has already sent arrive before this resolves, and are answered here.
    await withTimeout(deadlineMs, this.#drain());
    this.#stopped = true;
    await withTimeout(deadline - Date.now(), Promise.all(this.#running.keys()));
    if (this.#connection.nats !== undefined) {
      await withTimeout(Math.min(deadline - Date.now(), confirmMs), this.#sendBuffer.idle());
    }
    return { unfinished: this.#running.size };
  }

  async #drain(): Promise<void> {
    try {
      const { subscription, nc } = this.#kept.current ?? {};
      // A drain never ends if its connection breaks meanwhile.
      await Promise.race([
        Promise.all([subscription?.drain(), ...this.#drains]),
        ...(nc === undefined ? [] : [nc.closed()]),
      ]);
    } catch {
      // The connection or the subscription has ended already, so no more requests arrive.
    }
  }

  #subscribe(subject: string, queue: string): KeptSubscription {
    const { logger, resubscribeMs } = this.#options;
    return new KeptSubscription(this.#connection, {
      ...{ subject, queue, resubscribeMs },
      onMessage: (message, nc) => {
        try {
          this.#accept(message, nc);
        } catch (thrown) {
          this.#fault(thrown, 'A request could not be accepted');
        }
      },
      onRefused: (err) => {
        const text =
          'The driver cannot receive requests: the NATS server refused the subscription. Give its user the right to ' +
          'subscribe to this subject. The driver tries again every few seconds.';
        limited(logger).error('subscription refused', { err, subject }, text);
      },
      onMoved: (previous, next) => this.#finishReplaced(previous, next),
    });
  }

  /**
   * A replaced connection that still works gets no new requests once the server has the subscription on the next one.
   * That subscription is made first, so at least one exists at any time. The requests of the replaced connection are
   * answered over it until it is replaced by another one as well.
   */
  async #finishReplaced({ nc, subscription }: Subscribed, next: NatsConnection): Promise<void> {
    if (nc.isClosed()) return;
    this.#stopWaiting();
    const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
    this.#stopWaiting = () => {
      resolve(undefined);
    };
    // A drain never ends if its connection ends.
    const drain = roundTrip(next)
      .catch(() => undefined)
      .then(() => Promise.race([subscription.drain(), nc.closed()]))
      .catch(() => undefined);
    this.#drains.add(drain);
    await drain;
    this.#drains.delete(drain);
    const requests = [...this.#running].filter(([, via]) => via === nc).map(([request]) => request);
    await withTimeout(replacedMs, Promise.race([Promise.all(requests), stopped, nc.closed()]));
    await withTimeout(confirmMs, this.#sendBuffer.confirmed(nc));
  }

  #accept(message: Msg, nc: NatsConnection): void {
    const request = new BusRequest(message, nc, this.#requestOptions);
    this.#numbers.requests++;
    const running = this.#answer(request).finally(() => {
      this.#running.delete(running);
      this.#processingMs += request.elapsedMs;
    });
    this.#running.set(running, nc);
  }

  /** Never rejects. */
  async #answer(request: BusRequest): Promise<void> {
    try {
      if (this.#stopped) throw shuttingDown();
      await this.#handler(request);
      if (request.result === undefined) await this.#endForgotten(request);
    } catch (error) {
      if (!this.#stopped) this.#fault(error, 'A request failed unexpectedly');
      await request.fail(error).catch((reason: unknown) => {
        this.#fault(reason, 'The error of a failed request could not be sent');
      });
    }
    const end = await request.result;
    if (end === undefined) return;
    this.#numbers[request.subject === '' ? 'unanswered' : end.status]++;
    if (end.error !== undefined) this.#numbers.lastError = `${end.error.code}: ${end.error.message}`;
  }

  /** A request without a valid reply subject may be dropped. Any other unanswered request is a defect. */
  async #endForgotten(request: BusRequest): Promise<void> {
    const forgotten = new Error('The handler ended without an answer.');
    await request.fail(forgotten);
    if (request.subject !== '') this.#fault(forgotten, 'A request was not answered by its handler');
  }

  #fault(error: unknown, message: string): void {
    this.#numbers.faults++;
    limited(this.#options.logger).error(message, { err: error }, message);
  }
}

function shuttingDown(): DriverError {
  return new DriverError('sourceUnavailable', 'This replica of the driver shuts down; send the request again.');
}
