/**
 * Reduces a series to what a plot can show: in each interval the first, last, lowest and highest sample, so that the
 * drawn line enters, leaves and reaches every interval as the whole series does. Only real samples are kept, in their
 * order. Memory grows with the intervals, not with the samples.
 *
 * Four samples an interval are the budget; what an interval does not use, later ones may. Of what does not fit, the
 * lowest and highest sample come first, then one bad sample, then first and last, then changes: of text and steps each
 * new value, of other signals where values end and begin.
 */
import type { Nanoseconds } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';
import { isBad, type Sample } from './sample.ts';
import type { Bridging } from './signal.ts';

export interface PlottedSample extends Sample {
  /** Number of gaps in the whole series before this sample: between two samples lies one where it differs. */
  readonly gaps: number;
  readonly position: number;
}

export interface Plot {
  samples: PlottedSample[];
  /** False: these are all samples. */
  reduced: boolean;
}

/** Samples of an interval, besides the two outside of the range. */
const EACH = 4;

/** Most samples that a plot has. */
export const mostSamples = (intervals: number): number => EACH * intervals + 2;

interface Interval {
  readonly index: number;
  /** Where the next one begins. */
  readonly end: Nanoseconds | undefined;
  /** Samples that it may keep. */
  readonly budget: number;
  readonly first: PlottedSample;
  last: PlottedSample;
  lowest: PlottedSample | undefined;
  highest: PlottedSample | undefined;
  bad: PlottedSample | undefined;
  readonly changes: PlottedSample[];
}

export class PlotReducer {
  readonly #range: TimeRange;
  readonly #intervals: number;
  readonly #shape: Bridging;
  /** All samples, as long as they are few enough. */
  #all: PlottedSample[] | undefined = [];
  readonly #kept: PlottedSample[] = [];
  #before: PlottedSample | undefined;
  #after: PlottedSample | undefined;
  #interval: Interval | undefined;
  #previous: PlottedSample | undefined;
  #position = 0;
  #gaps = 0;

  constructor(range: TimeRange, intervals: number, shape: Bridging) {
    this.#range = range;
    this.#intervals = intervals;
    this.#shape = shape;
  }

  /** Takes the next sample, ascending in time. */
  add(sample: Sample): void {
    const previous = this.#previous;
    if (previous && this.#isGap(previous, sample)) this.#gaps++;
    const next: PlottedSample = { ...sample, gaps: this.#gaps, position: this.#position++ };
    this.#previous = next;
    // Of several samples outside of the range, the nearest one is meant.
    if (sample.at < this.#range.start) this.#before = next;
    else if (sample.at > this.#range.end) this.#after ??= next;
    else this.#inside(next, previous);
  }

  /** The plot, after the last sample. */
  end(): Plot {
    const inside = this.#all;
    const outside = Number(this.#before !== undefined) + Number(this.#after !== undefined);
    const whole = inside !== undefined && inside.length + outside <= mostSamples(this.#intervals);
    // No sample after the range takes its place, so that the last one of all is always kept.
    if (!whole) this.#close(this.#after ? 0 : 1);
    const middle = whole ? inside : this.#kept;
    const samples = [this.#before, ...middle, this.#after].filter((sample) => sample !== undefined);
    return { samples, reduced: !whole };
  }

  #inside(sample: PlottedSample, previous: PlottedSample | undefined): void {
    if (this.#all) {
      this.#all.push(sample);
      if (this.#all.length > mostSamples(this.#intervals)) this.#all = undefined;
    }
    let interval = this.#interval;
    if (!interval || (interval.end !== undefined && sample.at >= interval.end)) {
      this.#close(0);
      interval = this.#open(sample);
      this.#interval = interval;
    }
    interval.last = sample;
    const { value } = sample;
    if (isBad(sample)) interval.bad ??= sample;
    else if (typeof value === 'number') {
      if (interval.lowest === undefined || value < Number(interval.lowest.value)) interval.lowest = sample;
      if (interval.highest === undefined || value > Number(interval.highest.value)) interval.highest = sample;
    }
    if (interval.changes.length < interval.budget && this.#isChange(previous, sample)) interval.changes.push(sample);
  }

  #open(first: PlottedSample): Interval {
    const { start, end } = this.#range;
    const length = end - start;
    const intervals = BigInt(this.#intervals);
    const found = length === 0n ? 0 : Number(((first.at - start) * intervals) / length);
    const index = Math.min(found, this.#intervals - 1);
    const isLast = index === this.#intervals - 1;
    return {
      index,
      // Rounded up: the first nanosecond that belongs to the next interval. The last interval includes the end.
      end: isLast ? undefined : start + (BigInt(index + 1) * length + intervals - 1n) / intervals,
      budget: EACH * (index + 1) - this.#kept.length,
      first,
      last: first,
      lowest: undefined,
      highest: undefined,
      bad: undefined,
      changes: [],
    };
  }

  /** Keeps the samples of the interval that has ended. */
  #close(extra: number): void {
    const interval = this.#interval;
    if (!interval) return;
    const { first, last, lowest, highest, bad, changes } = interval;
    const budget = interval.budget + extra;
    const chosen = new Set<PlottedSample>();
    const shown = isBad(first) || isBad(last);
    for (const sample of [lowest, highest, shown ? undefined : bad, first, last, ...changes]) {
      if (sample && chosen.size < budget) chosen.add(sample);
    }
    for (const sample of [...chosen].sort((a, b) => a.position - b.position)) this.#kept.push(sample);
    this.#interval = undefined;
  }

  #isGap(left: Sample, right: Sample): boolean {
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
