/** The client of one IoT Open platform: the typed calls of the feed, with login and vendor-specific handling. */
import { DriverError } from '../../contract/errors.ts';
import { toMilliseconds, type Nanoseconds } from '../../contract/instant.ts';
import { readInstallations, readThings, type Installation, type Listed, type Thing } from './catalogue.ts';
import type { Clock } from '../../lib/clock.ts';
import { isOversized } from '../../net/errors.ts';
import { fittingPage } from '../../net/page-fit.ts';
import { type Outcome, ServerCalls } from '../../net/server-calls.ts';
import { UnreadableResponse } from '../../net/unreadable-response.ts';
import { CATALOGUE_BYTES, valueBytes } from './body-limits.ts';
import { fromRefusal } from './failure.ts';
import { LogPaging } from './log-paging.ts';
import { Session } from './login/session.ts';
import { headersOf, type Grant, type IotOpenCredentials } from './login/way.ts';
import { readLogPage, readStatus, type LogPage, type LogPart, type Row } from './rows.ts';
import { openTransport, type IotOpenPaths, type Transport, type TransportOptions } from './transport.ts';

export interface PlatformOptions extends TransportOptions {
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

/** A query of the log. */
export interface LogQuery {
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  /** Without client id. */
  readonly topics: readonly string[];
  /** Rows in one answer. The platform may return fewer. */
  readonly pageRows: number;
}

/** User and password for MQTT. */
export interface MqttLogin {
  readonly username: string;
  readonly password: string;
}

/** Headers and signal of a call. */
type Outgoing = { headers: Record<string, string>; signal: AbortSignal };

/** One typed call. */
interface Ask<T> {
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

/** The platform's times have a resolution of one second, and its answers take time. */
const CLOCKS_AGREE_MS = 3000;

type Send = (client: IotOpenPaths, outgoing: Outgoing) => Promise<Outcome>;

export class Platform {
  readonly #name: string;
  readonly #kind: IotOpenCredentials['kind'];
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #calls: ServerCalls;
  #clockAheadMs = 0;

  constructor(options: PlatformOptions) {
    const { name, credentials, codeAdvice, onNotice, now, clock, connections, requestTimeoutMs } = options;
    const platform = `IoT Open "${name}"`;
    const transport = openTransport(options, (aheadMs) => (this.#clockAheadMs = aheadMs));
    const { client } = transport;
    const session = new Session({ platform, credentials, client, codeAdvice, onNotice, now });
    this.#name = platform;
    this.#kind = credentials.kind;
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

  /**
   * How far the driver's clock is ahead of the platform's, in milliseconds, within about a second. 0 below some
   * seconds.
   */
  get clockAheadMs(): number {
    return Math.abs(this.#clockAheadMs) < CLOCKS_AGREE_MS ? 0 : this.#clockAheadMs;
  }

  /** Checks that the platform is available and accepts the login. @throws DriverError */
  async ping(signal: AbortSignal, probe = false): Promise<void> {
    const send: Send = (client, outgoing) => client.GET('/api/v2/ping', outgoing);
    await this.#ask(signal, {
      send,
      limitBytes: valueBytes(1),
      read: () => true,
      what: 'ping',
      mayBeEmpty: true,
      probe,
    });
  }

  /** The installations that the caller can see. @throws DriverError */
  installations(signal: AbortSignal): Promise<Listed<Installation>> {
    const send: Send = (client, outgoing) => client.GET('/api/v2/installationinfo', outgoing);
    return this.#ask(signal, { send, limitBytes: CATALOGUE_BYTES, read: readInstallations, what: 'installations' });
  }

  /** The functions of an installation. @throws DriverError */
  functions(installation: Installation, signal: AbortSignal): Promise<Listed<Thing>> {
    const path = { installation_id: installation.id };
    const send: Send = (client, outgoing) =>
      client.GET('/api/v2/functionx/{installation_id}', { ...outgoing, params: { path } });
    return this.#ask(signal, { send, limitBytes: CATALOGUE_BYTES, read: readThings, what: 'functions' });
  }

  /** The devices of an installation. @throws DriverError */
  devices(installation: Installation, signal: AbortSignal): Promise<Listed<Thing>> {
    const path = { installation_id: installation.id };
    const send: Send = (client, outgoing) =>
      client.GET('/api/v2/devicex/{installation_id}', { ...outgoing, params: { path } });
    return this.#ask(signal, { send, limitBytes: CATALOGUE_BYTES, read: readThings, what: 'devices' });
  }

  /** The newest value of each topic that has one. @throws DriverError */
  async status(installation: Installation, topics: readonly string[], signal: AbortSignal): Promise<readonly Row[]> {
    if (topics.length === 0) return [];
    const path = { installation_id: installation.id };
    const outcome = await this.#fitting(topics, () =>
      this.#ask(signal, {
        send: (client, outgoing) =>
          client.GET('/api/v2/status/{installation_id}', {
            ...outgoing,
            params: { path, query: { topics: [...topics] } },
          }),
        instead: (client, outgoing) =>
          client.POST('/api/v2/status/{installation_id}', { ...outgoing, params: { path }, body: [...topics] }),
        limitBytes: valueBytes(topics.length),
        read: (body) => readStatus(body, installation.clientId),
        what: 'status',
      }),
    );
    if ('answer' in outcome) return outcome.answer;
    const parts: Row[] = [];
    for (const part of outcome.parts) parts.push(...(await this.status(installation, part, signal)));
    return parts;
  }

