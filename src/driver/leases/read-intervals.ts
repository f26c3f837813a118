/** The actual read intervals of one lease: the average time between the last two reads of each item. */
export class ReadIntervals {
  readonly #askedMs: number;
  readonly #from: number;
  readonly #readAt: (number | undefined)[] = [];
  readonly #intervals: (number | undefined)[] = [];
  #sumMs = 0;
  #count = 0;

  /**
   * @param askedMs requested interval; other leases may read items more often, which does not help this one
   * @param from earlier reads belong to other leases, with their intervals
   */
  constructor(askedMs: number, from: number) {
    this.#askedMs = askedMs;
    this.#from = from;
  }

  /** Undefined as long as no item has been read twice. */
  get averageMs(): number | undefined {
    return this.#count === 0 ? undefined : Math.round(this.#sumMs / this.#count);
  }

  /** @param at when the read began; undefined if it failed: such an item is read less often on purpose */
  read(index: number, at: number | undefined): void {
    const before = this.#readAt[index];
    this.#readAt[index] = at !== undefined && at >= this.#from ? at : undefined;
    const known = this.#intervals[index];
    if (known !== undefined) {
      this.#sumMs -= known;
      this.#count--;
    }
    this.#intervals[index] =
      before === undefined || at === undefined || at <= before ? undefined : Math.max(this.#askedMs, at - before);
    const now = this.#intervals[index];
    if (now === undefined) return;
    this.#sumMs += now;
    this.#count++;
  }
}
