/** The active requests and leases, and how to stop them. */
import type { DriverError } from '../../contract/errors.ts';

export interface ActiveRequest {
  readonly id: string;
  readonly function: string;
  /** The user that the request names. */
  readonly user: string;
  /** Arrival, milliseconds since 1970. */
  readonly arrivedMs: number;
  /** Long-lived: neither counted nor limited like a request. */
  readonly isLease: boolean;
  readonly controller: AbortController;
}

export class ActiveRequests {
  readonly #requests = new Set<ActiveRequest>();
  readonly #leases = new Set<ActiveRequest>();

  /** Number of active requests, without leases. */
  get requests(): number {
    return this.#requests.size;
  }

  /** The requests and leases, the oldest first: at most `most` of each. */
  list(most: number): { requests: ActiveRequest[]; leases: ActiveRequest[] } {
    return { requests: [...this.#requests.values().take(most)], leases: [...this.#leases.values().take(most)] };
  }

  begin(running: ActiveRequest): ActiveRequest {
    (running.isLease ? this.#leases : this.#requests).add(running);
    return running;
  }

  end(running: ActiveRequest): void {
    this.#leases.delete(running);
    this.#requests.delete(running);
  }

  /**
   * Stops all requests and leases with this id. Callers choose ids, so there may be several.
   * @returns whether there was one
   */
  stop(id: string, reason: DriverError): boolean {
    const found = [...this.#requests, ...this.#leases].filter((running) => running.id === id);
    for (const { controller } of found) controller.abort(reason);
    return found.length > 0;
  }

  stopLeases(reason: DriverError): void {
    for (const { controller } of this.#leases) controller.abort(reason);
  }

  stopAll(reason: DriverError): void {
    this.stopLeases(reason);
    for (const { controller } of this.#requests) controller.abort(reason);
  }
}
