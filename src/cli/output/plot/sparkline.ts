/** A series of numbers in one line of characters. */
import type { ScalarValue } from '../../../contract/values.ts';

const BLOCKS = Array.from('▁▂▃▄▅▆▇█');
const ASCII = Array.from('_.-:=+*#');

export interface SparklineOptions {
  /** Largest number of cells. */
  width: number;
  /** False for a terminal without UTF-8. */
  unicode?: boolean | undefined;
}

/**
 * One cell for each value, or for several if there are more than `width`: then the cell shows the one that is furthest
 * from the average. A cell without a number is blank. Empty if there is no number at all.
 */
export function sparkline(values: readonly ScalarValue[], { width, unicode = true }: SparklineOptions): string {
  const numbers = values.map((value) => (typeof value === 'number' && Number.isFinite(value) ? value : undefined));
  const usable = numbers.filter((value) => value !== undefined);
  if (usable.length === 0) return '';
  const lowest = usable.reduce((a, b) => Math.min(a, b));
  const highest = usable.reduce((a, b) => Math.max(a, b));
  const average = usable.reduce((sum, value) => sum + value / usable.length, 0);
  const count = Math.max(1, Math.min(Math.floor(width), numbers.length));
  const levels = unicode ? BLOCKS : ASCII;
  let line = '';
  for (let cell = 0; cell < count; cell++) {
    const from = Math.floor((cell * numbers.length) / count);
    const to = Math.floor(((cell + 1) * numbers.length) / count);
    const value = furthest(numbers, from, to, average);
    line += value === undefined ? ' ' : (levels[levelOf(value, lowest, highest, levels.length)] ?? ' ');
  }
  return line;
}

function furthest(
  numbers: readonly (number | undefined)[],
  from: number,
  to: number,
  average: number,
): number | undefined {
  let found: number | undefined;
  for (let at = from; at < to; at++) {
    const value = numbers[at];
    if (value !== undefined && (found === undefined || Math.abs(value - average) > Math.abs(found - average)))
      found = value;
  }
  return found;
}

/** A constant is in the middle. */
function levelOf(value: number, lowest: number, highest: number, levels: number): number {
  if (lowest === highest) return Math.floor((levels - 1) / 2);
  // Halves, because the difference may exceed the range of numbers.
  const part = (value / 2 - lowest / 2) / (highest / 2 - lowest / 2);
  return Math.min(levels - 1, Math.max(0, Math.floor(part * levels)));
}
