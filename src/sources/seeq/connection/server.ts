/** One Seeq server for the other modules of this folder. `ask` makes one typed call, including retries and logins. */
import type { DriverError } from '../../../contract/errors.ts';
import type { Clock } from '../../../lib/clock.ts';
import { isPassing } from '../../../net/errors.ts';
import { type Outcome, retryAfterOf, ServerCalls } from '../../../net/availability/server-calls.ts';
import { UnreadableResponse } from '../../../net/unreadable-response.ts';
import { clockDifferenceMs } from '../../../net/transport.ts';
import { UnexpectedJson } from '../../../net/json-fields.ts';
import type { CallRecovery, Pause, SourceCall } from '../../source.ts';
import { ITEM_BYTES } from './body-limits.ts';
import { fromRefusal, labelOf, statusMessageOf } from './errors.ts';
import { Flights } from './single-flight.ts';
import { type SeeqCredentials, SeeqSession } from './session.ts';
import { openTransport, type SeeqClient, type SeeqTransport, type SeeqTransportOptions } from './transport.ts';

/** One typed call: `(client, signal) => client.GET(...)`. */
export type Operation<T> = (client: SeeqClient, signal: AbortSignal) => Promise<Outcome<T>>;

export interface AskOptions {
  /** The call needs no session. */
  open?: boolean;
  /** Key of the call: identical concurrent calls are made once, and share their (read-only) result. */
  share?: string;
  /** Call even if the server was found to be down a moment ago, and return the result soon. */
  probe?: boolean;
  /** Largest answer. Default: that of one item. */
  limitBytes?: number;
}

/** Most tries of one call while other calls keep replacing its token. */
const MOST_RENEWALS = 20;

export class SeeqServer {
  readonly name: string;
  readonly #session: SeeqSession;
  readonly #transport: SeeqTransport;
  readonly #calls: ServerCalls;
  readonly #flights = new Flights();
  #clockAheadMs: number | undefined;

  /** @param clock the clock for delays between tries */
  constructor(name: string, options: SeeqTransportOptions, credentials: SeeqCredentials, clock?: Clock) {
    this.name = name;
    const session = new SeeqSession(name, credentials);
    const onClock = (aheadMs: number) => (this.#clockAheadMs = clockDifferenceMs(aheadMs));
    const transport = openTransport({ ...options, onClock }, session);
    session.use(transport.client);
    this.#session = session;
    this.#transport = transport;
    this.#calls = new ServerCalls({
      ...{ label: labelOf(name), connections: options.connections, requestTimeoutMs: options.requestTimeoutMs, clock },
      failure: (thrown, signal) => session.failure(thrown, signal),
      refused: (outcome) => this.#refused(outcome),
      small: (signal) => transport.fresh((client) => client.GET('/system/server-status', { signal })),
      onFailing: () => {
        session.restart();
      },
      onSecond: () => {
        // The connections may all be dead, for example behind a firewall that dropped its state.
        transport.renew();
        session.restart();
      },
    });
  }

  /** How calls are saved and repeated. */
  get recovery(): CallRecovery {
    return { shared: this.#flights.shared, ...this.#calls.numbers };
  }

  /**
   * How far the driver's clock is ahead of the server's, in milliseconds; 0 below some seconds. Undefined if the server
   * has reported no time.
   */
  get clockAheadMs(): number | undefined {
    return this.#clockAheadMs;
  }

  /**
   * Makes one call within the limits of the request.
   * @throws DriverError
   */
  ask<T>(call: SourceCall, operation: Operation<T>, options: AskOptions = {}): Promise<T> {
    return this.askFor(call, operation, (body) => body, options);
  }

  /** The same, with the body decoded by `decode`. A body that it rejects is an error of the server. */
  askFor<T, R>(
    call: SourceCall,
    operation: Operation<T>,
    decode: (body: T) => R,
    options: AskOptions = {},
  ): Promise<R> {
    const { share } = options;
    return share === undefined
      ? this.#run(call, operation, decode, options)
      : this.#joined(share, call, operation, decode, options);
  }

  async close(): Promise<void> {
    this.#calls.close();
    await this.#transport.close();
  }

  #run<T, R>(call: SourceCall, operation: Operation<T>, decode: (body: T) => R, options: AskOptions): Promise<R> {
    const { signal, deadlineMs } = call;
    const { probe } = options;
    return call.run((pause?: Pause) =>
      this.#calls.insist({ signal, deadlineMs, probe, pause }, async (slowEndMs) =>
        this.#decoded(await this.#try(operation, signal, options, slowEndMs), decode),
      ),
    );
  }

  async #joined<T, R>(
    share: string,
    call: SourceCall,
    operation: Operation<T>,
    decode: (body: T) => R,
    options: AskOptions,
  ): Promise<R> {
    for (;;) {
      const flight = { began: false };
      try {
        return await this.#flights.join(share, call.signal, (signal) => {
          flight.began = true;
          return this.#run({ ...call, signal }, operation, decode, options);
        });
      } catch (thrown) {
        // It was retried for the time budget of the request that started it. This request has more time.
        const more = (call.deadlineMs ?? 0) > performance.now();
        if (flight.began || !more || this.#calls.isFailing || !isPassing(this.#session.failure(thrown))) throw thrown;
      }
    }
  }

  #decoded<T, R>(body: T, decode: (body: T) => R): R {
    try {
      return decode(body);
    } catch (thrown) {
      if (!(thrown instanceof UnexpectedJson)) throw thrown;
      const text = statusMessageOf(body);
      const hint = text !== '' ? `; it says: ${text}` : thrown.foreign ? '; is this a Seeq server?' : '';
      throw new UnexpectedJson(`${thrown.message}${hint}`);
    }
  }

  async #try<T>(operation: Operation<T>, signal: AbortSignal, options: AskOptions, slowEndMs: number): Promise<T> {
    let newLogins = 0;
    for (let tries = 1; ; tries++) {
      const outcome = await this.#once(operation, signal, options, slowEndMs);
      const { data, response, renewed } = outcome;
      if (response.ok) {
        if (data !== undefined) return data;
        throw new UnreadableResponse('it answered without a body', { passing: true });
      }
      if (response.status === 401 && options.open !== true) {
        // Another call has brought a newer token meanwhile, which was not refused yet.
        if (renewed ? tries < MOST_RENEWALS : ++newLogins === 1) continue;
      }
      throw this.#refused(outcome);
    }
  }

  async #once<T>(
    operation: Operation<T>,
    signal: AbortSignal,
    { open, limitBytes = ITEM_BYTES }: AskOptions,
    slowEndMs: number,
  ): Promise<Outcome<T> & { renewed: boolean; token: string | undefined }> {
    const client = this.#transport.bounded(limitBytes);
    const make = async (trySignal: AbortSignal) => {
      if (open !== true && this.#session.token === undefined) await this.#session.ensure(trySignal);
      const token = this.#session.token;
      return { token, ...(await operation(client, trySignal)) };
    };
    const outcome = await this.#calls.once(make, signal, slowEndMs);
    const refused = outcome.response.status === 401;
    if (!refused && open !== true) this.#session.accepted();
    return { ...outcome, renewed: refused && this.#session.expired(outcome.token) };
  }

  #refused({ response, error }: Outcome): DriverError {
    const reply = { status: response.status, body: error, retryAfterMs: retryAfterOf(response) };
    return fromRefusal(reply, this.name, this.#session.conceal);
  }
}

/** A key for a call from everything that determines its answer. */
export function shareKey(...parts: unknown[]): string {
  return JSON.stringify(parts);
}
