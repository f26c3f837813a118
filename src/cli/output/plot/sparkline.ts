/** A series of numbers in one line of characters. */
import type { ScalarValue } from '../../../contract/values.ts';
import { curvesOf, spanOf } from './curve.ts';
import type { PlotChunk } from './options.ts';
import { columnOf, type Line, strokesOf } from './strokes.ts';

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

export interface TrendOptions extends SparklineOptions {
  /** The range in ISO 8601 UTC. Each cell is the same part of it. */
  from: string;
  to: string;
}

/**
 * The sparkline of a series over a range. Unlike that of bare values its cells are equal in time, so a gap is as wide as
 * it is. Empty if the series has no number in the range.
 */
export function trendLine(chunks: readonly PlotChunk[], { from, to, ...options }: TrendOptions): string {
  const span = spanOf(chunks, { from, to, timeZone: 'UTC' });
  const [curve] = span === undefined ? [] : curvesOf(chunks, span);
  if (span === undefined || curve === undefined) return '';
  const width = Math.max(1, Math.floor(options.width));
  const values = new Array<number | null>(width).fill(null);
  const { lines, lowest, highest } = strokesOf(curve, span.length, { lines: width, marks: width });
  const middle = lowest / 2 + highest / 2;
  for (const { column, value } of lines.flatMap((line) => cellsOf(line, span.length, width))) {
    const known = values[column] ?? null;
    if (known === null || Math.abs(value - middle) >= Math.abs(known - middle)) values[column] = value;
  }
  return sparkline(values, options);
}

/** The values of a line in the cells that it crosses. */
function cellsOf({ times, values }: Line, length: number, width: number): { column: number; value: number }[] {
  return times.flatMap((time, at) => {
    const [value = 0, next = 0] = [values[at], values[at + 1]];
    const first = columnOf(time, length, width);
    const last = columnOf(times[at + 1] ?? time, length, width);
    const found = [{ column: first, value }];
    for (let column = first + 1; column < last; column++) {
      const part = (column - first) / (last - first);
      found.push({ column, value: value * (1 - part) + next * part });
    }
    return found;
  });
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
