/** A plot as an SVG image: self-contained, without script and without outside addresses. */
import { bandRows } from './svg-bands.ts';
import { curvesOf, spanOf, type Curve } from './curve.ts';
import type { ImagePlotOptions, PlotChunk } from './options.ts';
import { partsOf, type Panel, type Parts } from './panels.ts';
import type { Paper } from './svg-paper.ts';
import { panelGroup, panelHeight } from './svg-panel.ts';
import { element, FONT, shortened, themes, textWidth, type Colors } from './svg-elements.ts';
import { rangeText, timeTicks } from './time-axis.ts';
import { valueAxis } from './value-axis.ts';

const [NARROWEST, WIDEST, LOWEST, HIGHEST] = [240, 10_000, 120, 10_000] as const;
const MARGIN = 12;
const TITLE_HEIGHT = 24;
const NOTE_HEIGHT = 16;
/** Ticks, two lines of labels, and the zone. */
const TIME_HEIGHT = 54;
const LEAST_PLOT_HEIGHT = 60;
/** Longest description for those who do not see the image. */
const MOST_DESCRIPTION = 2000;

/** An image with its size; it is higher than the options say if its panels need that. */
export interface SvgImage {
  text: string;
  width: number;
  height: number;
}

/** The image as text. */
export const plotSvg = (chunks: readonly PlotChunk[], options: ImagePlotOptions): string =>
  svgImage(chunks, options).text;

export function svgImage(chunks: readonly PlotChunk[], options: ImagePlotOptions): SvgImage {
  const width = Math.min(WIDEST, Math.max(NARROWEST, Math.floor(options.width)));
  const wanted = Math.min(HIGHEST, Math.max(LOWEST, Math.floor(options.height)));
  const colors = themes[options.theme ?? 'light'];
  const span = spanOf(chunks, options);
  const curves = span === undefined ? [] : curvesOf(chunks, span);
  if (span === undefined)
    return page([message(chunks, colors)], { width, height: LOWEST, colors, title: options.title });
  const draft = partsOf(curves, span, { lines: 64, marks: 64 });
  const left = MARGIN + Math.min(width / 3, gutterOf(draft.panels));
  const right = width - MARGIN;
  const columns = Math.ceil(right - left);
  const parts = partsOf(curves, span, { lines: columns, marks: columns });
  const ticks = timeTicks(span, options.timeZone, Math.max(2, Math.floor((right - left) / 90)));
  const paper: Paper = { span, colors, left, right, ticks };
  const notes = notesOf(curves, parts);
  const fixed =
    MARGIN * 2 + (options.title === undefined ? 0 : TITLE_HEIGHT) + TIME_HEIGHT + notes.length * NOTE_HEIGHT;
  return draw(parts, notes, paper, { width, wanted, fixed, options });
}

interface Frame {
  width: number;
  /** The height of the options. */
  wanted: number;
  /** The height of everything except panels and bands. */
  fixed: number;
  options: ImagePlotOptions;
}

function draw(
  parts: Parts,
  notes: readonly string[],
  paper: Paper,
  { width, wanted, fixed, options }: Frame,
): SvgImage {
  const bands = parts.bands.map((band) => bandRows(band, paper));
  const bandHeight = bands.reduce((sum, { height }) => sum + height, 0);
  const legends = parts.panels.reduce((sum, panel) => sum + panelHeight(panel, 0), 0);
  const room = (wanted - fixed - bandHeight - legends) / Math.max(1, parts.panels.length);
  const plotHeight = Math.max(LEAST_PLOT_HEIGHT, Math.floor(room));
  const body: string[] = [];
  let top = MARGIN + (options.title === undefined ? 0 : TITLE_HEIGHT);
  const put = (text: string, height: number): void => {
    body.push(element('g', { transform: `translate(0 ${top})` }, text));
    top += height;
  };
  for (const panel of parts.panels) put(panelGroup(panel, plotHeight, paper), panelHeight(panel, plotHeight));
  for (const { text, height } of bands) put(text, height);
  put(timeAxis(paper, options.timeZone), TIME_HEIGHT);
  for (const note of notes) {
    const shown = shortened(note, width - 2 * MARGIN);
    put(element('text', { x: MARGIN, y: 12, fill: paper.colors.faint }, shown, true), NOTE_HEIGHT);
  }
  const { colors } = paper;
  return page(body, { width, height: Math.ceil(top + MARGIN), colors, title: options.title, notes });
}

