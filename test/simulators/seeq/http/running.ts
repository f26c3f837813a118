/** The requests that are running now: they can be listed and cancelled, and end when their connection closes. */
import { randomUUID } from 'node:crypto';

export interface RunningRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Known once the session is checked. */
  user: string | undefined;
  /** Milliseconds of a monotonic clock. */
  readonly started: number;
  readonly abort: AbortController;
}

export class RunningRequests {
  readonly #running = new Map<string, RunningRequest>();

  begin(method: string, path: string, query: URLSearchParams, user: string | undefined): RunningRequest {
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

  end(request: RunningRequest): void {
    this.#running.delete(request.id);
  }

  list(): RunningRequest[] {
    return [...this.#running.values()];
  }

  find(id: string): RunningRequest | undefined {
    return this.#running.get(id.toUpperCase());
  }
}
