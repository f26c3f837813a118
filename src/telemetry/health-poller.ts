/**
 * Knows how the servers are without asking them much: what requests found counts, and a server is asked only when
 * nobody has heard of it for a while.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundState } from '../driver/source-health/source-health.ts';

/** What is watched of a server. */
export interface Watched {
  readonly findings: { readonly state: Readonly<FoundState> };
  /** Asks the server how it is, in bounded time; what it finds stands in `findings`. */
  probe(): Promise<unknown>;
}

/** A server is asked when the last news of it are this old; sooner when they were bad, so that an end shows soon. */
const GOOD_NEWS_MS = 30_000;
const BAD_NEWS_MS = 10_000;
/** Failed calls ask for a confirmation, at most so often. */
const CONFIRM_MS = 5_000;

export class HealthPoller {
  readonly #servers: readonly Watched[];
  readonly #now: () => number;
  readonly #asked = new Set<Watched>();
  readonly #confirmed = new Map<Watched, number>();

  /** @param now milliseconds since 1970 */
  constructor(servers: readonly Watched[], now: () => number = Date.now) {
    this.#servers = servers;
    this.#now = now;
  }

  /**
   * Asks the servers of which news are due, each once at a time; resolves when they have been asked. Never rejects.
   * @param spreadMs the servers are asked at different moments within this time, so that many cost little at once
   */
  async look(spreadMs = 0): Promise<void> {
    const due = this.#servers.filter((server) => this.#isDue(server));
    await Promise.all(due.map((server) => this.#ask(server, spreadMs * Math.random())));
  }

  /** Asks a server now, because a call to it failed; not if it is being asked, or was a moment ago. */
  confirm(server: Watched): void {
    const now = this.#now();
    const age = now - (this.#confirmed.get(server) ?? -Infinity);
    if (this.#asked.has(server) || (age >= 0 && age < CONFIRM_MS)) return;
    this.#confirmed.set(server, now);
    void this.#ask(server, 0);
  }

  async #ask(server: Watched, delayMs: number): Promise<void> {
    this.#asked.add(server);
    try {
      if (delayMs > 0) await sleep(delayMs, undefined, { ref: false });
      await server.probe();
    } catch {
      // Its state stays what it was; the next look asks again.
    } finally {
      this.#asked.delete(server);
    }
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
