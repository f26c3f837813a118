/**
 * What is drawn of a series of numbers: lines, single points and marks, cut to the time axis and reduced to the columns
 * of the drawing. A column keeps the first, lowest, highest and last value of each line, so the drawing has the size of
 * the paper and looks like that of all samples.
 */
import type { Curve, Mark } from './curve.ts';

/** A line without a break, as times and values. One of a single time is a point. */
export interface Line {
  times: number[];
  values: number[];
}

export interface Strokes {
  lines: Line[];
  /** Marks by column; a bad sample wins over a questionable one. */
  marks: Map<number, Mark>;
  /** Questionable samples: the first of each column. */
  questionable: { time: number; value: number }[];
  lowest: number;
  highest: number;
}

/** The column of a time on an axis from 0 to `length`. */
export const columnOf = (time: number, length: number, columns: number): number =>
  Math.min(columns - 1, Math.max(0, Math.floor((time / length) * columns)));

/** @param columns number of columns of lines and of marks */
export function strokesOf(curve: Curve, length: number, columns: { lines: number; marks: number }): Strokes {
  const { times, values, gaps, joined, holdsUntil } = curve;
  const pen = new Pen(length, columns.lines);
  const shown = marksOf(curve, length, columns.marks);
  let previous: number | undefined;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    const time = times[at] ?? 0;
    const held = joined === 'step' && previous !== undefined && !gaps.has(at);
    // A step keeps its value up to the next sample, also if that is bad.
    if (held && previous !== undefined) pen.draw(time, previous);
    if (typeof value !== 'number') {
      pen.lift();
      previous = undefined;
      continue;
    }
    if (joined === 'none' || gaps.has(at)) pen.lift();
    pen.draw(time, value);
    previous = value;
  }
  if (previous !== undefined && holdsUntil !== undefined && joined === 'step') pen.draw(holdsUntil, previous);
  pen.lift();
  const extremes = pen.lines.flatMap((line) => [least(line.values), greatest(line.values)]);
  return { lines: pen.lines, ...shown, lowest: least(extremes), highest: greatest(extremes) };
}

const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b), Infinity);
const greatest = (values: readonly number[]): number => values.reduce((a, b) => Math.max(a, b), -Infinity);

function marksOf(
  { times, values, marks }: Curve,
  length: number,
  columns: number,
): Pick<Strokes, 'marks' | 'questionable'> {
  const shown = new Map<number, Mark>();
  const questionable = new Map<number, { time: number; value: number }>();
  for (const [at, kind] of marks) {
    const time = times[at] ?? 0;
    if (time < 0 || time > length) continue;
    const column = columnOf(time, length, columns);
    if (kind === 'x' || !shown.has(column)) shown.set(column, kind);
    const value = values[at];
    if (kind === '?' && typeof value === 'number' && !questionable.has(column))
      questionable.set(column, { time, value });
  }
  return { marks: shown, questionable: Array.from(questionable.values()) };
}

/** Draws lines on the time axis. */
class Pen {
  readonly lines: Line[] = [];
  readonly #length: number;
  readonly #columns: number;
  /** The last point, which may be outside the axis. */
  #last: { time: number; value: number } | undefined;
  #line: Line | undefined;
  /** The points of the newest column of the line. */
  #column = -1;
  #points: { time: number; value: number }[] = [];
  /** The newest lines that lie in one column, which are the last of `lines`. */
  #short: Line[] = [];
  #shortColumn = -1;

  constructor(length: number, columns: number) {
    this.#length = length;
    this.#columns = columns;
  }

  /** Draws from the last point to this one. */
  draw(time: number, value: number): void {
    const last = this.#last;
    this.#last = { time, value };
    const length = this.#length;
    if (last && last.time < 0 && time > 0) this.#add(0, between(last, this.#last, 0));
    if (time >= 0 && time <= length) this.#add(time, value);
    else if (last && last.time < length && time > length) this.#add(length, between(last, this.#last, length));
  }

  /** Ends the line. */
  lift(): void {
    this.#flush();
    if (this.#line) this.#keep(this.#line);
    this.#last = undefined;
    this.#line = undefined;
  }

  /** Keeps a line. Of many within one column, the first, lowest, highest and last are enough. */
  #keep(line: Line): void {
    const column = columnOf(line.times[0] ?? 0, this.#length, this.#columns);
    if (columnOf(line.times.at(-1) ?? 0, this.#length, this.#columns) !== column) {
      this.lines.push(line);
      this.#shortColumn = -1;
      return;
    }
    if (column !== this.#shortColumn) this.#short = [];
    this.#shortColumn = column;
    const short = [...this.#short, line];
    if (short.length <= 4) {
      this.lines.push(line);
      this.#short = short;
      return;
    }
    const low = short.reduce((a, b) => (least(b.values) < least(a.values) ? b : a));
    const high = short.reduce((a, b) => (greatest(b.values) > greatest(a.values) ? b : a));
    this.#short = short.filter((one, at) => at === 0 || at === 4 || one === low || one === high);
    this.lines.splice(-4, 4, ...this.#short);
  }

  #add(time: number, value: number): void {
    this.#line ??= { times: [], values: [] };
    const column = columnOf(time, this.#length, this.#columns);
    if (column !== this.#column) this.#flush();
    this.#column = column;
    if (this.#points.length < 4) {
      this.#points.push({ time, value });
      return;
    }
    // Four points are kept in order of time: with the new one, those that are neither an end nor an extreme go.
    const points = [...this.#points, { time, value }];
    const low = points.reduce((a, b) => (b.value < a.value ? b : a));
    const high = points.reduce((a, b) => (b.value > a.value ? b : a));
    this.#points = points.filter((point, at) => at === 0 || at === 4 || point === low || point === high);
  }

  #flush(): void {
    for (const { time, value } of this.#points) {
      this.#line?.times.push(time);
      this.#line?.values.push(value);
    }
    this.#points = [];
    this.#column = -1;
  }
}

type Point = { time: number; value: number };

/** The value of a straight line at a time. The products cannot exceed the range of numbers, unlike a difference. */
function between(a: Point, b: Point, time: number): number {
  const part = (time - a.time) / (b.time - a.time);
  return a.value * (1 - part) + b.value * part;
}