function page(
  body: readonly string[],
  {
    width,
    height,
    colors,
    title,
    notes = [],
  }: {
    width: number;
    height: number;
    colors: Colors;
    title: string | undefined;
    notes?: readonly string[];
  },
): SvgImage {
  const heading =
    title === undefined
      ? ''
      : element(
          'text',
          { x: MARGIN, y: MARGIN + 12, fill: colors.text, 'font-size': 14, 'font-weight': 'bold' },
          shortened(title, (width - 2 * MARGIN) / 1.4),
          true,
        );
  const text = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      width,
      height,
      viewBox: `0 0 ${width} ${height}`,
      'font-family': FONT,
      'font-size': 11,
      role: 'img',
    },
    [
      element('title', {}, title ?? 'Plot', true),
      ...(notes.length > 0 ? [element('desc', {}, notes.join('. ').slice(0, MOST_DESCRIPTION), true)] : []),
      element('rect', { width, height, fill: colors.background }),
      heading,
      ...body,
    ].join('\n'),
  );
  return { text: `${text}\n`, width, height };
}

function message(chunks: readonly PlotChunk[], colors: Colors): string {
  const text = chunks.length === 0 ? 'No series.' : 'No samples.';
  return element('text', { x: MARGIN, y: LOWEST / 2, fill: colors.text }, text, true);
}

function gutterOf(panels: readonly Panel[]): number {
  const labels = panels
    .filter(({ lowest, highest }) => lowest <= highest)
    .flatMap(({ lowest, highest }) => [2, 4, 8].flatMap((most) => valueAxis(lowest, highest, most).ticks));
  return 12 + Math.max(20, ...labels.map(({ label }) => textWidth(label)));
}

function timeAxis({ ticks, left, right, colors, span }: Paper, timeZone: string): string {
  const labels: string[] = [];
  let [end, endBelow] = [-Infinity, -Infinity];
  for (const { position, label, below } of ticks) {
    const x = left + position * (right - left);
    const half = textWidth(label) / 2;
    const from = Math.min(x - half, right - 2 * half);
    if (from > end + 6) {
      labels.push(element('text', { x: from, y: 16 }, label, true));
      end = from + 2 * half;
    }
    const belowFrom = below === undefined ? 0 : Math.min(from, right - textWidth(below));
    if (below === undefined || belowFrom <= endBelow + 6) continue;
    labels.push(element('text', { x: belowFrom, y: 30 }, below, true));
    endBelow = belowFrom + textWidth(below);
  }
  const marks = ticks.map(({ position }) => `M${(left + position * (right - left)).toFixed(1)} 0v4`).join('');
  return [
    element('path', { d: `M${left} 0H${right}${marks}`, stroke: colors.faint, fill: 'none' }),
    element('g', { fill: colors.faint }, labels.join('')),
    element('text', { x: left, y: 46, fill: colors.faint }, rangeText(span, timeZone), true),
  ].join('\n');
}

function notesOf(curves: readonly Curve[], { omitted }: Parts): string[] {
  const lines = curves.filter(({ notes }) => notes.length > 0).map(({ name, notes }) => `${name}: ${notes.join(', ')}`);
  if (omitted.length === 0) return lines;
  return [...lines, `Not drawn, because there are too many series: ${omitted.map(({ name }) => name).join(', ')}`];
}
