/** Filters on timeframes: attributes, duration, open or ended. */
import { folded, holdsText } from '../../lib/text.ts';
import { compareUtc, parseInstant } from '../../contract/time/instant.ts';
import type { AttributeTest } from '../../contract/functions/search.ts';
import type { ScalarValue } from '../../contract/values.ts';
import type { Timeframe } from '../../sources/source.ts';

export interface TimeframeFilters {
  /** As {@link foldedFilters} creates them. */
  where: readonly AttributeTest[];
  minDurationMs?: number | undefined;
  open?: boolean | undefined;
}

/** Filters whose texts are case-folded once, for all timeframes. */
export const foldedFilters = (tests: readonly AttributeTest[]): AttributeTest[] =>
  tests.map((test) => (test.contains === undefined ? test : { ...test, contains: folded(test.contains) }));

/** Whether a timeframe passes all filters. One without an end or a start has unlimited duration. */
export function passes(timeframe: Timeframe, { where, minDurationMs, open }: TimeframeFilters): boolean {
  if (open !== undefined && open !== (timeframe.end === undefined)) return false;
  if (minDurationMs !== undefined && (durationMs(timeframe) ?? Infinity) < minDurationMs) return false;
  // Several filters may use one attribute, which may be long.
  const texts = new Map<ScalarValue, string>();
  const foldedOf = (value: ScalarValue): string => {
    const text = texts.get(value) ?? folded(String(value));
    texts.set(value, text);
    return text;
  };
  return where.every((test) => holds(timeframe, test, foldedOf));
}

/** Duration in milliseconds. Null if it is open at an end, or ends before it starts. */
export function durationMs(timeframe: Timeframe): number | null {
  const { start, end } = timeframe;
  if (start === undefined || end === undefined || isBackwards(timeframe)) return null;
  const from = parseInstant(start);
  const to = parseInstant(end);
  return from === undefined || to === undefined ? null : Number(to - from) / 1e6;
}

/** Whether it ends before it starts: then its duration is unknown. */
const isBackwards = ({ start, end }: Timeframe): boolean =>
  start !== undefined && end !== undefined && compareUtc(start, end) > 0;

/**
 * Whether it overlaps the range: it starts before the end and ends after the start. Touching is no overlap, so that the
 * previous shift is not in the range of the next one. One without duration belongs to the range that starts with it.
 * One that ends before it starts is at both of its times.
 */
export function overlaps(timeframe: Timeframe, from: string, to: string): boolean {
  const { start, end } = isBackwards(timeframe) ? { start: timeframe.end, end: timeframe.start } : timeframe;
  // A range without length is an instant.
  const begins = start === undefined || compareUtc(start, to) < 0 || compareUtc(start, from) <= 0;
  const goesOn =
    end === undefined || compareUtc(end, from) > 0 || (start !== undefined && compareUtc(start, from) >= 0);
  return begins && goesOn;
}

/** An absent attribute is equal to one without a value. Both pass only `equals: null`. */
function holds({ attributes }: Timeframe, test: AttributeTest, foldedOf: (value: ScalarValue) => string): boolean {
  const value = (Object.hasOwn(attributes, test.attribute) ? attributes[test.attribute]?.value : null) ?? null;
  if (test.equals !== undefined) return value === test.equals;
  if (value === null) return false;
  if (test.notEquals !== undefined) return value !== test.notEquals;
  if (test.contains !== undefined) return holdsText(foldedOf(value), test.contains);
  if (typeof value !== 'number') return false;
  if (test.above !== undefined) return value > test.above;
  return test.below !== undefined && value < test.below;
}
