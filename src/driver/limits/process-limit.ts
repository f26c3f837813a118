/**
 * Limits the requests of the process, so that waiting ones do not exhaust its memory. Callers share it. Requests that
 * need no server have slots of their own, so that they are answered while all servers are busy.
 */
import { count } from '../../lib/wording/phrases.ts';
import { DriverError } from '../../contract/errors.ts';
import type { ActiveRequests } from '../requests/active-requests.ts';
import { WAITING_PER_SLOT } from './admission.ts';
import type { Caller } from './caller.ts';
import { Shares } from './shares.ts';

/** A request counts once more for each WEIGHED_BYTES of its size, because waiting requests cost memory. */
const WEIGHED_BYTES = 16 * 1024;
/** Retry hint for callers when the process is overloaded. */
const RETRY_AFTER_MS = 1000;

export class ProcessLimit {
  readonly #active: ActiveRequests;
  /** Requests that need no server. */
  readonly #light: Shares;
  /** All others, active or waiting for a slot at a server. A large one counts as several. */
  readonly #heavy: Shares;

  /**
   * @param concurrentRequests concurrent requests to one source
   * @param sources number of sources
   */
  constructor(active: ActiveRequests, concurrentRequests: number, sources: number) {
    this.#active = active;
    this.#light = new Shares(concurrentRequests);
    // As many as can be active and waiting at all sources, and the same number for those that are neither.
    this.#heavy = new Shares(concurrentRequests * (1 + WAITING_PER_SLOT) * (sources + 1));
  }

  /**
   * Admits a request. The returned function releases it.
   * @throws DriverError `overloaded`
   */
  enter({ root }: Caller, needsNoServer: boolean, bytes: number): () => void {
    const shares = needsNoServer ? this.#light : this.#heavy;
    const weight = needsNoServer ? 1 : 1 + Math.floor(bytes / WEIGHED_BYTES);
    if (!shares.mayTake(root, weight)) throw overloaded(this.#active.requests);
    shares.take(root, weight);
    return () => {
      shares.give(root, weight);
    };
  }
}

function overloaded(inFlight: number): DriverError {
  const text = `The driver has ${count(inFlight, 'request')} in work or waiting, and this caller its share of them; try again later.`;
  return new DriverError('overloaded', text, { details: { retryAfterMs: RETRY_AFTER_MS } });
}
