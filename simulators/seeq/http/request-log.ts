/** What the simulator was asked, for tests that want to know how often and how. Tokens and passwords are not kept. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';

export interface SeenRequest {
  /** Counts from 1 over the life of the simulator. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  /** Still encoded, without the question mark. */
  readonly query: string;
  operation: string | undefined;
  /** Undefined while it runs, and where no answer was begun. */
  status: number | undefined;
  /** Whole answer handed over; false while it runs and where the caller went away first. */
  complete: boolean;
  /** The connection closed or the answer ended. */
  ended: boolean;
  /** Telemetry headers that the caller sent: `user-agent`, `x-sq-origin`, and so on. */
  readonly headers: Readonly<Record<string, string>>;
}

const KEPT_HEADERS = [
  'user-agent',
  'x-sq-origin',
  'x-sq-origin-label',
  'x-sq-origin-url',
  'accept',
  'accept-encoding',
  'content-type',
  'x-sq-identity-path',
];
const MOST = 20_000;

export class RequestLog {
  #seen: SeenRequest[] = [];
  #count = 0;
  readonly #onEnd: ((entry: SeenRequest) => void) | undefined;

  /** @param onEnd called for every request when it ends */
  constructor(onEnd?: (entry: SeenRequest) => void) {
    this.#onEnd = onEnd;
  }

  begin(method: string, path: string, query: string, headers: IncomingHttpHeaders): SeenRequest {
    this.#count += 1;
    const kept: Record<string, string> = {};
    for (const name of KEPT_HEADERS) {
      const value = headers[name];
      if (typeof value === 'string') kept[name] = value;
    }
    const entry: SeenRequest = {
      number: this.#count,
      method,
      path,
      query,
      operation: undefined,
      status: undefined,
      complete: false,
      ended: false,
      headers: kept,
    };
    this.#seen.push(entry);
    if (this.#seen.length > MOST) this.#seen = this.#seen.slice(-MOST / 2);
    return entry;
  }

  end(entry: SeenRequest, response: ServerResponse): void {
    entry.ended = true;
    entry.complete = response.writableFinished;
    if (response.headersSent) entry.status = response.statusCode;
    this.#onEnd?.(entry);
  }

  /** The newest requests, oldest first; at most 20,000 are kept. */
  list(): SeenRequest[] {
    return [...this.#seen];
  }

  clear(): void {
    this.#seen = [];
  }
}
