/** Evenly spaced instants, exact to the nanosecond. */
import { DriverError } from '../../contract/errors.ts';
import type { Nanoseconds } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';

export interface Grid {
  /** Number of instants, as far as a number can tell. */
  readonly count: number;
  times(): Generator<Nanoseconds>;
}

/** Longer than any range; keeps the arithmetic away from infinity. */
const LONGEST_MS = 1e16;

/**
 * An interval in whole nanoseconds.
 * @throws DriverError `badRequest` when it is shorter than one
 */
export function intervalOf(intervalMs: number): Nanoseconds {
  const interval = BigInt(Math.round(Math.min(intervalMs, LONGEST_MS) * 1e6));
  if (interval > 0n) return interval;
  throw new DriverError('badRequest', `"intervalMs": ${intervalMs} is shorter than a nanosecond.`, {
    details: { field: 'intervalMs' },
  });
}

/** From `start` on in steps of the interval, `end` included where it is met. */
export function gridByInterval({ start, end }: TimeRange, interval: Nanoseconds): Grid {
  return {
    count: Number((end - start) / interval + 1n),
    *times() {
      for (let at = start; at <= end; at += interval) yield at;
    },
  };
}

/** `count` instants, the first at `start` and the last at `end`; a single one at `start`. */
export function gridByCount({ start, end }: TimeRange, count: number): Grid {
  const steps = BigInt(Math.max(1, count - 1));
  return {
    count,
    *times() {
      for (let n = 0n; n < BigInt(count); n++) yield start + ((end - start) * n) / steps;
    },
  };
}

/** Number of intervals that a range is cut into; the last one may be shorter. */
export function intervalsIn({ start, end }: TimeRange, interval: Nanoseconds): number {
  return Number((end - start + interval - 1n) / interval);
}