  /**
   * The log of a time range, in pages, ascending in time. An old platform may accept only some of many topics at once;
   * then the parts follow one another. Rows at the edges of the range may be missing, since the API does not document
   * whether they belong to it.
   * @throws DriverError
   */
  async *log(installation: Installation, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogPart> {
    if (query.topics.length === 0) return;
    const paging = new LogPaging(this.#name);
    let { pageRows } = query;
    while (!paging.ended) {
      const outcome = await this.#fitting(query.topics, () =>
        fittingPage(pageRows, (rows) => this.#logPage(installation, query, rows, paging.offset, signal)),
      );
      if ('parts' in outcome) {
        for (const topics of outcome.parts) yield* this.log(installation, { ...query, topics }, signal);
        return;
      }
      const { answer: page, asked } = outcome.answer;
      pageRows = asked;
      paging.take(page);
      if (page.rows.length > 0) yield { topics: query.topics, rows: page.rows };
    }
  }

  /** Credentials for the MQTT broker, created for each call. @throws DriverError */
  async mqttLogin(signal: AbortSignal): Promise<MqttLogin> {
    const grant = await this.#mqttGrant(signal);
    // Any user name is accepted with a key. The platform's own clients use `token`.
    return { username: grant.bearer ? 'bearer' : 'token', password: grant.token };
  }

  /** Removes the driver's secrets from a text. */
  conceal(text: string): string {
    return this.#session.conceal(text);
  }

  /** Closes its connections. */
  async close(): Promise<void> {
    this.#calls.close();
    await this.#transport.close();
  }

  async #mqttGrant(signal: AbortSignal): Promise<Grant> {
    if (this.#kind !== 'user') return this.#calls.insist({ signal }, () => this.#session.renew());
    // The broker reports an expired token like any other failure, so REST is called first.
    try {
      await this.ping(signal, true);
    } catch (error) {
      if (this.#session.failure(error).code === 'unauthorized') throw error;
    }
    return this.#session.grant();
  }

  #logPage(
    installation: Installation,
    query: LogQuery,
    rows: number,
    offset: number,
    signal: AbortSignal,
  ): Promise<LogPage> {
    const path = { installation_id: installation.id };
    const range = {
      from: toMilliseconds(query.from) / 1000,
      to: (toMilliseconds(query.to) + 1) / 1000,
      limit: rows,
      offset,
      order: 'asc' as const,
    };
    const topics = [...query.topics];
    return this.#ask(signal, {
      send: (client, outgoing) =>
        client.GET('/api/v3beta/log/{installation_id}', { ...outgoing, params: { path, query: { ...range, topics } } }),
      instead: (client, outgoing) =>
        client.POST('/api/v3beta/log/{installation_id}', {
          ...outgoing,
          params: { path, query: range },
          body: topics,
        }),
      limitBytes: valueBytes(query.pageRows),
      read: (body) => readLogPage(body, installation.clientId),
      what: 'log',
    });
  }

  /** Returns the answer. If it or the URL was too long and there is no other call, splits the topics in two parts. */
  async #fitting<T>(
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

  #ask<T>(signal: AbortSignal, ask: Ask<T>): Promise<T> {
    return this.#calls.insist({ signal, probe: ask.probe }, async (slowEndMs) => {
      const data = await this.#answer(ask, signal, slowEndMs);
      if (data === undefined && ask.mayBeEmpty !== true)
        throw new UnreadableResponse('it answered without a body', { passing: true });
      const read = ask.read(data);
      if (read !== undefined) return read;
      throw new DriverError(
        'sourceError',
        `${this.#name} answered for its ${ask.what} with something else than a list.`,
      );
    });
  }

  async #answer({ send, instead, limitBytes }: Ask<unknown>, signal: AbortSignal, slowEndMs: number) {
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
    throw fromRefusal(answer, this.#name, this.#session.conceal);
  }
}

/** The HTTP status of an error. */
const statusOf = (error: unknown): unknown => (error instanceof DriverError ? error.details?.status : undefined);
