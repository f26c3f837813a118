/**
 * A line chart with gaps. asciichart draws the lines but knows no gaps, so each run of values is drawn by itself on the
 * same scale and laid beside the others; where there is nothing, nothing is drawn.
 */
import { plot as drawRun } from 'asciichart';
import { accent, dim } from './style.ts';

export interface Chart {
  /** One value a column; undefined where there is none. */
  readonly columns: readonly (number | undefined)[];
  /** Rows between the lowest and the highest value. */
  readonly height: number;
  /** Texts below the axis, spread evenly from the first to the last column. */
  readonly ticks: readonly string[];
}

/** Lines of the chart: the plot with its scale, an axis that marks columns without values, and the ticks. */
export function chart({ columns, height, ticks }: Chart): string[] {
  const { min, max } = scale(columns);
  const grid = Array.from({ length: height + 1 }, () => new Array<string>(columns.length).fill(' '));
  for (const { from, values } of runs(columns)) lay(grid, from, drawn(values, min, max, height));
  const labels = grid.map((_, row) => label(max - (row * (max - min)) / height, max - min));
  const room = Math.max(...labels.map((text) => text.length));
  const axis = columns.map((value) => (value === undefined ? '░' : '─')).join('');
  return [
    ...grid.map((cells, row) => `${dim(`${(labels[row] ?? '').padStart(room)} ┤`)}${accent(cells.join('').trimEnd())}`),
    dim(`${' '.repeat(room)} └${axis}`),
    dim(`${' '.repeat(room + 2)}${spread(ticks, columns.length)}`),
  ];
}

function scale(columns: readonly (number | undefined)[]): { min: number; max: number } {
  const values = columns.filter((value) => value !== undefined);
  if (values.length === 0) return { min: 0, max: 1 };
  const [min, max] = [Math.min(...values), Math.max(...values)];
  return min === max ? { min: min - 1, max: max + 1 } : { min, max };
}

interface Run {
  from: number;
  values: number[];
}

/** Columns with values that stand side by side. */
function runs(columns: readonly (number | undefined)[]): Run[] {
  const found: Run[] = [];
  let open: Run | undefined;
  for (const [at, value] of columns.entries()) {
    if (value === undefined) open = undefined;
    else if (open) open.values.push(value);
    else found.push((open = { from: at, values: [value] }));
  }
  return found;
}

/** The picture of one run as rows of characters, one for each value. */
function drawn(values: readonly number[], min: number, max: number, height: number): string[][] {
  // asciichart rounds the ends of the scale apart; in units of rows they are whole numbers and stay where they are.
  const rows = values.map((value) => ((value - min) / (max - min)) * height);
  const picture = drawRun(rows, { min: 0, max: height, height, offset: 2, format: () => ' ' });
  return picture.split('\n').map((line) => {
    // The library draws the first value as a mark on its axis, which is the column before the line.
    const [, first = ' ', ...rest] = line;
    return [first === '┼' ? '─' : ' ', ...rest].slice(0, values.length);
  });
}

function lay(grid: string[][], from: number, picture: readonly string[][]): void {
  for (const [row, cells] of picture.entries()) grid[row]?.splice(from, cells.length, ...cells);
}

function label(value: number, range: number): string {
  return value.toFixed(range >= 100 ? 0 : range >= 10 ? 1 : 2);
}

/** The first text at the left end, the last at the right end, the others evenly between, each centred on its place. */
function spread(texts: readonly string[], width: number): string {
  let line = '';
  for (const [at, text] of texts.entries()) {
    const centre = texts.length < 2 ? 0 : (at / (texts.length - 1)) * (width - 1);
    const left = Math.round(Math.min(width - text.length, Math.max(0, centre - text.length / 2)));
    line = line.padEnd(left) + text;
  }
  return line;
}
