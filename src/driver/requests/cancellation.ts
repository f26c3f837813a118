/** Cancels across replicas: the replica that receives the request searches locally and queries the others. */
import { z } from 'zod';
import { DriverError } from '../../contract/errors.ts';
import { correlationId } from '../../contract/request.ts';
import type { ActiveRequests } from './active-requests.ts';

/** The other replicas of this driver. */
export interface Replicas {
  /** True on the first yes, false if none arrives within `withinMs`. Never rejects. */
  query(question: object, withinMs: number): Promise<boolean>;
  /** Answers the queries of other replicas with `answer`. */
  serve(answer: (question: unknown) => boolean): void;
}

/** The query to other replicas: stop the requests with this id, and reply whether there were any. */
const questionSchema = z.strictObject({ cancel: correlationId });

/** A replica with such a request replies within a round trip of the bus. The others do not reply. */
const PEERS_MS = 500;

export class Cancellation {
  readonly #running: ActiveRequests;
  readonly #peers: Replicas | undefined;

  constructor(running: ActiveRequests, peers: Replicas | undefined) {
    this.#running = running;
    this.#peers = peers;
    peers?.serve((question) => {
      const parsed = questionSchema.safeParse(question);
      return parsed.success && this.#atHome(parsed.data.cancel);
    });
  }

  /** Stops the requests with this id on any replica. False if there are none. */
  async cancel(id: string): Promise<boolean> {
    const elsewhere = this.#peers?.query({ cancel: id } satisfies z.infer<typeof questionSchema>, PEERS_MS);
    // The others are always queried, because several requests may use the same id.
    return this.#atHome(id) || (await elsewhere) === true;
  }

  #atHome(id: string): boolean {
    return this.#running.stop(id, new DriverError('cancelled', 'The request was cancelled on demand.'));
  }
}

/** Whether a request was stopped by `cancel`. */
export function isCancelled({ reason }: AbortSignal): boolean {
  return reason instanceof DriverError && reason.code === 'cancelled';
}
