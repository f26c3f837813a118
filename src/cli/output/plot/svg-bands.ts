/** Series of texts in an SVG image. */
import { several } from './bands.ts';
import type { DrawnBand } from './panels.ts';
import type { Paper } from './svg-paper.ts';
import { type Colors, colorOf, element, shortened, textWidth } from './svg-elements.ts';
import { markStrip } from './svg-panel.ts';

const LEGEND_HEIGHT = 16;
const BAND_HEIGHT = 18;
const MARK_HEIGHT = 10;
const SPACE = 8;

/** A band with its legend and marks. */
export function bandRows(drawn: DrawnBand, paper: Paper): { text: string; height: number } {
  const { band, marks, number } = drawn;
  const { colors, left, right } = paper;
  const boxes = band.stretches.map(({ from, to, value }) => {
    const x = left + from;
    const width = Math.min(right, left + to) - x;
    const box = element('rect', { x, y: LEGEND_HEIGHT, width, height: BAND_HEIGHT, ...fillOf(value, colors) });
    const label = value === several ? '' : (band.values[value] ?? '');
    if (textWidth('m') * 3 > width || label === '') return box;
    const shown = shortened(label, width - 8);
    return box + element('text', { x: x + 4, y: LEGEND_HEIGHT + 13, fill: colors.text }, shown, true);
  });
  const strip = markStrip({ strokes: { marks: new Map(marks) }, number }, LEGEND_HEIGHT + BAND_HEIGHT + 5, paper);
  return {
    height: LEGEND_HEIGHT + BAND_HEIGHT + (marks.size > 0 ? MARK_HEIGHT : 0) + SPACE,
    text: [...legend(drawn, paper), ...boxes, strip].join('\n'),
  };
}

/** Values with a colour of their own have a light one; the others are grey, and several in one column are dark. */
function fillOf(value: number, colors: Colors): { fill: string; 'fill-opacity': string } {
  if (value === several) return { fill: colors.faint, 'fill-opacity': '1' };
  const fill = value < colors.series.length ? colorOf(colors, value) : colors.faint;
  return { fill, 'fill-opacity': '0.35' };
}

/** The name, and the colours of the values as far as there is room. */
function legend({ curve, band }: DrawnBand, { colors, left, right }: Paper): string[] {
  const unit = curve.unit === undefined ? '' : ` (${curve.unit})`;
  const name = shortened(`${curve.name}${unit}`, (right - left) / 2);
  const entries = [
    ...(band.stretches.some(({ value }) => value === several) ? [{ value: several, text: 'several values' }] : []),
    ...(band.values.length > colors.series.length
      ? [{ value: colors.series.length, text: `${band.values.length - colors.series.length} other values` }]
      : []),
    ...band.values.slice(0, colors.series.length).map((text, value) => ({ value, text })),
  ];
  const parts = [element('text', { x: left, y: 11, fill: colors.text }, name, true)];
  let x = left + textWidth(name) + 14;
  for (const { value, text } of entries) {
    const shown = shortened(text, 160);
    if (x + 14 + textWidth(shown) > right) break;
    parts.push(
      element('rect', { x, y: 2, width: 10, height: 10, ...fillOf(value, colors) }),
      element('text', { x: x + 14, y: 11, fill: colors.faint }, shown, true),
    );
    x += 14 + textWidth(shown) + 12;
  }
  return parts;
}
