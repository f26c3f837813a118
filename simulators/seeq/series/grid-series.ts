/**
 * A signal that is computed: sample number k lies at `k * period + phase + jitter(k)`, and its value depends on its
 * number and its time alone. Nothing is kept, so a range of a million samples costs no memory.
 */
import { floorDiv } from './time.ts';
import type { Sample, Series } from './series.ts';

export interface GridSignal {
  /** Distance of the samples in nanoseconds. */
  readonly period: bigint;
  /** Shift of the grid against 1970 in nanoseconds. */
  readonly phase?: bigint;
  /** Shift of a single sample in nanoseconds, from 0 to below the period, so that the order is kept. */
  readonly jitter?: (index: number) => bigint;
  /** False where a sample is missing. Gaps must be shorter than 100,000 periods. */
  readonly present?: (index: number, key: bigint) => boolean;
  /** Undefined makes an invalid sample. */
  readonly value: (index: number, key: bigint) => number | string | undefined;
  /** Whether the sample may still change, besides those near the end of the data. */
  readonly uncertain?: (index: number) => boolean;
  /** The last time that can have samples (usually now); the newest sample before it is uncertain. */
  readonly end: () => bigint;
  /** The newest sample may not change any more either. */
  readonly newestIsCertain?: boolean;
  /** From this time on all samples are uncertain; for forecasts. */
  readonly certainUntil?: () => bigint;
}

const MAX_GAP = 100_000;

export function gridSeries(signal: GridSignal): Series {
  const { period, phase = 0n } = signal;
  const jitter = signal.jitter ?? ((): bigint => 0n);
  const keyOf = (index: number): bigint => BigInt(index) * period + phase + jitter(index);
  /** Greatest index whose key is at or before the time. */
  const indexAt = (time: bigint): number => {
    const index = Number(floorDiv(time - phase, period));
    return keyOf(index) <= time ? index : index - 1;
  };
  const isPresent = (index: number, key: bigint): boolean => signal.present?.(index, key) ?? true;
  const sampleAt = (index: number, key: bigint, newest: number): Sample => {
    const value = signal.value(index, key);
    const certainUntil = signal.certainUntil?.();
    const uncertain =
      (index >= newest && signal.newestIsCertain !== true) ||
      (certainUntil !== undefined && key > certainUntil) ||
      signal.uncertain?.(index) === true;
    return { key, ...(value === undefined ? {} : { value }), ...(uncertain ? { uncertain } : {}) };
  };
  const search = (from: number, step: 1 | -1, last: number): Sample | undefined => {
    const newest = newestIndex();
    for (let index = from, tries = 0; tries < MAX_GAP && (last - index) * step >= 0; index += step, tries += 1) {
      const key = keyOf(index);
      if (isPresent(index, key)) return sampleAt(index, key, newest);
    }
    return undefined;
  };
  const newestIndex = (): number => {
    const last = indexAt(signal.end());
    for (let index = last; index > last - MAX_GAP; index -= 1) if (isPresent(index, keyOf(index))) return index;
    return last;
  };

  return {
    *between(from, to) {
      const end = signal.end();
      const last = indexAt(to < end ? to : end);
      const newest = newestIndex();
      for (let index = indexAt(from - 1n) + 1; index <= last; index += 1) {
        const key = keyOf(index);
        if (isPresent(index, key)) yield sampleAt(index, key, newest);
      }
    },
    before(time, inclusive) {
      const end = signal.end();
      const limit = inclusive ? time : time - 1n;
      return search(indexAt(limit < end ? limit : end), -1, Number.NEGATIVE_INFINITY);
    },
    after(time, inclusive) {
      return search(indexAt(inclusive ? time - 1n : time) + 1, 1, indexAt(signal.end()));
    },
  };
}
