/** The requests that are running now: they can be listed and cancelled, and end when their connection closes. */
import { randomUUID } from 'node:crypto';
import { SeeqError } from './errors.ts';

export interface ActiveRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Directory and name of the caller; undefined without a valid session. */
  readonly user: string | undefined;
  /** Milliseconds of a monotonic clock. */
  readonly started: number;
  readonly abort: AbortController;
}

export class ActiveRequests {
  readonly #running = new Map<string, ActiveRequest>();

  begin(method: string, path: string, query: URLSearchParams, user: string | undefined): ActiveRequest {
    const request = {
      id: randomUUID().toUpperCase(),
      method,
      path,
      query,
      user,
      started: performance.now(),
      abort: new AbortController(),
    };
    this.#running.set(request.id, request);
    return request;
  }

  end(request: ActiveRequest): void {
    this.#running.delete(request.id);
  }

  /** Oldest first. */
  list(): ActiveRequest[] {
    return [...this.#running.values()];
  }

  /**
   * Ends a request: its work stops at its next step, and its caller is refused, or loses the connection where the
   * answer has begun. [Inferred: which status a cancelled caller gets is not public.]
   */
  cancel(request: ActiveRequest): void {
    request.abort.abort(new SeeqError(400, 'The request was cancelled'));
  }

  find(id: string): ActiveRequest | undefined {
    return this.#running.get(id.toUpperCase());
  }
}
