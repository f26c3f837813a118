/** Counts of values by size, for the distribution of durations. Adding one costs a few comparisons and no memory. */

export class Histogram {
  readonly #bounds: readonly number[];
  readonly #counts: number[];

  /** @param bounds upper bounds of the buckets, ascending and inclusive; the last bucket has the values above them */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = [...bounds.map(() => 0), 0];
  }

  /** The number of values in each bucket. */
  get counts(): number[] {
    return [...this.#counts];
  }

  add(value: number): void {
    const at = this.#bounds.findIndex((bound) => value <= bound);
    const bucket = at < 0 ? this.#bounds.length : at;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }
}

/** Upper bounds for the times of requests and calls, in milliseconds. */
export const DURATION_BOUNDS_MS = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000] as const;

/** Upper bounds for the age of readings when they arrive, in milliseconds: from live values to backfills of days. */
export const AGE_BOUNDS_MS = [1000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000] as const;
