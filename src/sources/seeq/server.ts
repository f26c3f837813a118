/** One Seeq server as the rest of this folder sees it: `ask` makes one typed call, with all that can go wrong settled. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../contract/errors.ts';
import { CircuitBreaker } from '../http/circuit-breaker.ts';
import { CallTimeout } from '../http/exchange.ts';
import { parseRetryAfter, waitMs } from '../http/retry.ts';
import { SilenceWatch } from '../http/silence-watch.ts';
import type { Pause, SourceCall } from '../source.ts';
import { ITEM_BYTES } from './body-limits.ts';
import {
  fromRefusal,
  fromThrown,
  isBrokenConnection,
  isPassing,
  type RefusedReply,
  statusMessageOf,
  Unreachable,
} from './failure.ts';
import { UnexpectedJson } from '../json.ts';
import { Flights } from './flights.ts';
import { UnreadableReply } from './reply.ts';
import { type SeeqCredentials, Session } from './session.ts';
import { openTransport, type SeeqClient, type Transport, type TransportOptions } from './transport.ts';

/** What openapi-fetch resolves to. */
interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Pick<Response, 'ok' | 'status' | 'headers'>;
}

/** One typed call: `(client, signal) => client.GET(...)`. */
export type Operation<T> = (client: SeeqClient, signal: AbortSignal) => Promise<Outcome<T>>;

export interface AskOptions {
  /** The call needs no session. */
  open?: boolean;
  /** Names the call: identical ones under way at once are made once, and share their (read-only) result. */
  share?: string;
  /** Ask even if the server was found to be down a moment ago, and report soon how it is. */
  probe?: boolean;
  /** Largest answer; that of one item by default. */
  limitBytes?: number;
}

/** How long a call is tried again where nobody says how much time there is. */
const PATIENCE_MS = 20_000;
/** A probe reports what it finds, and not what would be found later. */
const PROBE_PATIENCE_MS = 1000;
/** A server that does not answer a small call in this time, or not after so many tries, is sick. */
const LOOK_MS = 5000;
const LOOK_TRIES = 3;
/** A call counts as slow after such a part of its time, so that the same time is left for another one, and more. */
const SLOW_PART = 1 / 3;
/** Second tries at once, as a part of the connections. */
const SECOND_PART = 1 / 4;
/** A body that is damaged so often is not damaged on its way. */
const MOST_DAMAGED = 12;
/** Tries of one call while other calls keep replacing the token that it uses. */
const MOST_RENEWALS = 20;

/** Nothing stands behind a proxy that answers so. */
const WITHOUT_SERVER = new Set<unknown>([502, 503, 504]);

/**
 * Calls that wait for another try leave their turn to others, unless nearly every answer fails: then they keep it, so
 * that a server in trouble gets fewer calls. The share of failures is that of about the last so many answers.
 */
const NEARLY_ALL = 0.85;
const ANSWERS_REMEMBERED = 32;

export class SeeqServer {
  readonly name: string;
  readonly #session: Session;
  readonly #transport: Transport;
  readonly #circuit: CircuitBreaker;
  readonly #watch: SilenceWatch;
  readonly #flights = new Flights();
  readonly #random: () => number;
  readonly #requestTimeoutMs: number;
  #failing = 0;

