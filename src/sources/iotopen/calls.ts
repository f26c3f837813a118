/** The calls to one IoT Open platform: with login, retries, and a second form for a URL that is too long. */
import { DriverError } from '../../contract/errors.ts';
import type { Clock } from '../../lib/clock.ts';
import { isOversized } from '../../net/errors.ts';
import { type Outcome, ServerCalls } from '../../net/availability/server-calls.ts';
import { UnreadableResponse } from '../../net/unreadable-response.ts';
import { fromRefusal } from './errors.ts';
import { IotOpenSession } from './login/session.ts';
import { headersOf, type Grant, type IotOpenCredentials } from './login/auth-method.ts';
import { openTransport, type IotOpenPaths, type IotOpenTransport, type IotOpenTransportOptions } from './transport.ts';

export interface PlatformOptions extends IotOpenTransportOptions {
  /** The configured connection name. */
  readonly name: string;
  readonly credentials: IotOpenCredentials;
  /** The remedy for a required second factor. */
  readonly codeAdvice: string;
  /** Called with a problem that operators should see and that does not stop the feed. */
  readonly onNotice: (text: string) => void;
  readonly now?: (() => number) | undefined;
  /** The clock for delays between tries. Default: the system clock. */
  readonly clock?: Clock | undefined;
}

/** Headers and signal of a call. */
type Outgoing = { headers: Record<string, string>; signal: AbortSignal };

/** One typed call. */
export interface PlatformCall<T> {
  readonly send: Send;
  /** Used if the URL is too long. An old platform does not support it (405); then the first answer counts. */
  readonly instead?: Send;
  /** Largest answer. */
  readonly limitBytes: number;
  /** Decodes the answer. Returns undefined if it does not match the call. */
  readonly read: (body: unknown) => T | undefined;
  /** Name in messages: "functions". */
  readonly what: string;
  /** A good answer may have no body. */
  readonly mayBeEmpty?: boolean;
  /** Call even if the platform was found to be down a moment ago, and return the result soon. */
  readonly probe?: boolean;
}

/** Statuses of a GET with a URL that is too long: 431 from servers and proxies that count it as a header. */
const ADDRESS_TOO_LONG = [414, 431];
/** These, or the status of a POST with a body that is too long: fewer topics per call may succeed. */
const TOO_MANY_TOPICS: readonly unknown[] = [...ADDRESS_TOO_LONG, 413];

export type Send = (client: IotOpenPaths, outgoing: Outgoing) => Promise<Outcome>;

export class PlatformCalls {
  readonly #platform: string;
  readonly #session: IotOpenSession;
  readonly #transport: IotOpenTransport;
  readonly #calls: ServerCalls;

