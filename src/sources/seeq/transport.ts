/**
 * The way to one Seeq server: an HTTP connection pool under openapi-fetch. openapi-fetch gives the types; the standard
 * Request, Response and Headers objects, which cost most of its time, are replaced by the few members that it uses.
 */
import createClient, { type Client } from 'openapi-fetch';
import { Pool } from 'undici';
import { freshConnector, type TextSource } from '../fresh-tls.ts';
import { SeeqReply } from './reply.ts';
import type { paths } from './seeq-api.generated.ts';

/** Media type of every JSON call, in both directions, GET included; the server answers 406 or 415 to any other. */
export const MEDIA_TYPE = 'application/vnd.seeq.v1+json';

/** Largest body that is read from a server; beyond it the connection is cut instead of filling memory. */
const MAX_RESPONSE_BYTES = 256 * 1024 * 1024;

/** For what must not wait behind the calls of requests: a log-in, and the probe that tells whether a server is well. */
const SPARE_CONNECTIONS = 2;

export interface TransportOptions {
  /** Root of the server as in a browser, for example `https://seeq.example.com` or `https://proxy/seeq`. */
  url: string;
  /** PEM of the authorities to trust instead of the public ones; read again for each connection. */
  ca?: TextSource | undefined;
  insecureSkipVerify: boolean;
  /** Connections, and so calls on the wire, at once; probes and log-ins have some of their own. */
  connections: number;
  connectTimeoutMs: number;
  /** Longest silence of the server within one call. */
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
  readonly client: SeeqClient;
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
  const pool = new Pool(root.origin, {
    connections: options.connections + SPARE_CONNECTIONS,
    headersTimeout: options.requestTimeoutMs,
    bodyTimeout: options.requestTimeoutMs,
    maxResponseSize: MAX_RESPONSE_BYTES,
    connect: freshConnector({ ...options, label: `The Seeq server at ${root.host}` }),
  });
  const constantHeaders = {
    accept: MEDIA_TYPE,
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

  const send = async (request: PlainRequest): Promise<SeeqReply> => {
    const token = holder.token;
    const { statusCode, headers, body } = await pool.request({
      path: request.path,
      method: request.method,
      headers: headersFor(token),
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    const fresh = headers['x-sq-auth'];
    // A refusal gives nothing: a token in it is a mistake of the server, or of something in between.
    const accepted = statusCode >= 200 && statusCode < 300;
    if (accepted && typeof fresh === 'string' && fresh !== '' && fresh !== token) holder.renewed(fresh, token);
    return new SeeqReply(statusCode, headers, body);
  };

  const client = createClient<paths, typeof MEDIA_TYPE>({
    baseUrl: `${root.pathname.replace(/(?<!\/)\/+$/, '')}/api`,
    Request: PlainRequest as unknown as typeof globalThis.Request,
    fetch: send as unknown as typeof globalThis.fetch,
    querySerializer,
  });
  return { client, close: () => pool.destroy() };
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
