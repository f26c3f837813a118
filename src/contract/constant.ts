/** A constant as a series: it has its value at every instant, of which the borders of a range stand for all. */
import { formatInstant } from './instant.ts';
import type { TimeRange } from './time.ts';
import type { Columns, Point } from './values.ts';

/** A sample at the start of the range and one at its end; one only where they are the same instant. */
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
