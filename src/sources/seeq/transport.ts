/**
 * The way to one Seeq server: an HTTP connection pool under openapi-fetch. openapi-fetch gives the types; the standard
 * Request, Response and Headers objects, which cost most of its time, are replaced by the few members that it uses.
 */
import createClient, { type Client } from 'openapi-fetch';
import type { Dispatcher } from 'undici';
import { freshConnector, type TextSource } from '../fresh-tls.ts';
import { ACCEPT_ENCODING } from '../http/content-encoding.ts';
import { exchange } from '../http/exchange.ts';
import { Connections } from '../http/pool.ts';
import { type HttpProxy, throughProxy } from '../http/proxy.ts';
import { SMALL_BYTES } from './body-limits.ts';
import { SeeqReply } from './reply.ts';
import type { paths } from './seeq-api.generated.ts';

/** Media type of every JSON call, in both directions, GET included; the server answers 406 or 415 to any other. */
export const MEDIA_TYPE = 'application/vnd.seeq.v1+json';

/** For what must not wait behind the calls of requests: a log-in, and the probe that tells whether a server is well. */
const SPARE_CONNECTIONS = 2;

export interface TransportOptions {
  /** Root of the server as in a browser, for example `https://seeq.example.com` or `https://proxy/seeq`. */
  url: string;
  /** PEM of the authorities to trust instead of the public ones; read again for each connection. */
  ca?: TextSource | undefined;
  insecureSkipVerify: boolean;
  /** All connections go through it. */
  proxy?: HttpProxy | undefined;
  /** Connections, and so calls on the wire, at once; probes and log-ins have some of their own. */
  connections: number;
  connectTimeoutMs: number;
  /** Longest time of one call, from its start to the last byte of its answer. */
  requestTimeoutMs: number;
  /** Sent as User-Agent, so that a Seeq administrator knows who calls. */
  userAgent: string;
}

/** What the transport asks for each call and tells after it: the session's business. */
export interface TokenHolder {
  readonly token: string | undefined;
  /** Any good answer may bring a fresh token, which replaces the one that the call was made with. */
  renewed(token: string, usedToken: string | undefined): void;
}

export type SeeqClient = Client<paths, typeof MEDIA_TYPE>;

export interface Transport {
  /** For log-ins, and for every call whose answer is small. */
  readonly client: SeeqClient;
  /** For calls whose answer may have so many bytes. */
  bounded(limitBytes: number): SeeqClient;
  /** Makes further calls go out on new connections. */
  renew(): void;
  /** Runs a small call on a new connection of its own. */
  fresh<T>(call: (client: SeeqClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The members of a Request that openapi-fetch and the pool need. */
class PlainRequest {
  readonly path: string;
  readonly method: string;
  readonly body: string | undefined;
  readonly signal: AbortSignal | undefined;

  constructor(path: string, init: { method: string; body?: string; signal?: AbortSignal }) {
    this.path = path;
    this.method = init.method;
    this.body = init.body;
    this.signal = init.signal;
  }
}

/** Opens the (lazy) pool to a server. */
export function openTransport(options: TransportOptions, holder: TokenHolder): Transport {
  const root = new URL(options.url);
  const direct = freshConnector({ ...options, label: `The Seeq server at ${root.host}` });
  const connections = new Connections({
    origin: root.origin,
    connections: options.connections + SPARE_CONNECTIONS,
    connect: options.proxy === undefined ? direct : throughProxy(options.proxy, direct, options.connectTimeoutMs),
  });
  const constantHeaders = {
    accept: MEDIA_TYPE,
    'accept-encoding': ACCEPT_ENCODING,
    'content-type': MEDIA_TYPE,
    'user-agent': options.userAgent,
    'x-sq-origin': 'IOTA Vue (iota-seeqdrv)',
  };

  // Made once for each token instead of once for each call.
  let tokenHeaders: Record<string, string> = constantHeaders;
  const headersFor = (token: string | undefined): Record<string, string> => {
    if (token === undefined) return constantHeaders;
    if (tokenHeaders['x-sq-auth'] !== token) tokenHeaders = { ...constantHeaders, 'x-sq-auth': token };
    return tokenHeaders;
  };

  const send = async (request: PlainRequest, dispatcher: Dispatcher, limitBytes: number): Promise<SeeqReply> => {
    const token = holder.token;
    const answer = await exchange(dispatcher, {
      path: request.path,
      method: request.method,
      headers: headersFor(token),
      body: request.body,
      signal: request.signal,
      limitBytes,
      timeoutMs: options.requestTimeoutMs,
    });
    const fresh = answer.headers['x-sq-auth'];
    // A refusal gives nothing: a token in it is a mistake of the server, or of something in between.
    const accepted = answer.status >= 200 && answer.status < 300;
    if (accepted && typeof fresh === 'string' && fresh !== '' && fresh !== token) holder.renewed(fresh, token);
    return new SeeqReply(answer);
  };

  const clientOn = (dispatcher: () => Dispatcher, limitBytes: number): SeeqClient =>
    createClient<paths, typeof MEDIA_TYPE>({
      baseUrl: `${root.pathname.replace(/(?<!\/)\/+$/, '')}/api`,
      Request: PlainRequest as unknown as typeof globalThis.Request,
      fetch: ((request: PlainRequest) => send(request, dispatcher(), limitBytes)) as unknown as typeof globalThis.fetch,
      querySerializer,
    });

  // One client for each of the few limits that there are.
  const clients = new Map<number, SeeqClient>();
  const bounded = (limitBytes: number): SeeqClient => {
    let client = clients.get(limitBytes);
    if (client === undefined) {
      client = clientOn(() => connections.current, limitBytes);
      clients.set(limitBytes, client);
    }
    return client;
  };
  return {
    client: bounded(SMALL_BYTES),
    bounded,
    renew: () => {
      connections.renew();
    },
    fresh: (call) => connections.fresh((dispatcher) => call(clientOn(() => dispatcher, SMALL_BYTES))),
    close: () => connections.close(),
  };
}

/** Arrays are repeated keys; absent members are left out. */
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
