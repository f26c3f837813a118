/**
 * The way to one IoT Open platform: an HTTP connection pool under openapi-fetch. The certificates that secure it are read
 * anew for every connection.
 */
import createClient, { type Client } from 'openapi-fetch';
import { Pool } from 'undici';
import { freshConnector, type TextSource } from '../fresh-tls.ts';
import type { paths } from './iotopen-api.generated.ts';
import { IotOpenReply } from './reply.ts';

export interface TlsOptions {
  /** PEM of the authorities to trust instead of the public ones. */
  readonly caFile?: TextSource | undefined;
  readonly certFile?: TextSource | undefined;
  readonly keyFile?: TextSource | undefined;
  /** Host name in the certificate, where it differs from the one in the URL. */
  readonly serverName?: string | undefined;
  readonly insecureSkipVerify: boolean;
}

export interface TransportOptions {
  /** Root as in a browser, for example `https://lynx.iotopen.se`. */
  readonly url: string;
  readonly tls: TlsOptions;
  /** Connections, and so calls, at once. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Longest silence of the server within one call. */
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
}

export type IotOpenPaths = Client<paths>;

export interface Transport {
  readonly client: IotOpenPaths;
  close(): Promise<void>;
}

/** Largest body that is read; beyond it the connection is cut instead of filling memory. */
const MAX_RESPONSE_BYTES = 64 * 1024 * 1024;

/** The members of a Request that openapi-fetch and the pool need. */
class PlainRequest {
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

/** Opens the (lazy) pool. */
export function openTransport(options: TransportOptions): Transport {
  const root = new URL(options.url);
  const { tls } = options;
  const pool = new Pool(root.origin, {
    connections: options.connections,
    headersTimeout: options.requestTimeoutMs,
    bodyTimeout: options.requestTimeoutMs,
    maxResponseSize: MAX_RESPONSE_BYTES,
    connect: freshConnector({
      ...{ ca: tls.caFile, cert: tls.certFile, key: tls.keyFile, serverName: tls.serverName },
      insecureSkipVerify: tls.insecureSkipVerify,
      connectTimeoutMs: options.connectTimeoutMs,
      label: `The IoT Open platform at ${root.host}`,
    }),
  });
  const send = async (request: PlainRequest): Promise<IotOpenReply> => {
    const { statusCode, headers, body } = await pool.request({
      path: request.path,
      method: request.method,
      headers: { ...Object.fromEntries(request.headers), 'user-agent': options.userAgent },
      ...(request.body === undefined ? {} : { body: request.body }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    return new IotOpenReply(statusCode, headers, body);
  };
  const client = createClient<paths>({
    baseUrl: root.pathname.replace(/(?<!\/)\/+$/, ''),
    headers: { accept: 'application/json' },
    Request: PlainRequest as unknown as typeof globalThis.Request,
    fetch: send as unknown as typeof globalThis.fetch,
    querySerializer,
  });
  return { client, close: () => pool.destroy() };
}

/** Arrays are repeated keys, the members of an object are keys of their own, what is absent is left out. */
function querySerializer(query: Record<string, unknown>): string {
  const pairs = Object.entries(query).flatMap(([name, value]): [string, unknown][] => {
    if (value === undefined || value === null) return [];
    if (Array.isArray(value)) return value.map((element): [string, unknown] => [name, element]);
    return typeof value === 'object' ? Object.entries(value) : [[name, value]];
  });
  return pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`).join('&');
}
