/** One backfill of an installation from the log: which rows of which readers may be missing. */
import type { Nanoseconds } from '../../../contract/time/instant.ts';
import type { LogReader } from '../../../sources/iotopen/platform.ts';
import type { ClockSkew } from './clock-skew.ts';
import type { Reader } from './topic-map.ts';

/** A time in which values of one reader may be missing, by arrival at the platform. */
export interface BackfillWindow {
  readonly from: Nanoseconds;
  readonly until: Nanoseconds;
}

export interface BackfillJobOptions {
  readonly windows: ReadonlyMap<Reader, BackfillWindow>;
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

export class BackfillJob {
  /** Topics, each once. */
  readonly topics: readonly string[];
  /** Range of row times that contains the required values. */
  readonly range: { readonly from: Nanoseconds; readonly to: Nanoseconds };
  /** Start of the log that is read, if a window begins too far back. Otherwise undefined. */
  readonly cut: Nanoseconds | undefined;
  /** The log, from the first page to the position that was reached. */
  log: LogReader | undefined;
  readonly #options: BackfillJobOptions;
  readonly #windows: ReadonlyMap<string, BackfillWindow>;

  constructor(options: BackfillJobOptions) {
    const { windows, clocks, now, overlapNs, mostNs, aheadNs } = options;
    this.#options = options;
    this.#windows = new Map(Array.from(windows, ([{ key }, window]) => [key, window]));
    this.topics = [...new Set(Array.from(windows.keys(), ({ topic }) => topic))];
    const earliest = now - mostNs;
    let from = now;
    for (const [{ topic }, window] of windows) {
      if (window.from < earliest) this.cut = earliest;
      const begin = (window.from < earliest ? earliest : window.from) - this.#slack(topic);
      if (begin < from) from = begin;
    }
    this.range = { from, to: now + overlapNs + (clocks.ahead > -aheadNs ? clocks.ahead : UNSURE - aheadNs) };
  }

  /** Start of the window of a reader. */
  startOf({ key }: Reader): Nanoseconds | undefined {
    return this.#windows.get(key)?.from;
  }

  /** Whether a reader needs a row. Repeated values are recognized by their id, so a window is read with an overlap. */
  wants({ key, topic }: Reader, time: Nanoseconds): boolean {
    const window = this.#windows.get(key);
    if (window === undefined) return false;
    const { clocks, aheadNs } = this.#options;
    if (!clocks.isUntimed(topic)) return time >= window.from - this.#slack(topic);
    // For these topics the live reading and the row have different times, and so different ids: a value received live
    // must not be read from the log as well.
    const unsure = aheadNs === 0n ? 0n : UNSURE;
    return time >= window.from - aheadNs - unsure && time < window.until - aheadNs + unsure;
  }

  /** How much earlier than its arrival the time of a row may be, and the overlap. */
  #slack(topic: string): Nanoseconds {
    const { overlapNs, clocks, aheadNs } = this.#options;
    // If the skew of the sender's clock is unknown, or it sends no times, the platform's clock is used.
    const known = clocks.isUntimed(topic) ? undefined : clocks.behind(topic);
    const behind = known ?? (aheadNs > 0n ? aheadNs + UNSURE : 0n);
    return overlapNs + behind;
  }
}
