/** The transport to one Seeq server: its typed API over the common HTTP connections. */
import createClient, { type Client } from 'openapi-fetch';
import type { TlsSources } from '../../../net/tls.ts';
import type { HttpProxy } from '../../../net/proxy.ts';
import { commonHeaders, type HttpTransport, openHttpTransport, plainClient } from '../../../net/transport.ts';
import { SMALL_BYTES } from './body-limits.ts';
import type { paths } from '../seeq-api.generated.ts';
import type { HttpAnswer } from '../../../net/exchange.ts';
import { HttpReply } from '../../../net/response.ts';
import { UnreadableResponse } from '../../../net/unreadable-response.ts';

/** Media type of every JSON call, in both directions, including GET. The server answers 406 or 415 to any other. */
export const MEDIA_TYPE = 'application/vnd.seeq.v1+json';

export interface SeeqTransportOptions {
  /** Root of the server as in a browser, for example `https://seeq.example.com` or `https://proxy/seeq`. */
  url: string;
  tls: TlsSources;
  /** Proxy for all connections. */
  proxy?: HttpProxy | undefined;
  /** Connections, which limit the concurrent calls. Probes and logins have separate ones. */
  connections: number;
  connectTimeoutMs: number;
  /** Timeout of one call, from its start to the last byte of its answer. */
  requestTimeoutMs: number;
  /** Sent as User-Agent, so that a Seeq administrator can identify the driver. */
  userAgent: string;
  /** See `HttpTransportOptions`. */
  onClock?: ((aheadMs: number) => void) | undefined;
}

/** Provides the token for each call and receives new ones. The session implements it. */
export interface TokenHolder {
  readonly token: string | undefined;
  /** Any good answer may contain a new token, which replaces that of the call. */
  renewed(token: string, usedToken: string | undefined): void;
}

export type SeeqClient = Client<paths, typeof MEDIA_TYPE>;
export type SeeqTransport = HttpTransport<SeeqClient>;

/** Opens the pool to a server, which connects lazily. */
export function openTransport(options: SeeqTransportOptions, holder: TokenHolder): SeeqTransport {
  const { url, userAgent } = options;
  const constantHeaders = {
    ...commonHeaders(userAgent),
    accept: MEDIA_TYPE,
    'content-type': MEDIA_TYPE,
    'x-sq-origin': 'IOTA Vue (iota-seeqdrv)',
  };

  // Created once for each token instead of once for each call.
  let tokenHeaders: Record<string, string> = constantHeaders;
  const headersFor = (token: string | undefined): Record<string, string> => {
    if (token === undefined) return constantHeaders;
    if (tokenHeaders['x-sq-auth'] !== token) tokenHeaders = { ...constantHeaders, 'x-sq-auth': token };
    return tokenHeaders;
  };

  const label = `The Seeq server at ${new URL(url).host}`;
  return openHttpTransport({ ...options, label, smallBytes: SMALL_BYTES }, (exchange) =>
    createClient<paths, typeof MEDIA_TYPE>(
      plainClient(url, '/api', async (request) => {
        const { token } = holder;
        const answer = await exchange(request, headersFor(token));
        const fresh = answer.headers['x-sq-auth'];
        // A refusal contains no valid token: one in it is an error of the server or a proxy.
        const accepted = answer.status >= 200 && answer.status < 300;
        if (accepted && typeof fresh === 'string' && fresh !== '' && fresh !== token) holder.renewed(fresh, token);
        return new SeeqReply(answer);
      }),
    ),
  );
}

/** A response of Seeq: a good one must have a JSON media type. */
class SeeqReply extends HttpReply {
  readonly #contentType: string;

  constructor(answer: HttpAnswer) {
    super(answer);
    this.#contentType = this.headers.get('content-type') ?? '';
  }

  /** The body as text. For a good answer only if it has a JSON media type. */
  override async text(): Promise<string> {
    if (this.ok && !/\bjson\b|\+json/i.test(this.#contentType)) {
      const type = this.#contentType === '' ? 'no media type' : JSON.stringify(this.#contentType.slice(0, 100));
      throw new UnreadableResponse(
        `it answered with ${type} instead of JSON; is there a proxy or a log-in page in between?`,
      );
    }
    return super.text();
  }
}
