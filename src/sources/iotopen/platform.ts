/** The client of one IoT Open platform: the typed calls of the feed, with login and vendor-specific handling. */
import { toMilliseconds, type Nanoseconds } from '../../contract/time/instant.ts';
import { fittingPage } from '../../net/page-fit.ts';
import { clockDifferenceMs } from '../../net/transport.ts';
import { CATALOGUE_BYTES, fitting, valueBytes, PlatformCalls, type PlatformOptions, type Send } from './calls.ts';
import { readInstallations, readThings, type Installation, type Listed, type Thing } from './catalogue.ts';
import { LogPaging } from './log-paging.ts';
import type { Grant, IotOpenCredentials } from './login/auth-method.ts';
import { readLogPage, readStatus, type LogPage, type Row } from './log-entry.ts';

export type { PlatformOptions } from './calls.ts';

/** A query of the log. */
export interface LogQuery {
  readonly from: Nanoseconds;
  readonly to: Nanoseconds;
  /** Without client id. */
  readonly topics: readonly string[];
  /** Rows in one answer. The platform may return fewer. */
  readonly pageRows: number;
}

/** Reads a log page by page. It keeps its position after a failure. */
export interface LogReader {
  /** The next rows. Undefined at the end. @throws DriverError */
  next(signal: AbortSignal): Promise<readonly Row[] | undefined>;
  /** Makes `next` begin with the last page again, after a failure of `next` or of what was done with its rows. */
  repeatPage(): void;
}

/** User and password for MQTT. */
export interface MqttLogin {
  readonly username: string;
  readonly password: string;
}

export class Platform {
  readonly #name: string;
  readonly #kind: IotOpenCredentials['kind'];
  readonly #calls: PlatformCalls;
  #clockAheadMs = 0;

  constructor(options: PlatformOptions) {
    this.#name = `IoT Open "${options.name}"`;
    this.#kind = options.credentials.kind;
    this.#calls = new PlatformCalls(options, (aheadMs) => (this.#clockAheadMs = aheadMs));
  }

  /**
   * How far the driver's clock is ahead of the platform's, in milliseconds, within about a second. 0 below some
   * seconds.
   */
  get clockAheadMs(): number {
    return clockDifferenceMs(this.#clockAheadMs);
  }

  /** Checks that the platform is available and accepts the login. @throws DriverError */
  async ping(signal: AbortSignal, probe = false): Promise<void> {
    const send: Send = (client, outgoing) => client.GET('/api/v2/ping', outgoing);
    await this.#calls.call(signal, {
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
    return this.#calls.call(signal, {
      send,
      limitBytes: CATALOGUE_BYTES,
      read: readInstallations,
      what: 'installations',
    });
  }

  /** The functions of an installation. @throws DriverError */
  functions(installation: Installation, signal: AbortSignal): Promise<Listed<Thing>> {
    const path = { installation_id: installation.id };
    const send: Send = (client, outgoing) =>
      client.GET('/api/v2/functionx/{installation_id}', { ...outgoing, params: { path } });
    return this.#calls.call(signal, { send, limitBytes: CATALOGUE_BYTES, read: readThings, what: 'functions' });
  }

  /** The devices of an installation. @throws DriverError */
  devices(installation: Installation, signal: AbortSignal): Promise<Listed<Thing>> {
    const path = { installation_id: installation.id };
    const send: Send = (client, outgoing) =>
      client.GET('/api/v2/devicex/{installation_id}', { ...outgoing, params: { path } });
    return this.#calls.call(signal, { send, limitBytes: CATALOGUE_BYTES, read: readThings, what: 'devices' });
  }

  /** The newest value of each topic that has one. @throws DriverError */
  async status(installation: Installation, topics: readonly string[], signal: AbortSignal): Promise<readonly Row[]> {
    if (topics.length === 0) return [];
    const path = { installation_id: installation.id };
    const outcome = await fitting(topics, () =>
      this.#calls.call(signal, {
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
   * The log of a time range, ascending in time. An old platform may accept only some of many topics at once; then the
   * parts follow one another. Rows at the edges of the range may be missing, since the API does not document whether
   * they belong to it.
   */
  log(installation: Installation, query: LogQuery): LogReader {
    const partOf = (topics: readonly string[]) => ({ ...query, topics, paging: new LogPaging(this.#name) });
    /** The parts that are not read to their end. */
    const parts = query.topics.length === 0 ? [] : [partOf(query.topics)];
    const next = async (signal: AbortSignal): Promise<readonly Row[] | undefined> => {
      for (let [part] = parts; part !== undefined; [part] = parts) {
        const { topics, paging } = part;
        if (paging.ended) {
          parts.shift();
          continue;
        }
        const outcome = await fitting(topics, () =>
          fittingPage(part.pageRows, (rows) => this.#logPage(installation, part, rows, paging.offset, signal)),
        );
        if ('parts' in outcome) {
          parts.splice(0, 1, ...outcome.parts.map(partOf));
          continue;
        }
        const { answer: page, asked } = outcome.answer;
        part.pageRows = asked;
        paging.take(page);
        if (page.rows.length > 0) return page.rows;
      }
      return undefined;
    };
    return { next, repeatPage: () => parts[0]?.paging.repeatPage() };
  }

  /** Credentials for the MQTT broker, created for each call. @throws DriverError */
  async mqttLogin(signal: AbortSignal): Promise<MqttLogin> {
    const grant = await this.#mqttGrant(signal);
    // Any user name is accepted with a key. The platform's own clients use `token`.
    return { username: grant.bearer ? 'bearer' : 'token', password: grant.token };
  }

  /** Removes the driver's secrets from a text. */
  conceal(text: string): string {
    return this.#calls.session.conceal(text);
  }

  /** Closes its connections. */
  close(): Promise<void> {
    return this.#calls.close();
  }

  async #mqttGrant(signal: AbortSignal): Promise<Grant> {
    if (this.#kind !== 'user') return this.#calls.renew(signal);
    // The broker reports an expired token like any other failure, so REST is called first.
    try {
      await this.ping(signal, true);
    } catch (error) {
      if (this.#calls.session.failure(error).code === 'unauthorized') throw error;
    }
    return this.#calls.session.grant();
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
    return this.#calls.call(signal, {
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
}
