/** The transport to one IoT Open platform: its typed API over the common HTTP connections. */
import createClient, { type Client } from 'openapi-fetch';
import type { TlsSources } from '../../net/tls.ts';
import type { HttpProxy } from '../../net/proxy.ts';
import { HttpReply, parseJson } from '../../net/response.ts';
import { commonHeaders, type HttpTransport, openHttpTransport, plainClient } from '../../net/transport.ts';
import type { paths } from './iotopen-api.generated.ts';
import { parseExact } from './exact-number.ts';

export interface IotOpenTransportOptions {
  /** Root as in a browser, for example `https://lynx.iotopen.se`. */
  readonly url: string;
  readonly tls: TlsSources;
  /** Proxy for all connections. */
  readonly proxy?: HttpProxy | undefined;
  /** Connections, which limit the concurrent calls. Logins have separate ones. */
  readonly connections: number;
  readonly connectTimeoutMs: number;
  /** Timeout of one call, from its start to the last byte of its answer. */
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
}

export type IotOpenPaths = Client<paths>;
export type IotOpenTransport = HttpTransport<IotOpenPaths>;

/** Largest answer to a login or a health probe. */
const SMALL_BYTES = 256 * 1024;

/** Calls whose answers contain values and times. Keeping every digit of a number costs several times as much. */
const EXACT = /\/(?:status|log)\//;

/**
 * Opens the pool, which connects lazily.
 * @param onClock called with how far the driver's clock is ahead of the platform's, in milliseconds, within half a
 * second
 */
export function openTransport(options: IotOpenTransportOptions, onClock?: (aheadMs: number) => void): IotOpenTransport {
  const { url, userAgent } = options;
  const headers = { ...commonHeaders(userAgent), accept: 'application/json' };
  const label = `The IoT Open platform at ${new URL(url).host}`;
  return openHttpTransport({ ...options, label, onClock, smallBytes: SMALL_BYTES }, (exchange) =>
    createClient<paths>(
      plainClient(url, '', async (request) => {
        const answer = await exchange(request, { ...headers, ...Object.fromEntries(request.headers) });
        return new HttpReply(answer, EXACT.test(request.path) ? parseExact : parseJson);
      }),
    ),
  );
}
