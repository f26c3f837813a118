/** A constant as a series: it has its value at every instant, and the borders of a range represent them. */
import { formatInstant } from './time/instant.ts';
import type { TimeRange } from './time/time.ts';
import type { Columns, Point } from './values.ts';

/** One sample at the start of the range and one at its end. A single one if they are the same instant. */
export function constantColumns(
  { value, status, state, unit }: Point,
  { start, end }: TimeRange,
): Columns & { unit?: string } {
  const times = (start === end ? [start] : [start, end]).map(formatInstant);
  return {
    times,
    values: times.map(() => value),
    ...(status === 'Good' ? {} : { flags: [[0, times.length - 1, status]] }),
    ...(state === undefined ? {} : { states: times.map(() => state) }),
    ...(unit === undefined ? {} : { unit }),
  };
}
