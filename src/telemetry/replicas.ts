/**
 * What this replica knows of the others. It asks them only when someone looks, and remembers those that no longer
 * answer: a replica that crashed reports nothing itself.
 */
import type { ReplicaQueries } from '../bus/requests/replicas.ts';
import { replicaHealth, type Health, type KnownReplica, type ReplicaHealth } from '../contract/health.ts';

/** Time for the answers. A replica answers within a round trip of the bus. */
const ANSWERS_MS = 500;
/** Age of the answers at which the others are asked again. */
const FRESH_MS = 5000;
const REMEMBER_MS = 3_600_000;
const MOST_KNOWN = 50;
const MOST_REASONS = 20;
const LONGEST_REASON = 1000;

export class Replicas {
  readonly #queries: Pick<ReplicaQueries, 'descriptions' | 'serveDescription'>;
  readonly #known = new Map<string, KnownReplica>();
  readonly #now: () => number;
  #asking: Promise<void> | undefined;
  #askedMs = -Infinity;

  /**
   * Describes this replica by its health from now on.
   * @param now milliseconds of a monotonic clock
   */
  constructor(
    queries: Pick<ReplicaQueries, 'descriptions' | 'serveDescription'>,
    health: () => Health,
    now: () => number = () => performance.now(),
  ) {
    this.#queries = queries;
    this.#now = now;
    queries.serveDescription(() => describe(health()));
  }

  /** The other replicas, by name. */
  get others(): KnownReplica[] {
    return [...this.#known.values()].sort((a, b) => (a.instance < b.instance ? -1 : 1));
  }

  /** Asks the others, unless their answers are fresh. Resolves when they have had time to answer. */
  async refresh(): Promise<void> {
    if (this.#asking === undefined && this.#now() - this.#askedMs < FRESH_MS) return;
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      this.#askedMs = this.#now();
    });
    await this.#asking;
  }

  async #ask(): Promise<void> {
    const answers = await this.#queries.descriptions(ANSWERS_MS);
    // Without a bus nothing is known about the others.
    if (answers === undefined) return;
    const now = Date.now();
    for (const [instance, replica] of this.#known) {
      // One that has reported its stop is not missed.
      const isOver =
        !replica.isPresent && (replica.state === 'stopping' || now - Date.parse(replica.answered) > REMEMBER_MS);
      if (isOver) this.#known.delete(instance);
      else this.#known.set(instance, { ...replica, isPresent: false });
    }
    for (const answer of answers) {
      const { success, data } = replicaHealth.safeParse(answer);
      if (!success || (this.#known.size >= MOST_KNOWN && !this.#known.has(data.instance))) continue;
      this.#known.set(data.instance, { ...data, answered: new Date(now).toISOString(), isPresent: true });
    }
  }
}

const describe = ({ instance, version, started, state, reasons }: Health): ReplicaHealth => ({
  ...{ instance, version, started, state },
  reasons: reasons.slice(0, MOST_REASONS).map((reason) => reason.slice(0, LONGEST_REASON).toWellFormed()),
});
