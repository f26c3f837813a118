/** What the HTTP server serves. */
import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Who may use a route.
 * - `public`: everyone who can connect. It shows nothing of the driver: the log-in form.
 * - `open`: everyone, if `settings.http.access` is `open`, otherwise as `guarded`. Probes and metrics.
 * - `guarded`: who has the token or comes from the trusted proxy; without both, clients on this machine. Everything else.
 */
export type RouteAccess = 'public' | 'open' | 'guarded';

/** Who sent an accepted request. */
export interface Client {
  /** The user that the trusted proxy has authenticated. */
  readonly user?: string | undefined;
}

export interface Route {
  /** Default: `GET`, which also serves `HEAD`. A request of another method has no body. */
  readonly method?: 'GET' | 'POST';
  /** The exact path, without a query. */
  readonly path: string;
  readonly access: RouteAccess;
  /** Answers a request. A rejection is answered with 500. The body of a POST is read by `readForm`. */
  handle(request: IncomingMessage, response: ServerResponse, client: Client): void | Promise<void>;
}

/** The body is not a form, or too large. */
export class FormError extends Error {
  override readonly name = 'FormError';
}

const LONGEST_FORM = 8192;

/**
 * Reads the body of a form.
 * @throws FormError if it is none, too large, or not sent to its end
 */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  if (type.trim().toLowerCase() !== 'application/x-www-form-urlencoded') throw new FormError('The body is no form.');
  const pieces: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      bytes += piece.length;
      if (bytes > LONGEST_FORM) throw new FormError(`The form has more than ${LONGEST_FORM} bytes.`);
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof FormError ? error : new FormError('The client has gone before the end of its form.');
  }
  return new URLSearchParams(Buffer.concat(pieces).toString());
}
