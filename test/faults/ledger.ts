/** The oracle's book: what was handed in, what was acknowledged, and whether the stream holds just that. */

/** What a reading must be in the end. */
export interface Entry {
  readonly fqn: string;
  readonly time: string;
  readonly value: unknown;
}

/** A reading as it was found. */
export type Found = Entry & Readonly<Record<string, unknown>>;

export interface Verdict {
  /** Acknowledged, and not in the stream. */
  readonly lost: string[];
  /** In the stream more than once. */
  readonly repeated: string[];
  /** In the stream, and nobody handed them in. */
  readonly foreign: string[];
  /** In the stream with another value. */
  readonly altered: string[];
}

const idOf = ({ fqn, time }: Pick<Entry, 'fqn' | 'time'>): string => `${fqn}@${time}`;

export class Ledger {
  readonly #given = new Map<string, Entry>();
  readonly #acknowledged = new Set<string>();

  /** Notes what is about to be handed in. */
  give(entry: Entry): void {
    this.#given.set(idOf(entry), entry);
  }

  /** Notes that the other side said it has it. */
  acknowledge(entry: Entry): void {
    this.#acknowledged.add(idOf(entry));
  }

  get given(): number {
    return this.#given.size;
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** What is not as it should be, at most a few of each kind. */
  compare(found: readonly Found[]): Verdict {
    const count = new Map<string, number>();
    const altered: string[] = [];
    for (const reading of found) {
      const id = idOf(reading);
      count.set(id, (count.get(id) ?? 0) + 1);
      const entry = this.#given.get(id);
      if (entry !== undefined && entry.value !== reading.value) altered.push(`${id}: ${String(reading.value)}`);
    }
    return {
      lost: some([...this.#acknowledged].filter((id) => !count.has(id))),
      repeated: some([...count].filter(([, n]) => n > 1).map(([id, n]) => `${id} x ${n}`)),
      foreign: some([...count.keys()].filter((id) => !this.#given.has(id))),
      altered: some(altered),
    };
  }
}

const some = (ids: string[]): string[] =>
  ids.length <= 10 ? ids : [...ids.slice(0, 10), `and ${ids.length - 10} more`];
