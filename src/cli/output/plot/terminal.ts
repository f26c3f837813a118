/** A plot in a terminal: braille lines in colour, or symbols in ASCII. */
import { cells, padded } from '../printable.ts';
import { several, type Band } from './bands.ts';
import { curvesOf, spanOf, type Curve, type Mark, type Span } from './curve.ts';
import type { PlotChunk, TerminalPlotOptions } from './options.ts';
import { partsOf, type DrawnBand, type DrawnCurve, type Panel } from './panels.ts';
import { Raster, type Cell } from './raster.ts';
import { styleOf, type Paper, type Style } from './terminal-paper.ts';
import { timeLines } from './terminal-time.ts';
import { extremesText, numberText, valueAxis, type ValueAxis } from './value-axis.ts';

/** Rows of a panel, if there are several. A plot with many panels is higher than its options say. */
export const MIN_PANEL_ROWS = 5;
const [NARROWEST, WIDEST, LOWEST, HIGHEST] = [30, 1000, 6, 300] as const;

const COLORS = ['cyan', 'yellow', 'magenta', 'green', 'blue', 'white'] as const;
/** Symbols of curves where they have no colour of their own. */
const SYMBOLS = Array.from('*+o#@%&=~$ABCDEFGHIJKLMNOPQRSTUVWXYZ');
/** Symbols of the values of bands. */
const LETTERS = Array.from('abcdefghijklmnopqrstuvwyz');

/** The lines of the plot, without a line end after the last. */
export function plotTerminal(chunks: readonly PlotChunk[], options: TerminalPlotOptions): string {
  const style = styleOf(options);
  const width = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(options.width)));
  const height = Math.min(HIGHEST, Math.max(LOWEST, Math.floor(options.height)));
  const span = spanOf(chunks, options);
  if (span === undefined) return chunks.length === 0 ? 'No series.' : emptyText(chunks, style, width);
  const curves = curvesOf(chunks, span);
  // The width of the labels depends on the axes, and these on the reduced series: two passes, the first with few columns.
  const draft = partsOf(curves, span, { lines: 64, marks: 64 });
  const gutter = gutterOf(draft.panels, draft.bands, width);
  const columns = Math.max(10, width - gutter - 2);
  const parts = partsOf(curves, span, { lines: columns * 2, marks: columns });
  const notes = notesOf(curves, parts.omitted, style, width);
  const taken = parts.bands.length + notes.length + 3;
  const rows = rowsOf(parts.panels, height - taken);
  const paper = { span, columns, gutter, style, width };
  return [
    ...parts.panels.flatMap((panel) => panelLines(panel, rows, paper)),
    ...parts.bands.flatMap((band) => bandLines(band, paper)),
    ...timeLines(options.timeZone, paper),
    ...notes,
  ].join('\n');
}

function emptyText(chunks: readonly PlotChunk[], { fit }: Style, width: number): string {
  const names = new Set(chunks.map(({ name, fqn }) => name ?? fqn));
  return Array.from(names, (name) => fit(`${name}: no samples`, width)).join('\n');
}

/** Rows of each panel. */
function rowsOf(panels: readonly Panel[], room: number): number {
  const others = panels.reduce((sum, { curves }) => sum + curves.length + curves.filter(hasMarks).length, 0);
  return Math.max(MIN_PANEL_ROWS, Math.floor((room - others) / Math.max(1, panels.length)));
}

const hasMarks = ({ strokes }: DrawnCurve): boolean => strokes.marks.size > 0;
const isEmpty = ({ lowest, highest }: Panel): boolean => !(lowest <= highest);

/** A label in every second row, or in fewer. */
const axisOf = ({ lowest, highest }: Panel, rows: number): ValueAxis =>
  valueAxis(lowest, highest, Math.max(2, Math.floor(rows / 2)));

const QUALITY = 'quality';
const BRAILLE_SYMBOL = '━━';
const MOST_GUTTER = 24;

