/** The installations of a platform's catalogue, with their subscriptions and backfill state. */
import type { Nanoseconds } from '../../../contract/instant.ts';
import type { Platform } from '../../../sources/iotopen/platform.ts';
import type { Subscription } from '../../../mqtt/client.ts';
import { loadCatalogue, type Wish } from './catalogue.ts';
import { InstallationState, type InstallationLimits } from './installation-state.ts';
import { NO_TOPICS, type Reader } from './topic-map.ts';

export class InstallationStates implements Iterable<InstallationState> {
  readonly #wish: Wish;
  readonly #startNs: Nanoseconds;
  readonly #limits: InstallationLimits;
  readonly #places = new Map<number, InstallationState>();
  /**
   * Former installations. They may return soon: removed from the account and assigned again, or missing in a list
   * temporarily. Each has the time when it was first missing.
   */
  readonly #gone = new Map<number, { readonly place: InstallationState; readonly at: Nanoseconds }>();
  /** When the current catalogue was read. Undefined before the first. */
  #readAt: Nanoseconds | undefined;

  /** @param startNs how far back values of a new installation may be missing */
  constructor(wish: Wish, startNs: Nanoseconds, limits: InstallationLimits) {
    this.#wish = wish;
    this.#startNs = startNs;
    this.#limits = limits;
  }

  get size(): number {
    return this.#places.size;
  }

  get readers(): Reader[] {
    return [...this].flatMap(({ map }) => map.readers);
  }

  [Symbol.iterator](): Iterator<InstallationState> {
    return this.#places.values();
  }

  of(clientId: number): InstallationState | undefined {
    return this.#places.get(clientId);
  }

  /**
   * Reads the catalogue. Known installations keep their state.
   * @returns problems of the catalogue that do not prevent its use
   * @throws DriverError
   */
  async read(platform: Platform, now: Nanoseconds, signal: AbortSignal): Promise<readonly string[]> {
    const { entries, notices } = await loadCatalogue(platform, this.#wish, signal);
    const started = now - this.#startNs;
    // If the clock was set back, the time of the last read is unknown.
    const since = this.#readAt === undefined || this.#readAt > now ? started : this.#readAt;
    const seen = new Set(entries.map(({ installation }) => installation.clientId));
    for (const [clientId, place] of this.#places) {
      if (seen.has(clientId)) continue;
      place.refreshed(place.installation, NO_TOPICS, since);
      this.#places.delete(clientId);
      this.#gone.set(clientId, { place, at: now });
    }
    for (const { installation, map } of entries) {
      const { clientId } = installation;
      const known = this.#places.get(clientId) ?? this.#gone.get(clientId)?.place;
      const place = known ?? new InstallationState(installation, this.#limits);
      place.refreshed(installation, map, known === undefined ? started : since);
      this.#gone.delete(clientId);
      this.#places.set(clientId, place);
    }
    for (const { place, at } of this.#gone.values()) if (at < now - this.#limits.mostNs) place.known.forget();
    this.#readAt = now;
    return notices;
  }

  /** All values and change notifications of each installation. */
  subscriptions(): Subscription[] {
    return [...this.#places].flatMap(([clientId, { filters }]) =>
      [...filters, `${clientId}/evt/+/updated`].map((filter) => ({ filter, qos: 1 as const })),
    );
  }
}
