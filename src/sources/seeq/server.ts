/** One Seeq server as the rest of this folder sees it: `ask` makes one typed call, with all that can go wrong settled. */
import { setTimeout as sleep } from 'node:timers/promises';
import { DriverError } from '../../contract/errors.ts';
import type { SourceCall } from '../source.ts';
import { Availability } from './availability.ts';
import {
  fromRefusal,
  fromThrown,
  statusMessageOf,
  isBrokenConnection,
  parseRetryAfter,
  type RefusedReply,
  Unreachable,
} from './failure.ts';
import { Flights } from './flights.ts';
import { UnexpectedJson } from '../json.ts';
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
  /** Ask even if the server was found to be down a moment ago. */
  probe?: boolean;
}

/** Passing faults by Seeq's own client: conflict, proxy. 503 is added for load balancers. */
const PASSING = new Set([409, 502, 503, 504]);
const TRIES = 4;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;
/** Tries of one call while other calls keep replacing the token that it uses. */
const MOST_RENEWALS = 20;

export class SeeqServer {
  readonly name: string;
  readonly #session: Session;
  readonly #transport: Transport;
  readonly #availability = new Availability();
  readonly #flights = new Flights();

  constructor(name: string, options: TransportOptions, credentials: SeeqCredentials) {
    this.name = name;
    this.#session = new Session(name, credentials);
    this.#transport = openTransport(options, this.#session);
    this.#session.use(this.#transport.client);
  }

  /**
   * Makes one call within the limits of the request.
   * @throws DriverError
   */
  ask<T>(call: SourceCall, operation: Operation<T>, options: AskOptions = {}): Promise<T> {
    return call.run(async () => {
      try {
        return await this.#try(operation, call.signal, options);
      } catch (thrown) {
        throw fromThrown(thrown, this.name, call.signal);
      }
    });
  }

  /** The same, with the body read by `decode`; a body that it cannot use is the server's fault. */
  askFor<T, R>(
    call: SourceCall,
    operation: Operation<T>,
    decode: (body: T) => R,
    options: AskOptions = {},
  ): Promise<R> {
    const { share } = options;
    if (share === undefined) return this.#decoded(call, operation, decode, options);
    return this.#flights.join(share, call.signal, (signal) =>
      this.#decoded({ ...call, signal }, operation, decode, options),
    );
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #decoded<T, R>(
    call: SourceCall,
    operation: Operation<T>,
    decode: (body: T) => R,
    options: AskOptions,
  ): Promise<R> {
    const body = await this.ask(call, operation, options);
    try {
      return decode(body);
    } catch (thrown) {
      if (!(thrown instanceof UnexpectedJson)) throw fromThrown(thrown, this.name);
      const text = statusMessageOf(body);
      const hint = text !== '' ? `; it says: ${text}` : thrown.foreign ? '; is this a Seeq server?' : '';
      const why = this.#session.conceal(`${thrown.message}${hint}`);
      throw fromThrown(new UnexpectedJson(why, { cause: thrown }), this.name);
    }
  }

  async #try<T>(operation: Operation<T>, signal: AbortSignal, options: AskOptions): Promise<T> {
    let newLogins = 0;
    for (let tries = 1; ; tries++) {
      const outcome = await this.#once(operation, signal, options, tries === 1);
      if (outcome === undefined) continue;
      const { data, response, renewed, token } = outcome;
      if (response.ok) {
        if (data === undefined) throw new DriverError('sourceError', `Server "${this.name}" answered without a body.`);
        return data;
      }
      if (response.status === 401 && !options.open) {
        // Another call has brought a newer token meanwhile, so this one has not been refused with it yet.
        if (renewed ? tries < MOST_RENEWALS : ++newLogins === 1) continue;
      }
      const refusal = this.#refusal(outcome);
      if (!PASSING.has(response.status) || tries >= TRIES) throw this.#refused(refusal, token);
      const wait = pauseMs(tries, refusal);
      // A long wait would only use up the caller's budget; the hint goes to the caller instead.
      if (wait > LONGEST_WAIT_MS) throw this.#refused(refusal, token);
      await sleep(wait, undefined, { signal });
    }
  }

  /** Undefined when the connection broke and another try is safe; every call of this driver only reads. */
  async #once<T>(
    operation: Operation<T>,
    signal: AbortSignal,
    { open, probe }: AskOptions,
    mayBreak: boolean,
  ): Promise<(Outcome<T> & { renewed: boolean; token: string | undefined }) | undefined> {
    if (!probe) this.#availability.check();
    let token: string | undefined;
    try {
      if (!open && this.#session.token === undefined) await this.#session.ensure(signal);
      token = this.#session.token;
      const outcome = await operation(this.#transport.client, signal);
      this.#availability.reached();
      const refused = outcome.response.status === 401;
      if (!refused && !open) this.#session.accepted();
      return { ...outcome, token, renewed: refused && this.#session.expired(token) };
    } catch (thrown) {
      if (mayBreak && !signal.aborted && isBrokenConnection(thrown)) return undefined;
      const error = fromThrown(thrown, this.name, signal);
      if (error instanceof Unreachable) this.#availability.failed(error);
      throw error;
    }
  }

  #refusal({ response, error }: Outcome<unknown>): RefusedReply {
    const retryAfterMs = parseRetryAfter(response.headers.get('retry-after'), Date.now());
    return { status: response.status, body: error, retryAfterMs };
  }

  #refused(reply: RefusedReply, token: string | undefined): DriverError {
    return fromRefusal(reply, this.name, (text) => this.#session.conceal(text, token));
  }
}

/** The wait before the next try: what the server asks for, else a jittered, doubling time. */
function pauseMs(tries: number, { retryAfterMs }: RefusedReply): number {
  const longest = FIRST_WAIT_MS * 2 ** tries;
  return retryAfterMs ?? longest / 2 + (Math.random() * longest) / 2;
}

/** A name for a call by everything that decides its answer. */
export function shareKey(...parts: unknown[]): string {
  return JSON.stringify(parts);
}
