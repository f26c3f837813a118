/** Limits the rate of an event for each of many keys: one token bucket per key. */

export interface Rate {
  /** Bucket size. */
  readonly burst: number;
  /** Refill per second. */
  readonly perSecond: number;
}

interface Bucket {
  tokens: number;
  /** When `tokens` was updated, in milliseconds of a monotonic clock. */
  atMs: number;
}

/** Unknown senders can choose keys, so their number is limited. The least recently used key is removed. */
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

  /** Seconds until the next event is allowed. 0 if one is allowed now. Consumes no token. */
  waitSeconds(key: string): number {
    const bucket = this.#buckets.get(key);
    if (bucket === undefined) return 0;
    const missing = 1 - this.#filled(bucket);
    return missing <= 0 ? 0 : missing / this.#rate.perSecond;
  }

  /** Consumes one token. Returns false, and consumes none, if the bucket is empty. */
  take(key: string): boolean {
    const bucket = this.#buckets.get(key) ?? { tokens: this.#rate.burst, atMs: this.#now() };
    bucket.tokens = this.#filled(bucket);
    bucket.atMs = this.#now();
    // Moves it to the end of the order, as the last used.
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