  /** @param random for the jitter between tries, from 0 to 1 */
  constructor(
    name: string,
    options: TransportOptions,
    credentials: SeeqCredentials,
    random: () => number = Math.random,
  ) {
    this.name = name;
    this.#random = random;
    this.#requestTimeoutMs = options.requestTimeoutMs;
    this.#session = new Session(name, credentials);
    this.#transport = openTransport(options, this.#session);
    this.#session.use(this.#transport.client);
    this.#circuit = new CircuitBreaker(undefined, random);
    this.#watch = new SilenceWatch({
      look: () => this.#look(),
      onSick: (failure) => {
        this.#circuit.open(failure);
        this.#session.restart();
      },
      onSecond: () => {
        // The connections may all be dead, as behind a firewall that forgot them.
        this.#transport.renew();
        this.#session.restart();
      },
      mostSeconds: Math.max(1, Math.floor(options.connections * SECOND_PART)),
    });
  }

  /**
   * Makes one call within the limits of the request.
   * @throws DriverError
   */
  ask<T>(call: SourceCall, operation: Operation<T>, options: AskOptions = {}): Promise<T> {
    return this.askFor(call, operation, (body) => body, options);
  }

  /** The same, with the body read by `decode`; a body that it cannot use is the server's fault. */
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
    this.#watch.close();
    await this.#transport.close();
  }

  #run<T, R>(call: SourceCall, operation: Operation<T>, decode: (body: T) => R, options: AskOptions): Promise<R> {
    return call.run((pause) => this.#insist(call, operation, decode, options, pause));
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
        // It was tried as long as the one who began it has time; this one has more.
        const more = (call.deadlineMs ?? 0) > performance.now();
        if (flight.began || !more || this.#circuit.isOpen || !isPassing(fromThrown(thrown, this.name))) throw thrown;
      }
    }
  }

  /** Tries until there is a good answer, one that no other try would change, or no time for another try. */
  async #insist<T, R>(
    { signal, deadlineMs }: SourceCall,
    operation: Operation<T>,
    decode: (body: T) => R,
    options: AskOptions,
    pause: Pause | undefined,
  ): Promise<R> {
    const patienceMs = options.probe === true ? PROBE_PATIENCE_MS : PATIENCE_MS;
    const endMs = Math.min(deadlineMs ?? Infinity, performance.now() + patienceMs);
    const slowEndMs = deadlineMs ?? endMs;
    let damages = 0;
    for (let tries = 1; ; tries++) {
      try {
        return this.#decoded(await this.#try(operation, signal, options, slowEndMs), decode);
      } catch (thrown) {
        const error = this.#session.failure(thrown, signal);
        if (error.cause instanceof UnreadableReply) damages++;
        const passing = isPassing(error) && damages < MOST_DAMAGED;
        this.#count(passing ? error : undefined);
        if (!passing || signal.aborted || (this.#circuit.isOpen && options.probe !== true)) throw error;
        // The server closed a kept connection just when it was used: nothing to wait for.
        const wait = tries === 1 && isBrokenConnection(error) ? 0 : waitMs(tries, hintOf(error), this.#random);
        // A wait that leaves no time would only hide the reason; the hint goes to the caller instead.
        if (performance.now() + wait >= endMs) throw error;
        if (wait === 0) continue;
        if (pause !== undefined && this.#failing < NEARLY_ALL) await pause(wait);
        else await sleep(wait, undefined, { signal });
      }
    }
  }

  #decoded<T, R>(body: T, decode: (body: T) => R): R {
    try {
      const decoded = decode(body);
      this.#count(undefined);
      return decoded;
    } catch (thrown) {
      if (!(thrown instanceof UnexpectedJson)) throw thrown;
      const text = statusMessageOf(body);
      const hint = text !== '' ? `; it says: ${text}` : thrown.foreign ? '; is this a Seeq server?' : '';
      throw new UnexpectedJson(`${thrown.message}${hint}`);
    }
  }

  async #try<T>(operation: Operation<T>, signal: AbortSignal, options: AskOptions, slowEndMs: number): Promise<T> {
    if (options.probe !== true && this.#circuit.isOpen) {
      await this.#circuit.admit(() => this.#look());
      signal.throwIfAborted();
    }
    let newLogins = 0;
    for (let tries = 1; ; tries++) {
      const outcome = await this.#once(operation, signal, options, slowEndMs);
      const { data, response, renewed } = outcome;
      if (response.ok) {
        if (data !== undefined) return data;
        throw new UnreadableReply('it answered without a body', { passing: true });
      }
      if (response.status === 401 && options.open !== true) {
        // Another call has brought a newer token meanwhile, so this one has not been refused with it yet.
        if (renewed ? tries < MOST_RENEWALS : ++newLogins === 1) continue;
      }
      throw this.#refused(this.#refusal(outcome));
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
    const slowMs = Math.min(this.#requestTimeoutMs / 2, (slowEndMs - performance.now()) * SLOW_PART);
    try {
      const outcome = await this.#watch.run(make, signal, slowMs);
      this.#watch.answered();
      if (!WITHOUT_SERVER.has(outcome.response.status)) this.#circuit.close();
      const refused = outcome.response.status === 401;
      if (!refused && open !== true) this.#session.accepted();
      return { ...outcome, renewed: refused && this.#session.expired(outcome.token) };
    } catch (thrown) {
      const error = this.#session.failure(thrown, signal);
      if (error instanceof Unreachable) this.#circuit.open(error);
      throw error;
    }
  }

  /**
   * One small call on a new connection that needs no session.
   * @throws DriverError if the server is sick
   */
  async #look(): Promise<void> {
    const limitMs = Math.min(LOOK_MS, this.#requestTimeoutMs);
    const signal = AbortSignal.timeout(limitMs);
    for (let tries = 1; ; tries++) {
      try {
        const outcome = await this.#transport.fresh((client) => client.GET('/system/server-status', { signal }));
        if (!WITHOUT_SERVER.has(outcome.response.status)) return;
        throw this.#refused(this.#refusal(outcome));
      } catch (thrown) {
        if (signal.aborted || thrown instanceof CallTimeout) throw silent(this.name, limitMs);
        const error = fromThrown(thrown, this.name);
        // An answer that cannot be read is one.
        if (error.cause instanceof UnreadableReply) return;
        if (!isPassing(error) || tries === LOOK_TRIES) throw error;
        await sleep(waitMs(tries, undefined, this.#random));
      }
    }
  }

  /** Counts an answer; without a failure it was one that no other try would change. */
  #count(failure: DriverError | undefined): void {
    this.#failing += ((failure === undefined ? 0 : 1) - this.#failing) / ANSWERS_REMEMBERED;
    if (failure === undefined) return;
    if (WITHOUT_SERVER.has(failure.details?.status) || isBrokenConnection(failure)) this.#circuit.failed(failure);
  }

  #refusal({ response, error }: Outcome<unknown>): RefusedReply {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
    return { status: response.status, body: error, retryAfterMs };
  }

  #refused(reply: RefusedReply): DriverError {
    return fromRefusal(reply, this.name, this.#session.conceal);
  }
}

const hintOf = ({ details }: DriverError): number | undefined =>
  typeof details?.retryAfterMs === 'number' ? details.retryAfterMs : undefined;

function silent(server: string, limitMs: number): DriverError {
  return new DriverError(
    'sourceUnavailable',
    `Server "${server}" takes connections and does not answer a small call within ${limitMs} ms; is it frozen or overloaded?`,
  );
}

/** A name for a call by everything that decides its answer. */
export function shareKey(...parts: unknown[]): string {
  return JSON.stringify(parts);
}
