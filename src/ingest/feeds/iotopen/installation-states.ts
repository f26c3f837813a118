/** The installations of a platform's catalogue, with their subscriptions and backfill state. */
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { Platform } from '../../../sources/iotopen/platform.ts';
import type { Subscription } from '../../../mqtt/client.ts';
import { loadCatalogue, type CatalogueSelection } from './catalogue.ts';
import { InstallationState, type InstallationLimits } from './installation-state.ts';
import { NO_TOPICS, type Reader } from './topic-map.ts';

export class InstallationStates implements Iterable<InstallationState> {
  readonly #selection: CatalogueSelection;
  readonly #startNs: Nanoseconds;
  readonly #limits: InstallationLimits;
  /**
   * By client id, with those that left the catalogue, which have no topics: removed from the account, or missing in a
   * list temporarily, they may return.
   */
  readonly #states = new Map<number, InstallationState>();
  /** When the current catalogue was read. Undefined before the first. */
  #readAt: Nanoseconds | undefined;

  /** @param startNs how far back values of a new installation may be missing */
  constructor(selection: CatalogueSelection, startNs: Nanoseconds, limits: InstallationLimits) {
    this.#selection = selection;
    this.#startNs = startNs;
    this.#limits = limits;
  }

  get size(): number {
    return [...this].length;
  }

  get readers(): Reader[] {
    return [...this].flatMap(({ map }) => map.readers);
  }

  /** The installations of the catalogue. */
  *[Symbol.iterator](): Iterator<InstallationState> {
    for (const state of this.#states.values()) if (state.map !== NO_TOPICS) yield state;
  }

  of(clientId: number): InstallationState | undefined {
    return this.#states.get(clientId);
  }

  /**
   * Reads the catalogue. Known installations keep their state.
   * @returns problems of the catalogue that do not prevent its use
   * @throws DriverError
   */
  async read(platform: Platform, now: Nanoseconds, signal: AbortSignal): Promise<readonly string[]> {
    const { entries, notices } = await loadCatalogue(platform, this.#selection, signal);
    const started = now - this.#startNs;
    // If the clock was set back, the time of the last read is unknown.
    const since = this.#readAt === undefined || this.#readAt > now ? started : this.#readAt;
    const listed = new Set(entries.map(({ installation }) => installation.clientId));
    for (const state of this) {
      const { clientId } = state.installation;
      if (!listed.has(clientId)) state.refreshed(state.installation, NO_TOPICS, since);
    }
    for (const { installation, map } of entries) {
      const known = this.#states.get(installation.clientId);
      const state = known ?? new InstallationState(installation, this.#limits);
      state.refreshed(installation, map, known === undefined ? started : since);
      this.#states.set(installation.clientId, state);
    }
    this.#readAt = now;
    return notices;
  }

  /** All values and change notifications of each installation. */
  subscriptions(): Subscription[] {
    return [...this].flatMap(({ installation: { clientId }, filters }) =>
      [...filters, `${clientId}/evt/+/updated`].map((filter) => ({ filter, qos: 1 as const })),
    );
  }
}
