/** Statistics of requests, for the NATS service and the telemetry topics. */
import { roundMs } from '../../lib/clock.ts';

interface FunctionNumbers {
  requests: number;
  /** By status or error code. */
  results: Record<string, number>;
  totalMs: number;
  longestMs: number;
}

/** Counts since the start, times in milliseconds. */
export interface RequestNumbers {
  /** Requests without a reply subject. */
  unanswerable: number;
  /** By name. Requests for unknown functions are under `""`. */
  functions: Record<string, FunctionNumbers & { averageMs: number }>;
}

export class RequestStatistics {
  readonly #functions = new Map<string, FunctionNumbers>();
  #unanswerable = 0;

  /**
   * @param name a name of the contract, or `""`: arbitrary names of callers would grow the table without limit
   * @param status `ok`, `partial` or the error code
   */
  answered(name: string, status: string, elapsedMs: number): void {
    const numbers = this.#of(name);
    numbers.requests++;
    numbers.results[status] = (numbers.results[status] ?? 0) + 1;
    numbers.totalMs += elapsedMs;
    numbers.longestMs = Math.max(numbers.longestMs, elapsedMs);
  }

  /** Counts a request without a reply subject. */
  unanswerable(): void {
    this.#unanswerable++;
  }

  snapshot(): RequestNumbers {
    return {
      unanswerable: this.#unanswerable,
      functions: Object.fromEntries(
        Array.from(this.#functions, ([name, { requests, results, totalMs, longestMs }]) => [
          name,
          {
            requests,
            results: { ...results },
            totalMs: roundMs(totalMs),
            averageMs: roundMs(totalMs / requests),
            longestMs: roundMs(longestMs),
          },
        ]),
      ),
    };
  }

  #of(name: string): FunctionNumbers {
    let numbers = this.#functions.get(name);
    if (!numbers) {
      numbers = { requests: 0, results: {}, totalMs: 0, longestMs: 0 };
      this.#functions.set(name, numbers);
    }
    return numbers;
  }
}
