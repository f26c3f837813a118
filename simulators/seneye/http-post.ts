/** One HTTP request as seneye's app and web server make it; and made slower or in pieces, as networks do. */
import { request as plainRequest, type Agent, type IncomingHttpHeaders } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';

export interface PostOptions {
  readonly url: string;
  readonly source: string;
  readonly body: string | Uint8Array;
  /** Pieces that the body is sent in; by default one. */
  readonly pieces?: number;
  /** Pause between two pieces, in milliseconds; without it they follow at once, chunked. */
  readonly pauseMs?: number;
  /** PEM text of the authority to trust, for https. */
  readonly ca?: string | undefined;
  /** Further headers, or others in place of the usual. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly method?: string;
  /** Keeps connections for further posts; by default each has its own. */
  readonly agent?: Agent;
  readonly signal?: AbortSignal;
}

export interface PostAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** Rejects when there was no whole answer. */
export async function post(options: PostOptions): Promise<PostAnswer> {
  const { url, source, body, pieces = 1, pauseMs = 0, ca, method = 'POST', agent = false, signal } = options;
  const bytes = Buffer.from(body);
  const wanted: Record<string, string | undefined> = {
    'Content-Type': 'application/jose',
    'X-SENEYE': source,
    'Content-Length': pieces === 1 ? String(bytes.length) : undefined,
    ...options.headers,
  };
  const headers = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== undefined));
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const make = url.startsWith('https:') ? tlsRequest : plainRequest;
  const request = make(
    url,
    {
      method,
      headers,
      ...(ca === undefined ? {} : { ca }),
      agent,
      ...(signal === undefined ? {} : { signal }),
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
      response.on('error', reject);
    },
  );
  request.on('error', reject);
  const size = Math.max(1, Math.ceil(bytes.length / pieces));
  const parts = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  for (const part of parts.slice(0, -1)) {
    request.write(part);
    // Also over when there is an answer already, or never will be.
    if (pauseMs > 0) await Promise.race([pause(pauseMs), promise]);
  }
  request.end(parts.at(-1));
  return promise;
}
