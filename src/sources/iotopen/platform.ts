/** One IoT Open platform: the calls that the feed needs, typed, logged in, with all their quirks dealt with. */
import { DriverError } from '../../contract/errors.ts';
import { toMilliseconds, type Nanoseconds } from '../../contract/instant.ts';
import { readInstallations, readThings, type Installation, type Listed, type Thing } from './catalogue.ts';
import type { Clock } from '../../net/clock.ts';
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
  /** What an operator has to do about a second factor. */
  readonly codeAdvice: string;
  /** Something that an operator should know and that stops nothing. */
  readonly onNotice: (text: string) => void;
  readonly now?: (() => number) | undefined;
  /** The time between the tries of a call; that of the machine by default. */
  readonly clock?: Clock | undefined;
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

/** What a call goes out with. */
type Outgoing = { headers: Record<string, string>; signal: AbortSignal };

/** One typed call. */
interface Ask<T> {
  readonly send: Send;
  /** Where the address is too long; an old platform does not know it (405), then the first answer counts. */
  readonly instead?: Send;
  /** Largest answer. */
  readonly limitBytes: number;
  /** What is read of it; undefined if it is not what was asked for. */
  readonly read: (body: unknown) => T | undefined;
  /** For texts: "functions". */
  readonly what: string;
  /** A good answer may have no body. */
  readonly mayBeEmpty?: boolean;
  /** Ask even if the platform was found to be down a moment ago, and report soon how it is. */
  readonly probe?: boolean;
}

/** What the answer to a GET with a too long address is: 431 from servers and proxies that count it as a header. */
const ADDRESS_TOO_LONG = [414, 431];
/** The same, or the answer to a POST with a too long body: fewer topics at once may do. */
const TOO_MANY_TOPICS: readonly unknown[] = [...ADDRESS_TOO_LONG, 413];

/** Answers tell the time of the platform in whole seconds, and take their time. */
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
      // A log-in that has begun may end, since it can bring a token that has to be kept.
      onSecond: () => {
        transport.renew();
      },
    });
  }

  /** By how much our clock is ahead of the platform's, in milliseconds, a second more or less; 0 below some seconds. */
  get clockAheadMs(): number {
    return Math.abs(this.#clockAheadMs) < CLOCKS_AGREE_MS ? 0 : this.#clockAheadMs;
  }

  /** Whether it is there and takes the log-in. @throws DriverError */
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

  /** The installations that the caller sees. @throws DriverError */
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

  /** The newest value of each of the topics that has one. @throws DriverError */
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
   * The log of a time range, in pages, ascending in time; an old platform may take only some of many topics at once, and
   * then one part comes after the other. Rows at the edges of the range may be missing, since nobody says whether they
   * belong to it.
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
  async close(): Promise<void> {
    this.#calls.close();
    await this.#transport.close();
  }

  async #mqttGrant(signal: AbortSignal): Promise<Grant> {
    if (this.#kind !== 'user') return this.#calls.insist({ signal }, () => this.#session.renew());
    // The broker would not tell a token that has ended from anything else, so REST is asked first.
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

  /** The answer; or, where that or the address was too long and there was no other way to ask, the topics in two parts. */
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

  /** After a refused log-in once more with a new one. */
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

/** The status of HTTP behind an error. */
const statusOf = (error: unknown): unknown => (error instanceof DriverError ? error.details?.status : undefined);
