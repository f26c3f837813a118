/** One IoT Open platform: the calls that the feed needs, typed, logged in, with all their quirks dealt with. */
import { DriverError } from '../../contract/errors.ts';
import { toMilliseconds, type Nanoseconds } from '../../contract/instant.ts';
import { readInstallations, readThings, type Installation, type Listed, type Thing } from './catalogue.ts';
import { fromRefusal, fromThrown } from './failure.ts';
import { LogPaging } from './log-paging.ts';
import { Session } from './login/session.ts';
import { headersOf, type Grant, type IotOpenCredentials } from './login/way.ts';
import { readLogPage, readStatus, type LogPart, type Row } from './rows.ts';
import { openTransport, type IotOpenPaths, type Transport, type TransportOptions } from './transport.ts';

export interface PlatformOptions extends TransportOptions {
  /** The configured connection name. */
  readonly name: string;
  readonly credentials: IotOpenCredentials;
  /** What an operator has to do about a second factor. */
  readonly codeAdvice: string;
  /** Something that an operator should know and that stops nothing. */
  readonly onNotice: (text: string) => void;
  readonly now?: (() => number) | undefined;
}

/** A part of the log. */
export interface LogQuery {
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  /** Without client id. */
  readonly topics: readonly string[];
  /** Rows in one answer; the platform may give fewer. */
  readonly pageRows: number;
}

/** User and password for MQTT. */
export interface MqttLogin {
  readonly username: string;
  readonly password: string;
}

/** The answer of a call, as openapi-fetch gives it. */
interface Answer {
  readonly data?: unknown;
  readonly error?: unknown;
  readonly response: { readonly status: number; readonly ok: boolean; readonly clockAheadMs?: number | undefined };
}

/** What a call goes out with. */
type Outgoing = { headers: Record<string, string>; signal: AbortSignal };

/** A whole call may take so many times the longest silence. */
const WHOLE_CALL = 4;

/** What the answer to a GET with a too long address is: 431 from servers and proxies that count it as a header. */
const ADDRESS_TOO_LONG = [414, 431];
/** The same, or the answer to a POST with a too long body: fewer topics at once may do. */
const TOO_MANY_TOPICS: readonly unknown[] = [...ADDRESS_TOO_LONG, 413];

/** Answers tell the time of the platform in whole seconds, and take their time. */
const CLOCKS_AGREE_MS = 3000;

type Send = (client: IotOpenPaths, outgoing: Outgoing) => Promise<Answer>;

export class Platform {
  readonly #name: string;
  readonly #kind: IotOpenCredentials['kind'];
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #callTimeoutMs: number;
  #clockAheadMs = 0;

  constructor(options: PlatformOptions) {
    const { name, credentials, codeAdvice, onNotice, now } = options;
    this.#name = `IoT Open "${name}"`;
    this.#kind = credentials.kind;
    this.#callTimeoutMs = options.requestTimeoutMs * WHOLE_CALL;
    this.#transport = openTransport(options);
    const client = this.#transport.client;
    this.#session = new Session({ platform: this.#name, credentials, client, codeAdvice, onNotice, now });
  }

  /** By how much our clock is ahead of the platform's, in milliseconds, a second more or less; 0 below some seconds. */
  get clockAheadMs(): number {
    return Math.abs(this.#clockAheadMs) < CLOCKS_AGREE_MS ? 0 : this.#clockAheadMs;
  }

  /** Whether it is there and takes the log-in. @throws DriverError */
  async ping(signal: AbortSignal): Promise<void> {
    await this.#call(signal, (client, outgoing) => client.GET('/api/v2/ping', outgoing));
  }

  /** The installations that the caller sees. @throws DriverError */
  async installations(signal: AbortSignal): Promise<Listed<Installation>> {
    const body = await this.#call(signal, (client, outgoing) => client.GET('/api/v2/installationinfo', outgoing));
    return this.#understood(readInstallations(body), 'installations');
  }

  /** The functions of an installation. @throws DriverError */
  async functions(installation: Installation, signal: AbortSignal): Promise<Listed<Thing>> {
    const path = { installation_id: installation.id };
    const body = await this.#call(signal, (client, outgoing) =>
      client.GET('/api/v2/functionx/{installation_id}', { ...outgoing, params: { path } }),
    );
    return this.#understood(readThings(body), 'functions');
  }

