/**
 * Knows how the servers are without asking them much: what requests found counts, and a server is asked only when
 * nobody has heard of it for a while.
 */
import type { FoundState } from '../driver/findings.ts';

/** What is watched of a server. */
export interface Watched {
  readonly findings: { readonly state: Readonly<FoundState> };
  /** Asks the server how it is, in bounded time; what it finds stands in `findings`. */
  probe(): Promise<unknown>;
}

/** A server is asked when the last news of it are this old; sooner when they were bad, so that an end shows soon. */
const GOOD_NEWS_MS = 30_000;
const BAD_NEWS_MS = 10_000;

export class ServerWatch {
  readonly #servers: readonly Watched[];
  readonly #now: () => number;
  readonly #asked = new Set<Watched>();

  /** @param now milliseconds since 1970 */
  constructor(servers: readonly Watched[], now: () => number = Date.now) {
    this.#servers = servers;
    this.#now = now;
  }

  /** Asks the servers of which news are due, each once at a time; resolves when they have been asked. Never rejects. */
  async look(): Promise<void> {
    await Promise.all(
      this.#servers
        .filter((server) => this.#isDue(server))
        .map(async (server) => {
          this.#asked.add(server);
          try {
            await server.probe();
          } catch {
            // Its state stays what it was; the next look asks again.
          } finally {
            this.#asked.delete(server);
          }
        }),
    );
  }

  #isDue(server: Watched): boolean {
    if (this.#asked.has(server)) return false;
    const { state, foundAt } = server.findings.state;
    if (foundAt === undefined) return true;
    const age = this.#now() - foundAt;
    // A clock that was set back must not make old news fresh.
    return age < 0 || age >= (state === 'up' ? GOOD_NEWS_MS : BAD_NEWS_MS);
  }
}