function gutterOf(panels: readonly Panel[], bands: readonly DrawnBand[], width: number): number {
  const rowCounts = [MIN_PANEL_ROWS, 12, 30];
  const labels = panels
    .filter((panel) => !isEmpty(panel))
    .flatMap((panel) => rowCounts.flatMap((rows) => axisOf(panel, rows).ticks.map(({ label }) => label.length)));
  const isMarked = panels.some(({ curves }) => curves.some(hasMarks)) || bands.some(({ marks }) => marks.size > 0);
  const widest = Math.max(2, ...labels, isMarked ? BRAILLE_SYMBOL.length + 1 + QUALITY.length : 0);
  return Math.min(widest, Math.floor(width / 2), MOST_GUTTER);
}

function panelLines(panel: Panel, rows: number, paper: Paper): string[] {
  const { style, columns } = paper;
  const isBraille = style.unicode && panel.curves.length <= (style.color ? COLORS.length : 1);
  const axis = isEmpty(panel) ? { ticks: [], positionOf: () => 0 } : axisOf(panel, rows);
  const raster = new Raster(columns, rows, isBraille ? undefined : SYMBOLS);
  for (const { strokes, number } of panel.curves) {
    for (const line of strokes.lines) drawLine(raster, line, axis, paper.span.length, number);
  }
  const labels = new Map<number, string>();
  for (const { position, label } of axis.ticks) {
    const row = Math.min(
      rows - 1,
      Math.max(0, Math.floor(((1 - position) * (raster.height - 1)) / (raster.height / rows))),
    );
    if (!labels.has(row)) labels.set(row, label);
  }
  return [
    ...panel.curves.map((drawn) => legendLine(drawn, isBraille, paper)),
    ...Array.from({ length: rows }, (_, row) => {
      const label = labels.get(row);
      const rule = label === undefined ? style.pick('│', '|') : style.pick('┤', '+');
      return `${style.paint('dim', `${(label ?? '').padStart(paper.gutter)} ${rule}`)}${cellsText(raster.row(row), style)}`;
    }),
    ...panel.curves
      .filter(hasMarks)
      .map(({ strokes, number }) =>
        markLine(strokes.marks, number, { isBraille, isOneOfMany: panel.curves.length > 1 }, paper),
      ),
  ];
}

function drawLine(
  raster: Raster,
  { times, values }: { times: readonly number[]; values: readonly number[] },
  { positionOf }: ValueAxis,
  length: number,
  pen: number,
): void {
  const x = (at: number): number => Math.min(raster.width - 1, Math.floor(((times[at] ?? 0) / length) * raster.width));
  const y = (at: number): number => Math.round((1 - positionOf(values[at] ?? 0)) * (raster.height - 1));
  if (times.length === 1) raster.line(x(0), y(0), x(0), y(0), pen);
  for (let at = 1; at < times.length; at++) raster.line(x(at - 1), y(at - 1), x(at), y(at), pen);
}

const symbolOf = (number: number): string => SYMBOLS[number % SYMBOLS.length] ?? '*';
const colorOf = (number: number): (typeof COLORS)[number] => COLORS[number % COLORS.length] ?? 'white';

/** Joins cells of the same colour, so that a row has few colour codes. */
function cellsText(row: readonly Cell[], { paint }: Style): string {
  let line = '';
  let run = '';
  let pen: number | undefined;
  const flush = (): void => {
    line += pen === undefined ? run : paint(colorOf(pen), run);
    run = '';
  };
  for (const cell of row) {
    if (cell.pen !== pen) flush();
    pen = cell.pen;
    run += cell.text;
  }
  if (pen !== undefined) flush();
  return line.trimEnd();
}

function legendLine({ curve, strokes, number }: DrawnCurve, isBraille: boolean, { style, width, span }: Paper): string {
  const { lowest, highest } = strokes;
  const facts =
    lowest <= highest
      ? `${extremesText(lowest, highest)}${lastText(curve, span, highest - lowest)}`
      : 'no value in this range';
  const unit = curve.unit === undefined ? '' : ` (${style.fit(curve.unit, 16)})`;
  const symbol = isBraille ? BRAILLE_SYMBOL : symbolOf(number);
  const tail = `${unit}  ${facts}`;
  const name = style.fit(curve.name, Math.max(12, width - cells(symbol) - 1 - cells(tail)));
  return `${style.paint(colorOf(number), symbol)} ${style.paint('bold', name)}${style.fit(tail, width - cells(name) - cells(symbol) - 1)}`;
}

