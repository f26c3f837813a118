/** The installations of a platform as the catalogue has them, and what listening to them needs. */
import type { Nanoseconds } from '../../contract/instant.ts';
import type { Platform } from '../../sources/iotopen/platform.ts';
import type { Subscription } from '../mqtt/link.ts';
import { loadCatalogue, type Wish } from './catalogue.ts';
import { Place } from './place.ts';
import type { Reader } from './topic-map.ts';

export interface Refreshed {
  readonly notices: readonly string[];
  readonly subscriptionsChanged: boolean;
}

export class Places implements Iterable<Place> {
  readonly #wish: Wish;
  readonly #startNs: Nanoseconds;
  readonly #places = new Map<number, Place>();
  /** Installations that were there before, each with the time up to which it was surely listened to. */
  readonly #gone = new Map<number, Nanoseconds>();
  /** When the catalogue was read that is known; undefined before the first. */
  #readAt: Nanoseconds | undefined;

  /** @param startNs how far back the values of a new installation may have been missed */
  constructor(wish: Wish, startNs: Nanoseconds) {
    this.#wish = wish;
    this.#startNs = startNs;
  }

  get size(): number {
    return this.#places.size;
  }

  get readers(): Reader[] {
    return [...this].flatMap(({ map }) => map.readers);
  }

  [Symbol.iterator](): Iterator<Place> {
    return this.#places.values();
  }

  of(clientId: number): Place | undefined {
    return this.#places.get(clientId);
  }

  /** Reads the catalogue; what is known already goes on. @throws DriverError */
  async read(platform: Platform, now: Nanoseconds, signal: AbortSignal): Promise<Refreshed> {
    const before = JSON.stringify(this.subscriptions());
    const { entries, notices } = await loadCatalogue(platform, this.#wish, signal);
    const seen = new Set(entries.map(({ installation }) => installation.clientId));
    for (const clientId of this.#places.keys()) {
      if (seen.has(clientId)) continue;
      this.#places.delete(clientId);
      // It may be back soon: taken from the account and given again, or left out of a list for a moment.
      this.#gone.set(clientId, this.#readAt ?? now);
    }
    for (const { installation, map } of entries) {
      const known = this.#places.get(installation.clientId);
      if (known === undefined) {
        const since = this.#gone.get(installation.clientId) ?? now;
        this.#gone.delete(installation.clientId);
        const place = new Place(installation, map, since < now - this.#startNs ? since : now - this.#startNs);
        place.disconnected();
        place.connected(now);
        this.#places.set(installation.clientId, place);
      } else known.refreshed(installation, map, this.#readAt ?? now);
    }
    this.#readAt = now;
    return { notices, subscriptionsChanged: JSON.stringify(this.subscriptions()) !== before };
  }

  /** All values and all notices of change of each installation. */
  subscriptions(): Subscription[] {
    return [...this.#places].flatMap(([clientId, { map }]) => {
      // Values are below `obj`; a topic that somebody has put elsewhere is listened to by itself.
      const elsewhere = map.topics.filter((topic) => !topic.startsWith('obj/'));
      return ['obj/#', 'evt/+/updated', ...elsewhere].map((topic) => ({
        filter: `${clientId}/${topic}`,
        qos: 1 as const,
      }));
    });
  }
}
