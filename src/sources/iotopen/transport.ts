/** The way to one IoT Open platform: its typed API over the HTTP connections of all sources. */
import createClient, { type Client } from 'openapi-fetch';
import type { TlsSources } from '../../net/tls.ts';
import type { HttpProxy } from '../../net/proxy.ts';
import { HttpReply, parseJson } from '../../net/response.ts';
import { commonHeaders, type HttpTransport, openHttpTransport, plainClient } from '../../net/transport.ts';
import type { paths } from './iotopen-api.generated.ts';
import { parseExact } from './numeral.ts';

export interface TransportOptions {
  /** Root as in a browser, for example `https://lynx.iotopen.se`. */
  readonly url: string;
  readonly tls: TlsSources;
  /** All connections go through it. */
  readonly proxy?: HttpProxy | undefined;
  /** Connections, and so calls, at once; log-ins have some of their own. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Longest time of one call, from its start to the last byte of its answer. */
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
}

export type IotOpenPaths = Client<paths>;
export type Transport = HttpTransport<IotOpenPaths>;

/** Answers to a log-in, and to the call that tells whether the platform is well. */
const SMALL_BYTES = 256 * 1024;

/** Calls whose answers hold values and times. To read every digit of a number costs several times as much. */
const EXACT = /\/(?:status|log)\//;

/**
 * Opens the (lazy) pool.
 * @param onClock told by how much our clock is ahead of the platform's, in milliseconds, half a second more or less
 */
export function openTransport(options: TransportOptions, onClock?: (aheadMs: number) => void): Transport {
  const { url, userAgent } = options;
  const headers = { ...commonHeaders(userAgent), accept: 'application/json' };
  const label = `The IoT Open platform at ${new URL(url).host}`;
  return openHttpTransport({ ...options, label, smallBytes: SMALL_BYTES }, (exchange) =>
    createClient<paths>(
      plainClient(url, '', async (request) => {
        const answer = await exchange(request, { ...headers, ...Object.fromEntries(request.headers) });
        // It tells whole seconds only.
        const date = Date.parse(answer.headers.date ?? '') + 500;
        if (!Number.isNaN(date)) onClock?.(Date.now() - date);
        return new HttpReply(answer, EXACT.test(request.path) ? parseExact : parseJson);
      }),
    ),
  );
}
