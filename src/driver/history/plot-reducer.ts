/**
 * Reduces a series to what a plot can show: in each interval the lowest, highest, first and last good sample, so that
 * the drawn line enters, leaves and reaches every interval as the whole series does, and one bad sample where there are
 * any. Samples keep their order. Memory grows with the intervals, not with the samples.
 *
 * Five samples an interval are the budget; what an interval does not use, later ones may, for changes: of text and steps
 * each new value, of other signals where values end and begin. Where the signal has no value between two neighbours of
 * the plot, because they are too far apart or because a bad sample between them is left out, they are a gap.
 */
import type { Nanoseconds } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import type { Intervals } from './grid.ts';
import { isBad, type Sample } from './sample.ts';
import type { Bridging } from './signal.ts';

export interface PlottedSample extends Sample {
  /** Stretches without a value before this sample in the whole series, bad samples left out. */
  readonly gaps: number;
  /** Bad samples before this one in the whole series. */
  readonly bads: number;
  readonly position: number;
}

export interface Plot {
  samples: PlottedSample[];
  /** False: these are all samples. */
  reduced: boolean;
  /** The last sample of all lies in the range or before it, so that it may hold its value up to now. */
  endsInside: boolean;
}

/** Samples of an interval, besides the two outside of the range. */
const EACH = 5;

/**
 * Most characters of the texts of a plot, which are in memory together. Changes are given up at half of it; beyond it,
 * every second sample is.
 */
const MOST_TEXT = 16 * 1024 * 1024;

/** Most samples that a plot has. */
export const mostSamples = (intervals: number): number => EACH * Math.max(1, intervals) + 2;

/** Whether the signal has no value somewhere between two neighbours of a plot. */
export const isGap = (left: PlottedSample, right: PlottedSample): boolean =>
  left.gaps !== right.gaps || right.bads - left.bads > Number(isBad(left));

interface Interval {
  /** Where the next one begins; undefined for the last one. */
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
  /** All samples, as long as they are few enough. */
  #all: PlottedSample[] | undefined = [];
  readonly #kept: PlottedSample[] = [];
  #before: PlottedSample | undefined;
  #after: PlottedSample | undefined;
  #interval: Interval | undefined;
  /** Where the next interval begins, and how many have begun. */
  #next: Nanoseconds | undefined;
  #begun = 1;
  #previous: PlottedSample | undefined;
  #isComputed = false;
  #position = 0;
  #gaps = 0;
  #bads = 0;
  /** Characters of all samples, and of those kept. */
  #allText = 0;
  #keptText = 0;

  /** @param intervals those that overlap the range; the first and the last one are cut to it, and the end is included */
  constructor(range: TimeRange, { count, borders }: Pick<Intervals, 'count' | 'borders'>, shape: Bridging) {
    this.#range = range;
    this.#most = mostSamples(count);
    this.#starts = borders();
    this.#shape = shape;
    this.#step();
  }

  /**
   * Takes the next sample, ascending in time.
   * @param computed a server has computed it, and marks stretches without a value by bad samples; the distance to its
   *   neighbours says nothing
   */
  add(sample: Sample, computed = false): void {
    const previous = this.#previous;
    if (previous && !computed && !this.#isComputed && this.#isTooFar(previous, sample)) this.#gaps++;
    const next: PlottedSample = { ...sample, gaps: this.#gaps, bads: this.#bads, position: this.#position++ };
    if (isBad(sample)) this.#bads++;
    this.#previous = next;
    this.#isComputed = computed;
    // Of several samples outside of the range, the nearest one is meant.
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

  /** To the next border in the range. */
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
    // The last sample of all is shown also where it is bad.
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

  /** Leaves out every second sample, but none of the newest interval. */
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
