/**
 * How often the leased tags of a server are really polled, beside how often they are to be: a server that cannot keep up
 * makes values old, and nothing else would show it.
 */

/** Of one tag, in milliseconds from the start of a poll to the start of the next one. */
export interface TagPace {
  readonly askedMs: number;
  readonly realMs: number;
}

/** Of all tags that have been polled twice, on average. */
export interface ServerPace extends TagPace {
  readonly tags: number;
  /** Reads come later than twice the time that was asked for. */
  readonly late: boolean;
}

/** Late is what takes more than so many times as long as asked, for so long; it is over below the second number. */
const LATE = 2;
const LATE_FOR_MS = 5000;
const IN_TIME = 1.5;

export class PollPace {
  #tags = 0;
  #askedMs = 0;
  #realMs = 0;
  /** Sum of real by asked: long intervals must not hide the short ones. */
  #ratios = 0;
  #slowSince: number | undefined;
  #late = false;
  #onChange: (pace: ServerPace) => void = () => undefined;

  /** Has `listener` told when polls begin to be late, and when they are in time again. */
  onChange(listener: (pace: ServerPace) => void): void {
    this.#onChange = listener;
  }

  /** The pace at present; undefined as long as no tag has been polled twice. */
  get current(): ServerPace | undefined {
    if (this.#tags === 0) return undefined;
    const mean = (sum: number): number => Math.round(sum / this.#tags);
    return { tags: this.#tags, askedMs: mean(this.#askedMs), realMs: mean(this.#realMs), late: this.#late };
  }

  /** A tag has another pace than before; either is undefined where it has none. */
  replace(before: TagPace | undefined, now: TagPace | undefined): void {
    if (before) this.#add(before, -1);
    if (now) this.#add(now, 1);
    if (this.#tags === 0) [this.#askedMs, this.#realMs, this.#ratios] = [0, 0, 0];
  }

  /**
   * Finds out whether polls are late.
   * @param nowMs of a clock that only runs forward
   * @param tags that are polled; where few of them have a pace, nothing is known yet
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

/** In words, with what helps. */
export function lateText(server: string, { tags, askedMs, realMs }: ServerPace): string {
  return `The ${tags} leased tags of server "${server}" are read every ${seconds(realMs)} on average, and not every ${seconds(askedMs)} as asked for. Allow more calls at once ("concurrency"), lease fewer tags, or ask for a longer "intervalMs".`;
}

const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;
