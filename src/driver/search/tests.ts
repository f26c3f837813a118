/** Tests on timeframes: attributes, duration, open or ended. */
import { compareUtc, parseInstant } from '../../contract/instant.ts';
import type { AttributeTest } from '../../contract/functions/search.ts';
import type { Timeframe } from '../../sources/source.ts';

export interface TimeframeTests {
  where: readonly AttributeTest[];
  minDurationMs?: number | undefined;
  open?: boolean | undefined;
}

/** Whether a timeframe passes all tests. One without an end or a beginning is as long as any. */
export function passes(timeframe: Timeframe, { where, minDurationMs, open }: TimeframeTests): boolean {
  if (open !== undefined && open !== (timeframe.end === undefined)) return false;
  if (minDurationMs !== undefined && (durationMs(timeframe) ?? Infinity) < minDurationMs) return false;
  return where.every((test) => holds(timeframe, test));
}

/** Length in milliseconds; null when it is open at an end, or ends before it starts. */
export function durationMs(timeframe: Timeframe): number | null {
  const { start, end } = timeframe;
  if (start === undefined || end === undefined || isBackwards(timeframe)) return null;
  const from = parseInstant(start);
  const to = parseInstant(end);
  return from === undefined || to === undefined ? null : Number(to - from) / 1e6;
}

/** Whether it ends before it starts: then nothing is known of its length. */
const isBackwards = ({ start, end }: Timeframe): boolean =>
  start !== undefined && end !== undefined && compareUtc(start, end) > 0;

/** Whether it overlaps the range; touching counts. One that ends before it starts is where its two times are. */
export function overlaps(timeframe: Timeframe, from: string, to: string): boolean {
  const { start, end } = isBackwards(timeframe) ? { start: timeframe.end, end: timeframe.start } : timeframe;
  return (end === undefined || compareUtc(end, from) >= 0) && (start === undefined || compareUtc(start, to) <= 0);
}

function holds({ attributes }: Timeframe, test: AttributeTest): boolean {
  const value = attributes[test.attribute]?.value ?? null;
  if (test.equals !== undefined) return value === test.equals;
  if (test.notEquals !== undefined) return value !== test.notEquals;
  if (test.contains !== undefined)
    return String(value ?? '')
      .toLowerCase()
      .includes(test.contains.toLowerCase());
  if (typeof value !== 'number') return false;
  if (test.above !== undefined) return value > test.above;
  return test.below !== undefined && value < test.below;
}
