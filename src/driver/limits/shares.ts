/**
 * Divides a limited number of slots between callers, so that none gets all of them. A caller may take one while it has
 * less than three times as many as are free (dynamic thresholds, Choudhury and Hahne): alone it gets three quarters, of
 * n callers each gets 3/(3n+1) of all, and some stay free for the next one.
 */
const FACTOR = 3;

export class Shares {
  readonly total: number;
  #used = 0;
  readonly #byCaller = new Map<string, number>();

  constructor(total: number) {
    this.total = total;
  }

  get used(): number {
    return this.#used;
  }

  /** Whether a caller may take `count` slots. One that has none may take any free one. */
  mayTake(caller: string, count = 1): boolean {
    const left = this.total - this.#used - count;
    if (left < 0) return false;
    const own = this.#byCaller.get(caller) ?? 0;
    return own === 0 || own + count <= FACTOR * (left + 1);
  }

  take(caller: string, count = 1): void {
    this.#used += count;
    this.#byCaller.set(caller, (this.#byCaller.get(caller) ?? 0) + count);
  }

  give(caller: string, count = 1): void {
    this.#used -= count;
    const own = (this.#byCaller.get(caller) ?? 0) - count;
    if (own > 0) this.#byCaller.set(caller, own);
    else this.#byCaller.delete(caller);
  }
}