  /** The devices of an installation. @throws DriverError */
  async devices(installation: Installation, signal: AbortSignal): Promise<Listed<Thing>> {
    const path = { installation_id: installation.id };
    const body = await this.#call(signal, (client, outgoing) =>
      client.GET('/api/v2/devicex/{installation_id}', { ...outgoing, params: { path } }),
    );
    return this.#understood(readThings(body), 'devices');
  }

  /** The newest value of each of the topics that has one. @throws DriverError */
  async status(installation: Installation, topics: readonly string[], signal: AbortSignal): Promise<readonly Row[]> {
    if (topics.length === 0) return [];
    const path = { installation_id: installation.id };
    const outcome = await this.#fitting(topics, () =>
      this.#call(
        signal,
        (client, outgoing) =>
          client.GET('/api/v2/status/{installation_id}', {
            ...outgoing,
            params: { path, query: { topics: [...topics] } },
          }),
        (client, outgoing) =>
          client.POST('/api/v2/status/{installation_id}', { ...outgoing, params: { path }, body: [...topics] }),
      ),
    );
    if ('body' in outcome) return this.#understood(readStatus(outcome.body, installation.clientId), 'status');
    const parts: Row[] = [];
    for (const part of outcome.parts) parts.push(...(await this.status(installation, part, signal)));
    return parts;
  }

  /**
   * The log of a time range, in pages, ascending in time; an old platform may take only some of many topics at once, and
   * then one part comes after the other. Rows at the edges of the range may be missing, since nobody says whether they
   * belong to it.
   * @throws DriverError
   */
  async *log(installation: Installation, query: LogQuery, signal: AbortSignal): AsyncGenerator<LogPart> {
    if (query.topics.length === 0) return;
    const paging = new LogPaging(this.#name);
    while (!paging.ended) {
      const outcome = await this.#fitting(query.topics, () =>
        this.#logPage(installation, query, paging.offset, signal),
      );
      if ('parts' in outcome) {
        for (const topics of outcome.parts) yield* this.log(installation, { ...query, topics }, signal);
        return;
      }
      const page = this.#understood(readLogPage(outcome.body, installation.clientId), 'log');
      paging.take(page);
      if (page.rows.length > 0) yield { topics: query.topics, rows: page.rows };
    }
  }

  /** What to log in with at the MQTT broker; made anew at each call. @throws DriverError */
  async mqttLogin(signal: AbortSignal): Promise<MqttLogin> {
    const grant = await this.#mqttGrant(signal);
    // Any user name goes with a key; the platform's own clients say `token`.
    return { username: grant.bearer ? 'bearer' : 'token', password: grant.token };
  }

  /** A text without our secrets. */
  conceal(text: string): string {
    return this.#session.conceal(text);
  }

  /** Ends its connections. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  async #mqttGrant(signal: AbortSignal): Promise<Grant> {
    if (this.#kind !== 'user') return this.#session.renew();
    // The broker would not tell a token that has ended from anything else, so REST is asked first.
    try {
      await this.ping(signal);
    } catch (error) {
      if (fromThrown(error, this.#name).code === 'unauthorized') throw error;
    }
    return this.#session.grant();
  }

  #logPage(installation: Installation, query: LogQuery, offset: number, signal: AbortSignal): Promise<unknown> {
    const path = { installation_id: installation.id };
    const range = {
      from: toMilliseconds(query.from) / 1000,
      to: (toMilliseconds(query.to) + 1) / 1000,
      limit: query.pageRows,
      offset,
      order: 'asc' as const,
    };
    const topics = [...query.topics];
    return this.#call(
      signal,
      (client, outgoing) =>
        client.GET('/api/v3beta/log/{installation_id}', { ...outgoing, params: { path, query: { ...range, topics } } }),
      (client, outgoing) =>
        client.POST('/api/v3beta/log/{installation_id}', {
          ...outgoing,
          params: { path, query: range },
          body: topics,
        }),
    );
  }

  /** The answer; or, where the address was too long and there was no other way to ask, the topics in two parts. */
  async #fitting(
    topics: readonly string[],
    ask: () => Promise<unknown>,
  ): Promise<{ body: unknown } | { parts: readonly (readonly string[])[] }> {
    try {
      return { body: await ask() };
    } catch (error) {
      if (!TOO_MANY_TOPICS.includes(statusOf(error)) || topics.length < 2) throw error;
      const half = topics.length >> 1;
      return { parts: [topics.slice(0, half), topics.slice(half)] };
    }
  }

  /**
   * One call, logged in; after a refused log-in once more with a new one.
   * @param instead where the address is too long; an old platform does not know it (405), then the first answer counts
   */
  async #call(signal: AbortSignal, send: Send, instead?: Send): Promise<unknown> {
    try {
      const answer = await this.#sendLoggedIn(send, signal);
      if (!ADDRESS_TOO_LONG.includes(answer.response.status) || instead === undefined) return this.#dataOf(answer);
      const other = await this.#sendLoggedIn(instead, signal);
      return this.#dataOf(other.response.status === 405 ? answer : other);
    } catch (error) {
      throw fromThrown(error, this.#name);
    }
  }

  async #sendLoggedIn(send: Send, signal: AbortSignal): Promise<Answer> {
    const attempt = (grant: Grant): Promise<Answer> =>
      send(this.#transport.client, {
        headers: headersOf(grant),
        // A server that sends a byte now and then is never silent, and must not hold a call for ever.
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#callTimeoutMs)]),
      });
    const grant = await this.#session.grant();
    let answer = await attempt(grant);
    if (answer.response.status === 401) answer = await attempt(await this.#session.replace(grant));
    this.#clockAheadMs = answer.response.clockAheadMs ?? this.#clockAheadMs;
    return answer;
  }

  #dataOf({ data, error, response }: Answer): unknown {
    if (response.ok) return data;
    throw fromRefusal(response.status, error, this.#name, this.#session.conceal);
  }

  #understood<T>(read: T | undefined, what: string): T {
    if (read !== undefined) return read;
    throw new DriverError('sourceError', `${this.#name} answered for its ${what} with something else than a list.`);
  }
}

/** The status of HTTP behind an error. */
const statusOf = (error: unknown): unknown => (error instanceof DriverError ? error.details?.status : undefined);
