/**
 * Reduces a series for a plot: in each interval the lowest, highest, first and last good sample, so that the line
 * enters, leaves and spans every interval as the whole series does, and one bad sample if there are any. Samples keep
 * their order. Memory grows with the intervals, not with the samples.
 *
 * The budget is five samples per interval. What an interval does not use, later ones may use for changes: for text and
 * steps each new value, for other signals the starts and ends of values. If the signal has no value between two
 * adjacent samples of the plot, because they are too far apart or because a bad sample between them is omitted, they
 * have a gap.
 */
import type { Nanoseconds } from '../../contract/time/instant.ts';
import type { TimeRange } from '../../contract/time/time.ts';
import type { Intervals } from './grid.ts';
import { isBad, type Sample } from './sample.ts';
import type { Bridging } from './signal.ts';

export interface PlottedSample extends Sample {
  /** Number of ranges without a value before this sample in the whole series, without bad samples. */
  readonly gaps: number;
  /** Number of bad samples before this one in the whole series. */
  readonly bads: number;
  readonly position: number;
}

export interface Plot {
  samples: PlottedSample[];
  /** False: these are all samples. */
  reduced: boolean;
  /** The last sample of the series is in the range or before it, so its value may be held up to now. */
  endsInside: boolean;
}

/** Samples of an interval, besides the two outside of the range. */
const EACH = 5;

/**
 * Most characters of all texts of a plot, which are in memory together. At half of it changes are no longer kept.
 * Beyond it every second sample is removed.
 */
const MOST_TEXT = 16 * 1024 * 1024;

/** Most samples of a plot. */
export const mostSamples = (intervals: number): number => EACH * Math.max(1, intervals) + 2;

/** Whether the signal has no value somewhere between two adjacent samples of a plot. */
export const isGap = (left: PlottedSample, right: PlottedSample): boolean =>
  left.gaps !== right.gaps || right.bads - left.bads > Number(isBad(left));

interface Interval {
  /** Start of the next interval. Undefined for the last one. */
  readonly end: Nanoseconds | undefined;
  /** Samples that it may keep. */
  readonly budget: number;
  readonly first: PlottedSample;
  last: PlottedSample;
  firstGood: PlottedSample | undefined;
  lastGood: PlottedSample | undefined;
  lowest: PlottedSample | undefined;
  highest: PlottedSample | undefined;
  firstBad: PlottedSample | undefined;
  readonly changes: PlottedSample[];
  /** Characters of the changes. */
  text: number;
}

export class PlotReducer {
  readonly #range: TimeRange;
  readonly #most: number;
  readonly #starts: Iterator<Nanoseconds>;
  readonly #shape: Bridging;
  /** All samples, as long as there are few enough. */
  #all: PlottedSample[] | undefined = [];
  readonly #kept: PlottedSample[] = [];
  #before: PlottedSample | undefined;
  #after: PlottedSample | undefined;
  #interval: Interval | undefined;
  /** Start of the next interval, and the number of started ones. */
  #next: Nanoseconds | undefined;
  #begun = 1;
  #previous: PlottedSample | undefined;
  #isComputed = false;
  #position = 0;
  #gaps = 0;
  #bads = 0;
  /** Characters of all samples, and of the kept ones. */
  #allText = 0;
  #keptText = 0;

  /**
   * @param intervals those that overlap the range; the first and the last one are cut to it, and the end is included
   */
  constructor(range: TimeRange, { count, borders }: Pick<Intervals, 'count' | 'borders'>, shape: Bridging) {
    this.#range = range;
    this.#most = mostSamples(count);
    this.#starts = borders();
    this.#shape = shape;
    this.#step();
  }