/** The newest value of the range; a step may have it from before. */
function lastText({ times, values, joined }: Curve, { length }: Span, range: number): string {
  const last = values.findLastIndex((value, at) => typeof value === 'number' && (times[at] ?? 0) <= length);
  const value = values[last];
  const isShown = (times[last] ?? -1) >= 0 || joined === 'step';
  return typeof value === 'number' && isShown ? `, last ${numberText(value, range)}` : '';
}

/** A row with the columns that have bad or questionable samples. */
function markLine(
  marks: ReadonlyMap<number, Mark>,
  number: number,
  { isBraille, isOneOfMany }: { isBraille: boolean; isOneOfMany: boolean },
  { columns, gutter, style }: Paper,
): string {
  const shown = Array.from({ length: columns }, (_, column) => {
    const kind = marks.get(column);
    if (kind === undefined) return ' ';
    return kind === 'x' ? style.paint('red', style.pick('×', 'x')) : style.paint('yellow', '?');
  });
  const name = isOneOfMany ? `${isBraille ? BRAILLE_SYMBOL : symbolOf(number)} ${QUALITY}` : QUALITY;
  return `${style.paint(isOneOfMany ? colorOf(number) : 'dim', name.padStart(gutter))}  ${shown.join('').trimEnd()}`;
}

function bandLines({ curve, band, marks, number }: DrawnBand, paper: Paper): string[] {
  const { style, gutter, columns, width } = paper;
  const key = keyOf(band, style);
  const name = style.fit(curve.name, Math.max(12, width - cells(key) - 2));
  const row = new Array<string>(columns).fill(' ');
  for (const { from, to, value } of band.stretches) {
    row.fill('', from, to);
    row[from] = stretchText(band, value, to - from, style);
  }
  return [
    `${style.paint('bold', name)}  ${style.fit(key, width - cells(name) - 2)}`,
    `${' '.repeat(gutter)} ${style.paint('dim', style.pick('│', '|'))}${row.join('').trimEnd()}`,
    ...(marks.size > 0 ? [markLine(marks, number, { isBraille: true, isOneOfMany: false }, paper)] : []),
  ];
}

/** Values that are named in the key of a band. */
const MOST_NAMED = 12;

function keyOf({ values, stretches }: Band, style: Style): string {
  const named = values.slice(0, MOST_NAMED).map((value, at) => `${letterOf(at)}=${style.fit(value, 20)}`);
  const rest = values.length - named.length;
  return [
    ...(rest > 0 ? [`${LAST_LETTER}=${rest} other values`] : []),
    ...(stretches.some(({ value }) => value === several) ? ['*=several values'] : []),
    ...named,
  ].join('  ');
}

/** The letter of all values without one of their own. */
const LAST_LETTER = '#';
const letterOf = (value: number): string => (value < MOST_NAMED ? (LETTERS[value] ?? LAST_LETTER) : LAST_LETTER);

function stretchText({ values }: Band, value: number, width: number, style: Style): string {
  if (value === several) return style.paint(['inverse', 'white'], '*'.repeat(width));
  const letter = letterOf(value);
  const label = style.fit(values[value] ?? '', 1000);
  const border = style.pick('▏', '|');
  const text =
    width === 1 ? letter : cells(label) < width ? padded(border + label, width) : border + letter.repeat(width - 1);
  return style.paint(['inverse', colorOf(value)], text);
}

function notesOf(curves: readonly Curve[], omitted: readonly Curve[], style: Style, width: number): string[] {
  const lines = curves
    .filter(({ notes }) => notes.length > 0)
    .map(({ name, notes }) => {
      const text = notes.join(', ');
      return `${style.fit(name, Math.max(12, width - cells(text) - 2))}: ${text}`;
    });
  if (omitted.length > 0) {
    lines.push(
      `Not drawn, because there are too many series: ${omitted.map(({ name }) => style.fit(name, 60)).join(', ')}`,
    );
  }
  return lines.map((line) => style.fit(line, width));
}
