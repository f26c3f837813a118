/** Series of numbers with the same unit in an SVG image. */
import type { DrawnCurve, Panel } from './panels.ts';
import type { Paper } from './svg-paper.ts';
import { colorOf, dashOf, element, shortened } from './svg-elements.ts';
import { extremesText, valueAxis, type ValueAxis } from './value-axis.ts';

const LEGEND_HEIGHT = 16;
/** A strip with the marks of bad and questionable samples. */
const MARK_HEIGHT = 9;
const SPACE = 10;

const isMarked = ({ strokes }: DrawnCurve): boolean => strokes.marks.size > 0;

export const panelHeight = ({ curves }: Panel, plotHeight: number): number =>
  curves.length * LEGEND_HEIGHT + plotHeight + curves.filter(isMarked).length * MARK_HEIGHT + SPACE;

export function panelGroup(panel: Panel, plotHeight: number, paper: Paper): string {
  const { lowest, highest, curves } = panel;
  const axis: ValueAxis =
    lowest <= highest
      ? valueAxis(lowest, highest, Math.max(2, Math.floor(plotHeight / 40)))
      : { ticks: [], positionOf: () => 0 };
  const top = curves.length * LEGEND_HEIGHT;
  const bottom = top + plotHeight;
  return [
    ...curves.map((drawn, at) => legend(drawn, at, paper)),
    grid(axis, top, plotHeight, paper),
    ...curves.map((drawn) => lines(drawn, axis, { top, plotHeight }, paper)),
    ...curves.filter(isMarked).map((drawn, at) => markStrip(drawn, bottom + (at + 0.5) * MARK_HEIGHT + 1, paper)),
  ].join('\n');
}

function legend({ curve, strokes, number }: DrawnCurve, at: number, { colors, left, right }: Paper): string {
  const y = at * LEGEND_HEIGHT + 11;
  const { lowest, highest } = strokes;
  const facts = lowest <= highest ? extremesText(lowest, highest) : 'no value in this range';
  const unit = curve.unit === undefined ? '' : ` (${shortened(curve.unit, 100)})`;
  const name = shortened(curve.name, Math.max(80, right - left - 30 - 7 * (unit.length + facts.length + 2)));
  return [
    element('path', {
      d: `M${left} ${y - 4}h20`,
      stroke: colorOf(colors, number),
      'stroke-width': 2,
      'stroke-dasharray': dashOf(colors, number),
    }),
    element('text', { x: left + 26, y, fill: colors.text }, `${name}${unit}  ${facts}`, true),
  ].join('');
}

function grid({ ticks }: ValueAxis, top: number, height: number, { colors, left, right, ticks: times }: Paper): string {
  const y = (position: number): number => top + (1 - position) * height;
  const rules = ticks.map(({ position }) => `M${left} ${y(position).toFixed(1)}H${right.toFixed(1)}`);
  const columns = times.map(({ position }) => `M${(left + position * (right - left)).toFixed(1)} ${top}v${height}`);
  const labels = ticks.map(({ position, label }) =>
    element('text', { x: left - 6, y: y(position) + 4, 'text-anchor': 'end' }, label, true),
  );
  return [
    element('path', {
      d: [...rules, ...columns, `M${left} ${top}v${height}`].join(''),
      stroke: colors.grid,
      fill: 'none',
    }),
    element('g', { fill: colors.faint }, labels.join('')),
  ].join('');
}

function lines(
  { strokes, number }: DrawnCurve,
  { positionOf }: ValueAxis,
  { top, plotHeight }: { top: number; plotHeight: number },
  { span, left, right, colors }: Paper,
): string {
  const point = (time: number, value: number): string => {
    const x = left + (time / span.length) * (right - left);
    return `${x.toFixed(1)} ${(top + (1 - positionOf(value)) * plotHeight).toFixed(1)}`;
  };
  const paths: string[] = [];
  const points: string[] = [];
  for (const { times, values } of strokes.lines) {
    const places = times.map((time, at) => point(time, values[at] ?? 0));
    // A line without a length is invisible; a dot is not.
    if (places.every((place) => place === places[0])) points.push(`M${places[0] ?? ''}h0`);
    else paths.push(`M${places.join('L')}`);
  }
  const stroke = colorOf(colors, number);
  const open = strokes.questionable.map(
    ({ time, value }) => `M${point(time, value)}m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0`,
  );
  return [
    ...(paths.length > 0
      ? [
          element('path', {
            d: paths.join(''),
            stroke,
            fill: 'none',
            'stroke-width': 1.4,
            'stroke-linejoin': 'round',
            'stroke-dasharray': dashOf(colors, number),
          }),
        ]
      : []),
    ...(points.length > 0
      ? [element('path', { d: points.join(''), stroke, fill: 'none', 'stroke-width': 4, 'stroke-linecap': 'round' })]
      : []),
    ...(open.length > 0 ? [element('path', { d: open.join(''), stroke, fill: colors.background })] : []),
  ].join('');
}

/** A cross for a bad sample, a circle for a questionable one, below the curve's panel. */
export function markStrip(
  { strokes, number }: Pick<DrawnCurve, 'number'> & { strokes: Pick<DrawnCurve['strokes'], 'marks'> },
  y: number,
  { colors, left, right }: Paper,
): string {
  const crosses: string[] = [];
  const circles: string[] = [];
  for (const [column, kind] of strokes.marks) {
    const x = Math.min(right, left + column + 0.5).toFixed(1);
    if (kind === 'x') crosses.push(`M${x} ${y.toFixed(1)}m-2.5 -2.5l5 5m0 -5l-5 5`);
    else circles.push(`M${x} ${y.toFixed(1)}m-2.5 0a2.5 2.5 0 1 0 5 0a2.5 2.5 0 1 0 -5 0`);
  }
  return [
    ...(crosses.length > 0 ? [element('path', { d: crosses.join(''), stroke: colors.bad, fill: 'none' })] : []),
    ...(circles.length > 0
      ? [element('path', { d: circles.join(''), stroke: colorOf(colors, number), fill: 'none' })]
      : []),
  ].join('');
}
