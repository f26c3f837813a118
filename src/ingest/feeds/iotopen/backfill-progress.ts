/** One backfill run of an installation over REST: the windows of its readers, and how far each has been read. */
import type { Nanoseconds } from '../../../contract/instant.ts';
import type { ClockSkew } from './clock-skew.ts';
import type { BackfillWindow } from './backfill-window.ts';
import type { Reader } from './topic-map.ts';

export interface BackfillProgressOptions {
  readonly gaps: ReadonlyMap<Reader, BackfillWindow>;
  readonly clocks: ClockSkew;
  readonly now: Nanoseconds;
  /** How much earlier than a window the log is read. */
  readonly overlapNs: Nanoseconds;
  /** Longest time to read back. */
  readonly mostNs: Nanoseconds;
  /** How far the driver's clock is ahead of the platform's. 0 if it is not known to be wrong. */
  readonly aheadNs: Nanoseconds;
}

/** Uncertainty of the measured clock skew. */
const UNSURE: Nanoseconds = 1_000_000_000n;

/** A row with a time. */
interface Timed {
  readonly time: Nanoseconds;
  /** Whether the value is safe on the bus already. */
  readonly known: boolean;
}

export class BackfillProgress {
  /** Topics, each once. */
  readonly topics: readonly string[];
  /** Range of row times that contains the required values. */
  readonly range: { readonly from: Nanoseconds; readonly to: Nanoseconds };
  /** Windows by the key of their reader. */
  readonly gaps: ReadonlyMap<string, BackfillWindow>;
  readonly #options: BackfillProgressOptions;
  /**
   * The part of the log that is being read: its topics, and the last time. `last` is undefined if the order is
   * unreliable.
   */
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

  /** Topics whose newest value must be read. */
  get newest(): string[] {
    const wanted = Array.from(this.#options.gaps).filter(([, { wantsNewest }]) => wantsNewest);
    return [...new Set(wanted.map(([{ topic }]) => topic))];
  }

  /** The newest values are safe. */
  newestAreRead(): void {
    for (const gap of this.gaps.values()) gap.wantsNewest = false;
  }

  /** Whether a reader needs the newest value. */
  wantsNewest({ key }: Reader): boolean {
    return this.gaps.get(key)?.wantsNewest === true;
  }

  /** Whether a reader needs a row of the log. */
  wants({ key, topic }: Reader, time: Nanoseconds): boolean {
    const gap = this.gaps.get(key);
    if (gap === undefined) return false;
    // For these topics the live reading and the log row have different times, so a value received live must not be read
    // from the log as well.
    const { clocks, aheadNs } = this.#options;
    if (clocks.isUntimed(topic)) {
      const unsure = aheadNs === 0n ? 0n : UNSURE;
      return gap.holds(time, aheadNs + unsure) && time < (gap.until ?? time) - aheadNs + unsure;
    }
    return gap.holds(time, this.#slack(topic));
  }

  /**
   * Records rows of the log, which continue the previous ones if the topics are the same. If they do not ascend, the
   * progress is no longer known. Rows that arrived late only shift others to the next page, where they repeat.
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

  /** All rows recorded so far are safe. */
  areSafe(): void {
    if (this.#part?.last !== undefined) this.#note(this.#part.topics, this.#part.last);
  }

  /** The start of the log that was read, if a window begins too far back. Otherwise undefined. */
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
    // If the skew of the sender's clock is unknown, or it sends no times, the platform's clock is used.
    const known = clocks.isUntimed(topic) ? undefined : clocks.behind(topic);
    const behind = known ?? (aheadNs > 0n ? aheadNs + UNSURE : 0n);
    return overlapNs + behind;
  }
}
