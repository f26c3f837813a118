/**
 * Keeps the status of the servers current with few calls: the results of requests count, and a server is probed only if
 * there is no recent result.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FoundState } from '../driver/source-health/source-health.ts';

/** A watched server. */
export interface Watched {
  readonly findings: { readonly state: Readonly<FoundState> };
  /** Probes the server, in bounded time. The result is stored in `findings`. */
  probe(): Promise<unknown>;
}

/** A server is probed when its last result is this old; sooner if it is down, so that a recovery is noticed soon. */
const GOOD_NEWS_MS = 30_000;
const BAD_NEWS_MS = 10_000;
/** Minimum interval of probes after failed calls. */
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
   * Probes the servers that are due, each once at a time. Resolves when they have been probed. Never rejects.
   * @param spreadMs the probes are spread over this time, to distribute the load
   */
  async look(spreadMs = 0): Promise<void> {
    const due = this.#servers.filter((server) => this.#isDue(server));
    await Promise.all(due.map((server) => this.#ask(server, spreadMs * Math.random())));
  }

  /** Probes a server now, because a call to it failed. Skipped if a probe is in progress or recent. */
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
      // Its state stays unchanged. The next poll probes it again.
    } finally {
      this.#asked.delete(server);
    }
  }

  #isDue(server: Watched): boolean {
    if (this.#asked.has(server)) return false;
    const { state, foundAt } = server.findings.state;
    if (foundAt === undefined) return true;
    const age = this.#now() - foundAt;
    // A clock that was set back must not make an old result fresh.
    return age < 0 || age >= (state === 'up' ? GOOD_NEWS_MS : BAD_NEWS_MS);
  }
}
