/**
 * The actual and the requested poll rate of a server's leased tags. A server that cannot keep up delays values, and
 * only this shows it.
 */

/** Interval of one tag, in milliseconds from the start of a poll to the start of the next. */
export interface TagPace {
  readonly askedMs: number;
  readonly realMs: number;
}

/** Average over all tags that have been polled twice. */
export interface ServerPace extends TagPace {
  readonly tags: number;
  /** Polls take more than twice the requested interval. */
  readonly late: boolean;
}

/**
 * Polls are late if they take more than LATE times the requested interval for LATE_FOR_MS. They are in time again
 * below IN_TIME times.
 */
const LATE = 2;
const LATE_FOR_MS = 5000;
const IN_TIME = 1.5;

export class PollPace {
  #tags = 0;
  #askedMs = 0;
  #realMs = 0;
  /** Sum of the ratios of actual to requested interval: long intervals must not hide the short ones. */
  #ratios = 0;
  #slowSince: number | undefined;
  #late = false;
  #onChange: (pace: ServerPace) => void = () => undefined;

  /** Calls `listener` when polls become late, and when they are in time again. */
  onChange(listener: (pace: ServerPace) => void): void {
    this.#onChange = listener;
  }

  /** The current rate. Undefined as long as no tag has been polled twice. */
  get current(): ServerPace | undefined {
    if (this.#tags === 0) return undefined;
    const mean = (sum: number): number => Math.round(sum / this.#tags);
    return { tags: this.#tags, askedMs: mean(this.#askedMs), realMs: mean(this.#realMs), late: this.#late };
  }

  /** Replaces the rate of a tag. Either is undefined if it has none. */
  replace(before: TagPace | undefined, now: TagPace | undefined): void {
    if (before) this.#add(before, -1);
    if (now) this.#add(now, 1);
    if (this.#tags === 0) [this.#askedMs, this.#realMs, this.#ratios] = [0, 0, 0];
  }

  /**
   * Determines whether polls are late.
   * @param nowMs time of a monotonic clock
   * @param tags number of polled tags; if few of them have a rate, the result is unknown
   */
  judge(nowMs: number, tags: number): void {
    const ratio = this.#tags > 0 ? this.#ratios / this.#tags : 0;
    if (this.#late) {
      if (ratio < IN_TIME) this.#set(false);
      return;
    }
    if (ratio <= LATE || this.#tags * 2 < tags) {
      this.#slowSince = undefined;
      return;
    }
    this.#slowSince ??= nowMs;
    if (nowMs - this.#slowSince >= LATE_FOR_MS) this.#set(true);
  }

  #add({ askedMs, realMs }: TagPace, count: 1 | -1): void {
    this.#tags += count;
    this.#askedMs += count * askedMs;
    this.#realMs += count * realMs;
    this.#ratios += (count * realMs) / askedMs;
  }

  #set(late: boolean): void {
    this.#late = late;
    this.#slowSince = undefined;
    const { current = { tags: 0, askedMs: 0, realMs: 0, late } } = this;
    this.#onChange(current);
  }
}

/** A log text with the remedy. */
export function lateText(server: string, { tags, askedMs, realMs }: ServerPace): string {
  return `The ${tags} leased tags of server "${server}" are read every ${seconds(realMs)} on average, and not every ${seconds(askedMs)} as asked for. Allow more calls at once ("concurrency"), lease fewer tags, or ask for a longer "intervalMs".`;
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