  /** @param onClock receives how far the driver's clock is ahead of the platform's, in milliseconds */
  constructor(options: PlatformOptions, onClock: (aheadMs: number) => void) {
    const { name, credentials, codeAdvice, onNotice, now, clock, connections, requestTimeoutMs } = options;
    const platform = `IoT Open "${name}"`;
    const transport = openTransport(options, onClock);
    const session = new IotOpenSession({ platform, credentials, client: transport.client, codeAdvice, onNotice, now });
    this.#platform = platform;
    this.#transport = transport;
    this.#session = session;
    this.#calls = new ServerCalls({
      ...{ label: platform, connections, requestTimeoutMs, clock },
      failure: (thrown, signal) => session.failure(thrown, signal),
      refused: (outcome) => fromRefusal(outcome, platform, session.conceal),
      small: (signal) => transport.fresh((fresh) => fresh.GET('/api/v2/ping', { signal })),
      // A login in progress may complete, since it can return a token that must be saved.
      onSecond: () => {
        transport.renew();
      },
    });
  }

  get session(): IotOpenSession {
    return this.#session;
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    this.#calls.close();
    await this.#transport.close();
  }

  /** A new grant, although the previous one may be valid. @throws DriverError */
  renew(signal: AbortSignal): Promise<Grant> {
    return this.#calls.insist({ signal }, () => this.#session.renew());
  }

  /** Makes one call. @throws DriverError */
  call<T>(signal: AbortSignal, ask: PlatformCall<T>): Promise<T> {
    return this.#calls.insist({ signal, probe: ask.probe }, async (slowEndMs) => {
      const data = await this.#answer(ask, signal, slowEndMs);
      if (data === undefined && ask.mayBeEmpty !== true)
        throw new UnreadableResponse('it answered without a body', { passing: true });
      const read = ask.read(data);
      if (read !== undefined) return read;
      throw new DriverError(
        'sourceError',
        `${this.#platform} answered for its ${ask.what} with something else than a list.`,
      );
    });
  }

  async #answer({ send, instead, limitBytes }: PlatformCall<unknown>, signal: AbortSignal, slowEndMs: number) {
    const answer = await this.#sendLoggedIn(send, limitBytes, signal, slowEndMs);
    if (!ADDRESS_TOO_LONG.includes(answer.response.status) || instead === undefined) return this.#dataOf(answer);
    const other = await this.#sendLoggedIn(instead, limitBytes, signal, slowEndMs);
    return this.#dataOf(other.response.status === 405 ? answer : other);
  }

  /** Retries once with a new login after a refused one. */
  async #sendLoggedIn(send: Send, limitBytes: number, signal: AbortSignal, slowEndMs: number): Promise<Outcome> {
    const client = this.#transport.bounded(limitBytes);
    const attempt = (refused?: Grant) =>
      this.#calls.once(
        async (trySignal) => {
          const grant = await (refused === undefined ? this.#session.grant() : this.#session.replace(refused));
          return { grant, ...(await send(client, { headers: headersOf(grant), signal: trySignal })) };
        },
        signal,
        slowEndMs,
      );
    const answer = await attempt();
    return answer.response.status === 401 ? attempt(answer.grant) : answer;
  }

  #dataOf(answer: Outcome): unknown {
    if (answer.response.ok) return answer.data;
    throw fromRefusal(answer, this.#platform, this.#session.conceal);
  }
}

/** Returns the answer. If it or the URL was too long and there is no other call, splits the topics in two parts. */
export async function fitting<T>(
  topics: readonly string[],
  ask: () => Promise<T>,
): Promise<{ answer: T } | { parts: readonly (readonly string[])[] }> {
  try {
    return { answer: await ask() };
  } catch (error) {
    if ((!TOO_MANY_TOPICS.includes(statusOf(error)) && !isOversized(error)) || topics.length < 2) throw error;
    const half = topics.length >> 1;
    return { parts: [topics.slice(0, half), topics.slice(half)] };
  }
}

/** The HTTP status of an error. */
const statusOf = (error: unknown): unknown => (error instanceof DriverError ? error.details?.status : undefined);

/*
 * Size limits of answers, from the size of the request. Values are parsed with every digit at 10 to 20 MB a second,
 * which blocks the process meanwhile. If a page exceeds its limit, the driver requests a smaller one.
 */
const KiB = 1024;
const MiB = 1024 * KiB;

/**
 * A list of the catalogue, which the platform returns only as a whole: about 20,000 functions with a dozen metadata
 * each. It has no exact numbers, and is parsed at 100 MB a second.
 */
export const CATALOGUE_BYTES = 16 * MiB;

/** Largest page of values, for any request. */
const LARGEST_PAGE_BYTES = 4 * MiB;

/** A value with topic and text has 150 bytes. Some contain long texts. */
const VALUE_BYTES = KiB;

/** Size limit of a page of this many values. */
export const valueBytes = (count: number): number =>
  2 ** Math.ceil(Math.log2(Math.min(LARGEST_PAGE_BYTES, Math.max(MiB, count * VALUE_BYTES))));
