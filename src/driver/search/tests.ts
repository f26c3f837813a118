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

/** Length in milliseconds; null when it is open at an end. */
export function durationMs({ start, end }: Timeframe): number | null {
  if (start === undefined || end === undefined) return null;
  const from = parseInstant(start);
  const to = parseInstant(end);
  return from === undefined || to === undefined ? null : Number(to - from) / 1e6;
}

/** Whether it overlaps the range; touching counts. */
export function overlaps({ start, end }: Timeframe, from: string, to: string): boolean {
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