  /**
   * Adds the next sample, ascending in time.
   * @param computed a server has computed it, and marks ranges without a value with bad samples; the distance to
   * adjacent samples has no meaning
   */
  add(sample: Sample, computed = false): void {
    const previous = this.#previous;
    if (previous && !computed && !this.#isComputed && this.#isTooFar(previous, sample)) this.#gaps++;
    const next: PlottedSample = { ...sample, gaps: this.#gaps, bads: this.#bads, position: this.#position++ };
    if (isBad(sample)) this.#bads++;
    this.#previous = next;
    this.#isComputed = computed;
    // Of several samples outside of the range, the nearest one counts.
    if (sample.at < this.#range.start) this.#before = next;
    else if (sample.at > this.#range.end) this.#after ??= next;
    else this.#inside(next, previous);
  }

  /** The plot, after the last sample. */
  end(): Plot {
    const inside = this.#all;
    const outside = Number(this.#before !== undefined) + Number(this.#after !== undefined);
    const whole = inside !== undefined && inside.length + outside <= this.#most;
    if (!whole) this.#close();
    const middle = whole ? inside : this.#kept;
    const samples = [this.#before, ...middle, this.#after].filter((sample) => sample !== undefined);
    return { samples, reduced: !whole, endsInside: this.#after === undefined };
  }

  #inside(sample: PlottedSample, previous: PlottedSample | undefined): void {
    if (this.#all) {
      this.#all.push(sample);
      this.#allText += textIn(sample);
      if (this.#all.length > this.#most || this.#allText > MOST_TEXT) this.#all = undefined;
    }
    let interval = this.#interval;
    if (!interval || (interval.end !== undefined && sample.at >= interval.end)) {
      this.#close();
      interval = this.#open(sample);
      this.#interval = interval;
    }
    interval.last = sample;
    if (isBad(sample)) interval.firstBad ??= sample;
    else this.#good(interval, sample);
    const hasRoom = interval.changes.length < interval.budget && this.#keptText + interval.text < MOST_TEXT / 2;
    if (hasRoom && this.#isChange(previous, sample)) {
      interval.changes.push(sample);
      interval.text += textIn(sample);
    }
  }

  #good(interval: Interval, sample: PlottedSample): void {
    interval.firstGood ??= sample;
    interval.lastGood = sample;
    const { value } = sample;
    if (typeof value !== 'number') return;
    if (interval.lowest === undefined || value < Number(interval.lowest.value)) interval.lowest = sample;
    if (interval.highest === undefined || value > Number(interval.highest.value)) interval.highest = sample;
  }

  #open(first: PlottedSample): Interval {
    while (this.#next !== undefined && first.at >= this.#next) {
      this.#step();
      this.#begun++;
    }
    return {
      end: this.#next,
      budget: EACH * this.#begun - this.#kept.length,
      first,
      last: first,
      firstGood: undefined,
      lastGood: undefined,
      lowest: undefined,
      highest: undefined,
      firstBad: undefined,
      changes: [],
      text: 0,
    };
  }

  /** Moves to the next border in the range. */
  #step(): void {
    let next = this.#starts.next();
    while (next.done !== true && next.value <= this.#range.start) next = this.#starts.next();
    this.#next = next.done === true || next.value >= this.#range.end ? undefined : next.value;
  }

  /** Keeps the samples of the interval that has ended. */
  #close(): void {
    const interval = this.#interval;
    if (!interval) return;
    const { first, last: end, firstGood, lastGood, lowest, highest, firstBad, changes, budget } = interval;
    // The last sample of the series is included even if it is bad.
    const bad = isBad(end) ? end : firstBad;
    const chosen = new Set<PlottedSample>();
    for (const sample of [lowest, highest, firstGood, lastGood, bad, first, ...changes]) {
      if (sample && chosen.size < budget) chosen.add(sample);
    }
    const last = [...chosen].sort((a, b) => a.position - b.position);
    this.#keptText += lengthOf(last);
    if (this.#keptText > MOST_TEXT) this.#thin(last);
    for (const sample of last) this.#kept.push(sample);
    this.#interval = undefined;
  }

  /** Removes every second sample, except those of the newest interval. */
  #thin(newest: readonly PlottedSample[]): void {
    const left = this.#kept.filter((_sample, n) => n % 2 === 0);
    this.#kept.splice(0, this.#kept.length, ...left);
    this.#keptText = lengthOf(left) + lengthOf(newest);
  }

  #isTooFar(left: Sample, right: Sample): boolean {
    const { interpolation, maximumInterpolation } = this.#shape;
    if (interpolation === 'discrete') return right.at > left.at;
    return maximumInterpolation !== undefined && right.at - left.at > maximumInterpolation;
  }

  #isChange(previous: Sample | undefined, sample: Sample): boolean {
    if (!previous) return false;
    if (isBad(previous) !== isBad(sample)) return true;
    const steps = this.#shape.interpolation === 'step' || typeof sample.value !== 'number';
    return steps && (previous.value !== sample.value || previous.state !== sample.state);
  }
}

const textIn = ({ value }: Sample): number => (typeof value === 'string' ? value.length : 0);

const lengthOf = (samples: readonly Sample[]): number => samples.reduce((sum, sample) => sum + textIn(sample), 0);
