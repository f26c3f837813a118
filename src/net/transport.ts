/**
 * The transport to one server: an HTTP connection pool under openapi-fetch. openapi-fetch provides the types. The
 * standard Request, Response and Headers objects take most of its time, so minimal objects replace them.
 */
import type { ClientOptions } from 'openapi-fetch';
import type { Dispatcher } from 'undici';
import { freshConnector, type TlsSources } from './tls.ts';
import { ACCEPT_ENCODING } from './content-encoding.ts';
import { exchange, type HttpAnswer } from './exchange.ts';
import { Connections } from './pool.ts';
import { type HttpProxy, throughProxy } from './proxy.ts';
import type { HttpReply } from './response.ts';
import { sourceCallChannel, type SourceCallWork, traced } from '../lib/traced-work.ts';

/** For calls that must not wait behind requests: a login, and the health probe. */
const SPARE_CONNECTIONS = 2;

export interface HttpTransportOptions {
  /** Root of the server as in a browser, for example `https://seeq.example.com` or `https://proxy/seeq`. */
  readonly url: string;
  readonly tls: TlsSources;
  /** Proxy for all connections. */
  readonly proxy?: HttpProxy | undefined;
  /** Connections, which limit the concurrent calls. Probes and logins have separate ones. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Timeout of one call, from its start to the last byte of its answer. */
  readonly requestTimeoutMs: number;
  /** Largest answer of `client`. */
  readonly smallBytes: number;
  /** Name of the server in errors. */
  readonly label: string;
  /** Called with how far the driver's clock is ahead of the server's, in milliseconds, within half a second. */
  readonly onClock?: ((aheadMs: number) => void) | undefined;
}

export interface HttpTransport<Client> {
  /** For logins, and for every call with a small answer. */
  readonly client: Client;
  /** For calls whose answer may have this many bytes. */
  bounded(limitBytes: number): Client;
  /** Directs further calls to new connections. */
  renew(): void;
  /** Runs a small call on a separate new connection. */
  fresh<T>(call: (client: Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The members of a Request that openapi-fetch and the pool need. */
export class PlainRequest {
  readonly path: string;
  readonly method: string;
  readonly body: string | undefined;
  readonly headers: Headers;
  readonly signal: AbortSignal | undefined;

  constructor(path: string, init: { method: string; body?: string; headers: Headers; signal?: AbortSignal }) {
    this.path = path;
    this.method = init.method;
    this.body = init.body;
    this.headers = init.headers;
    this.signal = init.signal;
  }
}

/** Makes one call with these headers; `Accept-Encoding` is added. @throws as `exchange` does */
export type Exchange = (request: PlainRequest, headers: Record<string, string>) => Promise<HttpAnswer>;

/**
 * Opens the pool, which connects lazily.
 * @param clientOn creates a client of the server's API whose calls use an {@link Exchange}
 */
export function openHttpTransport<Client>(
  options: HttpTransportOptions,
  clientOn: (exchange: Exchange) => Client,
): HttpTransport<Client> {
  const { tls, proxy, label, connectTimeoutMs, requestTimeoutMs, smallBytes } = options;
  const direct = freshConnector({ ...tls, connectTimeoutMs, label });
  const { origin } = new URL(options.url);
  const connections = new Connections({
    origin,
    connections: options.connections + SPARE_CONNECTIONS,
    connect: proxy === undefined ? direct : throughProxy(proxy, direct, connectTimeoutMs),
  });
  const clientFor = (dispatcher: () => Dispatcher, limitBytes: number): Client =>
    clientOn(({ path, method, body, signal }, headers) => {
      const call = { path, method, headers, body, signal, limitBytes, timeoutMs: requestTimeoutMs };
      const work: SourceCallWork = { method, origin, path: withoutQuery(path) };
      return traced(sourceCallChannel, work, async () => {
        const answer = await exchange(dispatcher(), call);
        work.status = answer.status;
        // The header has a resolution of one second.
        const date = Date.parse(answer.headers.date ?? '') + 500;
        if (!Number.isNaN(date)) options.onClock?.(Date.now() - date);
        return answer;
      });
    });

  // One client for each of the few limits.
  const clients = new Map<number, Client>();
  const bounded = (limitBytes: number): Client => {
    let client = clients.get(limitBytes);
    if (client === undefined) {
      client = clientFor(() => connections.current, limitBytes);
      clients.set(limitBytes, client);
    }
    return client;
  };
  return {
    client: bounded(smallBytes),
    bounded,
    renew: () => {
      connections.renew();
    },
    fresh: (call) => connections.fresh((dispatcher) => call(clientFor(() => dispatcher, smallBytes))),
    close: () => connections.close(),
  };
}

const withoutQuery = (path: string): string => path.split('?', 1)[0] ?? '';

/** The times of servers have a resolution of one second, and their answers take time. */
const CLOCKS_AGREE_MS = 3000;

/** How far the driver's clock is ahead, in milliseconds. 0 below some seconds. */
export const clockDifferenceMs = (aheadMs: number): number => (Math.abs(aheadMs) < CLOCKS_AGREE_MS ? 0 : aheadMs);

/** Headers of every call. */
export const commonHeaders = (userAgent: string) => ({ 'accept-encoding': ACCEPT_ENCODING, 'user-agent': userAgent });

/**
 * Options of openapi-fetch for calls through `send`.
 * @param url root of the server
 * @param path path of the API below that root
 */
export function plainClient(
  url: string,
  path: string,
  send: (request: PlainRequest) => Promise<HttpReply>,
): ClientOptions {
  return {
    baseUrl: `${new URL(url).pathname.replace(/(?<!\/)\/+$/, '')}${path}`,
    Request: PlainRequest as unknown as typeof globalThis.Request,
    fetch: send as unknown as typeof globalThis.fetch,
    querySerializer,
  };
}

/** Arrays are repeated keys. Absent members are omitted. */
function querySerializer(query: Record<string, unknown>): string {
  let text = '';
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const element of Array.isArray(value) ? value : [value]) {
      text += `${text === '' ? '' : '&'}${encodeURIComponent(name)}=${encodeURIComponent(String(element))}`;
    }
  }
  return text;
}
