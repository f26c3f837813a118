/** What is read from REST of one installation in one go: the gaps of its readers, and how far each of them has been read. */
import type { Nanoseconds } from '../../../contract/instant.ts';
import type { ClockSkew } from './clock-skew.ts';
import type { BackfillWindow } from './backfill-window.ts';
import type { Reader } from './topic-map.ts';

export interface BackfillProgressOptions {
  readonly gaps: ReadonlyMap<Reader, BackfillWindow>;
  readonly clocks: ClockSkew;
  readonly now: Nanoseconds;
  /** How much earlier than a gap the log is read. */
  readonly overlapNs: Nanoseconds;
  /** No further back than this. */
  readonly mostNs: Nanoseconds;
  /** By how much our clock is ahead of the platform's; 0 where it is not known to be wrong. */
  readonly aheadNs: Nanoseconds;
}

/** How well it is known by how much a clock is wrong. */
const UNSURE: Nanoseconds = 1_000_000_000n;

/** A row with a time. */
interface Timed {
  readonly time: Nanoseconds;
  /** Whether it is safe already. */
  readonly known: boolean;
}

export class BackfillProgress {
  /** Each once. */
  readonly topics: readonly string[];
  /** In which the values that are wanted lie; times of rows. */
  readonly range: { readonly from: Nanoseconds; readonly to: Nanoseconds };
  /** By the key of their reader. */
  readonly gaps: ReadonlyMap<string, BackfillWindow>;
  readonly #options: BackfillProgressOptions;
  /** The part of the log that is read now: its topics, and the last time; undefined where its order cannot be relied on. */
  #part: { readonly topics: readonly string[]; last: Nanoseconds | undefined } | undefined;

  constructor(options: BackfillProgressOptions) {
    const { gaps, clocks, now, overlapNs, mostNs, aheadNs } = options;
    this.#options = options;
    this.gaps = new Map(Array.from(gaps, ([{ key }, gap]) => [key, gap]));
    this.topics = [...new Set(Array.from(gaps.keys(), ({ topic }) => topic))];
    let from = now;
    for (const [{ topic }, gap] of gaps) {
      gap.begin(now - mostNs, this.#slack(topic));
      const begin = gap.begins(this.#slack(topic));
      if (begin < from) from = begin;
    }
    this.range = { from, to: now + overlapNs + (clocks.ahead > -aheadNs ? clocks.ahead : UNSURE - aheadNs) };
  }

  /** The topics of which the newest value has to be read. */
  get newest(): string[] {
    const wanted = Array.from(this.#options.gaps).filter(([, { wantsNewest }]) => wantsNewest);
    return [...new Set(wanted.map(([{ topic }]) => topic))];
  }

  /** The newest values are safe. */
  newestAreRead(): void {
    for (const gap of this.gaps.values()) gap.wantsNewest = false;
  }

  /** Whether the newest value is wanted for a reader. */
  wantsNewest({ key }: Reader): boolean {
    return this.gaps.get(key)?.wantsNewest === true;
  }

  /** Whether a row of the log is wanted for a reader of it. */
  wants({ key, topic }: Reader, time: Nanoseconds): boolean {
    const gap = this.gaps.get(key);
    if (gap === undefined) return false;
    // Of these the live reading has another time than the row, so that what came live must not come from the log, too.
    const { clocks, aheadNs } = this.#options;
    if (clocks.isUntimed(topic)) {
      const unsure = aheadNs === 0n ? 0n : UNSURE;
      return gap.holds(time, aheadNs + unsure) && time < (gap.until ?? time) - aheadNs + unsure;
    }
    return gap.holds(time, this.#slack(topic));
  }

  /**
   * Rows of the log have come, which follow those of before if the topics are the same. Where they do not ascend, how far
   * has been read is not known any more; but rows that came late move others to the next page, where they come again.
   */
  look(topics: readonly string[], rows: readonly Timed[]): void {
    if (this.#part?.topics !== topics) this.#part = { topics, last: -(2n ** 63n) };
    for (const { time, known } of rows) {
      const { last } = this.#part;
      if (last === undefined) return;
      if (time >= last) this.#part.last = time;
      else if (!known) {
        this.#part.last = undefined;
        this.#note(topics, undefined);
      }
    }
  }

  /** All rows that have been looked at are safe. */
  areSafe(): void {
    if (this.#part?.last !== undefined) this.#note(this.#part.topics, this.#part.last);
  }

  /** Where something lies too far back to be read: since when the log was read. */
  get cut(): Nanoseconds | undefined {
    let cut: Nanoseconds | undefined;
    for (const gap of this.gaps.values()) if (gap.cut !== undefined && gap.cut > (cut ?? 0n)) cut = gap.cut;
    return cut;
  }

  #note(topics: readonly string[], upTo: Nanoseconds | undefined): void {
    const read = new Set(topics);
    for (const [{ topic }, gap] of this.#options.gaps) if (read.has(topic)) gap.isRead(upTo);
  }

  #slack(topic: string): Nanoseconds {
    const { overlapNs, clocks, aheadNs } = this.#options;
    // Where nothing is known of a sender's clock, or it is not told, the platform's counts.
    const known = clocks.isUntimed(topic) ? undefined : clocks.behind(topic);
    const behind = known ?? (aheadNs > 0n ? aheadNs + UNSURE : 0n);
    return overlapNs + behind;
  }
}
