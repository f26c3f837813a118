/** Series of texts in an SVG image. */
import { several } from './bands.ts';
import type { DrawnBand } from './panels.ts';
import type { Paper } from './svg-paper.ts';
import { colorOf, element, shortened, textWidth } from './svg-elements.ts';
import { markStrip } from './svg-panel.ts';

const LEGEND_HEIGHT = 16;
const BAND_HEIGHT = 18;
const MARK_HEIGHT = 10;
const SPACE = 8;

/** A band with its legend and marks. */
export function bandRows(drawn: DrawnBand, paper: Paper): { text: string; height: number } {
  const { curve, band, marks, number } = drawn;
  const { colors, left, right } = paper;
  const isMixed = band.stretches.some(({ value }) => value === several);
  const key = isMixed ? '  (grey: several values)' : '';
  const boxes = band.stretches.map(({ from, to, value }) => {
    const x = left + from;
    const width = Math.min(right, left + to) - x;
    const label = value === several ? '' : (band.values[value] ?? '');
    const fill = value === several ? colors.faint : colorOf(colors, value);
    const box = element('rect', {
      x,
      y: LEGEND_HEIGHT,
      width,
      height: BAND_HEIGHT,
      fill,
      'fill-opacity': value === several ? '1' : '0.35',
    });
    const shown = shortened(label, width - 8);
    if (textWidth('m') * 3 > width || label === '') return box;
    return box + element('text', { x: x + 4, y: LEGEND_HEIGHT + 13, fill: colors.text }, shown, true);
  });
  const unit = curve.unit === undefined ? '' : ` (${curve.unit})`;
  const legend = shortened(`${curve.name}${unit}${key}`, right - left);
  return {
    height: LEGEND_HEIGHT + BAND_HEIGHT + (marks.size > 0 ? MARK_HEIGHT : 0) + SPACE,
    text: [
      element('text', { x: left, y: 11, fill: colors.text }, legend, true),
      ...boxes,
      ...(marks.size > 0
        ? [markStrip({ strokes: { marks: new Map(marks) }, number }, LEGEND_HEIGHT + BAND_HEIGHT + 5, paper)]
        : []),
    ].join('\n'),
  };
}
