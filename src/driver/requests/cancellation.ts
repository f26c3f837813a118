/** Cancelling across replicas: the one that is asked looks at home and asks its peers. */
import { z } from 'zod';
import { DriverError } from '../../contract/errors.ts';
import { correlationId } from '../../contract/request.ts';
import type { ActiveRequests } from './active-requests.ts';

/** The other replicas of this driver. */
export interface Replicas {
  /** True as soon as one says yes, false when none has after `withinMs`; never rejects. */
  ask(question: object, withinMs: number): Promise<boolean>;
  /** From now on `answer` answers the questions of others. */
  serve(answer: (question: unknown) => boolean): void;
}

/** What the others are asked: stop what runs with this id, and say whether anything did. */
const questionSchema = z.strictObject({ cancel: correlationId });

/** A peer that has it says so in a round trip of the bus; nobody says that he has it not. */
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

  /** Stops whatever runs with this id on any replica; false when nothing does. */
  async cancel(id: string): Promise<boolean> {
    const elsewhere = this.#peers?.ask({ cancel: id } satisfies z.infer<typeof questionSchema>, PEERS_MS);
    // The others are asked in any case, because an id may be in use twice.
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
