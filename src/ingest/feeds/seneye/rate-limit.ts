/** Bounds how often something may happen, for each of many: a bucket of tokens for each key. */

export interface Rate {
  /** So many at once. */
  readonly burst: number;
  /** So many in a second in the long run. */
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was right, in milliseconds of a monotonic clock. */
  atMs: number;
}

/** Keys can come from strangers, so their number is bounded; the one that was used longest ago is forgotten. */
const MOST_KEYS = 1000;

export class RateLimit {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param now milliseconds of a monotonic clock */
  constructor(rate: Rate, now: () => number = () => performance.now()) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Seconds until the next is allowed; 0 when one is allowed now. Takes nothing. */
  waitSeconds(key: string): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    const missing = 1 - this.#filled(bucket);
    return missing <= 0 ? 0 : missing / this.#rate.perSecond;
  }

  /** Counts one; false, and counted as none, when it is one too many. */
  take(key: string): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#rate.burst, atMs: this.#now() };
    bucket.tokens = this.#filled(bucket);
    bucket.atMs = this.#now();
    // To the end of the order, as the one used last.
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size > MOST_KEYS) this.#buckets.delete(this.#buckets.keys().next().value ?? '');
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }

  #filled({ tokens, atMs }: Bucket): number {
    const { burst, perSecond } = this.#rate;
    return Math.min(burst, tokens + ((this.#now() - atMs) / 1000) * perSecond);
  }
}
