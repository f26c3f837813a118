/** Chooses the fault of a request, if any. */
import type { Fault } from '../behaviour.ts';
import { noise } from '../series/noise.ts';

interface Armed {
  readonly fault: Fault;
  /** How often it still happens; undefined without limit. */
  left: number | undefined;
  /** How many requests it matched, for the fixed sequence of a rate. */
  matched: number;
}

export class Faults {
  #armed: Armed[] = [];
  readonly #healers = new Set<() => void>();

  arm(fault: Fault): void {
    this.#armed.push({ fault, left: fault.times, matched: 0 });
  }

  /** Disarms everything and lets hanging requests go. */
  heal(): void {
    this.#armed = [];
    for (const heal of this.#healers) heal();
    this.#healers.clear();
  }

  list(): Fault[] {
    return this.#armed.map((armed) => armed.fault);
  }

  /** The first fault that applies to this request; counts it. */
  take(operation: string | undefined, path: string): Fault | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.operation !== undefined && fault.operation !== operation) continue;
      if (fault.path !== undefined && !path.includes(fault.path)) continue;
      armed.matched += 1;
      if (fault.rate !== undefined && noise(1, armed.matched) >= fault.rate) continue;
      if (armed.left !== undefined) {
        if (armed.left <= 0) continue;
        armed.left -= 1;
      }
      return fault;
    }
    return undefined;
  }

  /** Settles when the faults are healed or the request is over. */
  async hang(signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#healers.delete(done);
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#healers.add(done);
      signal.addEventListener('abort', done);
    });
  }
}
