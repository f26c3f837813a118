/** Statistics of requests, for the NATS service and the telemetry topics. */
import { roundMs } from '../../lib/clock.ts';
import { DURATION_BOUNDS_MS, Histogram } from '../../lib/histogram.ts';

interface FunctionNumbers {
  requests: number;
  /** By status or error code. */
  results: Record<string, number>;
  totalMs: number;
  longestMs: number;
  /** Sum of the times of their calls to sources. */
  sourceMs: number;
}

/** Distributions of the times. */
interface Distributions {
  /** By `DURATION_BOUNDS_MS`. */
  durations: number[];
  sourceDurations: number[];
}

interface FunctionStatistics extends FunctionNumbers {
  readonly durations: Histogram;
  readonly sourceDurations: Histogram;
}

/** Counts since the start, times in milliseconds. */
export interface RequestNumbers {
  /** Requests without a reply subject. */
  unanswerable: number;
  /** By name. Requests for unknown functions are under `""`. */
  functions: Record<string, FunctionNumbers & Distributions & { averageMs: number }>;
}

export class RequestStatistics {
  readonly #functions = new Map<string, FunctionStatistics>();
  #unanswerable = 0;

  /**
   * @param name a name of the contract, or `""`: arbitrary names of callers would grow the table without limit
   * @param status `ok`, `partial` or the error code
   * @param sourceMs the times of its calls to sources
   */
  answered(name: string, status: string, elapsedMs: number, sourceMs: number): void {
    const numbers = this.#of(name);
    numbers.requests++;
    numbers.results[status] = (numbers.results[status] ?? 0) + 1;
    numbers.totalMs += elapsedMs;
    numbers.longestMs = Math.max(numbers.longestMs, elapsedMs);
    numbers.durations.add(elapsedMs);
    numbers.sourceMs += sourceMs;
    numbers.sourceDurations.add(sourceMs);
  }

  /** Counts a request without a reply subject. */
  unanswerable(): void {
    this.#unanswerable++;
  }

  snapshot(): RequestNumbers {
    return {
      unanswerable: this.#unanswerable,
      functions: Object.fromEntries(
        Array.from(
          this.#functions,
          ([name, { requests, results, totalMs, longestMs, sourceMs, durations, sourceDurations }]) => [
            name,
            {
              requests,
              results: { ...results },
              totalMs: roundMs(totalMs),
              averageMs: roundMs(totalMs / requests),
              longestMs: roundMs(longestMs),
              durations: durations.counts,
              sourceMs: roundMs(sourceMs),
              sourceDurations: sourceDurations.counts,
            },
          ],
        ),
      ),
    };
  }

  #of(name: string): FunctionStatistics {
    let numbers = this.#functions.get(name);
    if (!numbers) {
      numbers = {
        ...{ requests: 0, results: {}, totalMs: 0, longestMs: 0, sourceMs: 0 },
        durations: new Histogram(DURATION_BOUNDS_MS),
        sourceDurations: new Histogram(DURATION_BOUNDS_MS),
      };
      this.#functions.set(name, numbers);
    }
    return numbers;
  }
}
