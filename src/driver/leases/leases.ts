/** All leases of this process: their limits, and their shared polls. */
import type { LeaseEnd } from '../../contract/answer.ts';
import { DriverError } from '../../contract/errors.ts';
import type { Caller } from '../limits/caller.ts';
import type { Host } from '../hosts.ts';
import type { DriverLimits } from '../limits/request-limits.ts';
import type { Lease, LeasedItem } from './lease.ts';
import { Shares } from '../limits/shares.ts';
import { Poller, type PollerOptions } from './poller.ts';
import type { PollResult } from './poll-result.ts';

export interface LeasesOptions extends Pick<PollerOptions, 'now' | 'onUnexpected'> {
  limits: Pick<DriverLimits, 'maxLeases' | 'maxLeasedItems'>;
}

/** Retry hint for callers when there are too many leases: other replicas may have room. */
const RETRY_AFTER_MS = 5000;

export class Leases {
  readonly #options: LeasesOptions;
  readonly #groups = new Map<Host, Poller>();
  readonly #leases: Shares;
  readonly #items: Shares;

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#leases = new Shares(options.limits.maxLeases);
    this.#items = new Shares(options.limits.maxLeasedItems);
  }

  /** Active leases, their items, and the distinct tags that are polled for them. */
  get load(): { leases: number; items: number; tags: number } {
    const tags = [...this.#groups.values()].reduce((sum, { size }) => sum + size, 0);
    return { leases: this.#leases.used, items: this.#items.used, tags };
  }

  /**
   * Runs a lease until it ends.
   * @param items items of the request
   * @throws DriverError `overloaded`
   */
  async hold(lease: Lease, items: number, intervalMs: number, { root }: Caller): Promise<LeaseEnd> {
    if (!this.#leases.mayTake(root)) {
      const { used, total } = this.#leases;
      throw overloaded(
        `The driver holds ${used} of at most ${total} leases already, and this caller its share of them`,
      );
    }
    if (!this.#items.mayTake(root, items)) {
      const { used, total } = this.#items;
      throw overloaded(
        `The leases of the driver have ${used} of at most ${total} items already, and this caller its share of them`,
      );
    }
    this.#leases.take(root);
    this.#items.take(root, items);
    try {
      return await lease.run((item, onResult) => this.#join(item, intervalMs, onResult));
    } finally {
      this.#leases.give(root);
      this.#items.give(root, items);
    }
  }

  #join({ fqn, host }: LeasedItem, intervalMs: number, onResult: (reading: PollResult) => void): () => void {
    const group = this.#groups.get(host) ?? this.#open(host);
    return group.join(fqn, { intervalMs, onResult });
  }

  #open(host: Host): Poller {
    const { now, onUnexpected } = this.#options;
    const group = new Poller({
      ...{ host, now, onUnexpected },
      onEmpty: () => {
        this.#groups.delete(host);
      },
    });
    this.#groups.set(host, group);
    return group;
  }
}

function overloaded(why: string): DriverError {
  return new DriverError('overloaded', `${why}; try again later.`, { details: { retryAfterMs: RETRY_AFTER_MS } });
}
