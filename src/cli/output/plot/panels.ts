/** The parts of a plot, one below the other on the same time axis: one for each unit, then the bands. */
import { bandOf, type Band } from './bands.ts';
import type { Curve, Mark, Span } from './curve.ts';
import { strokesOf, type Strokes } from './strokes.ts';

export interface DrawnCurve {
  curve: Curve;
  strokes: Strokes;
  /** Number of the curve in the plot, from 0. Its colour and symbol depend on it. */
  number: number;
}

/** Series with the same unit, on one axis of values. */
export interface Panel {
  unit: string | undefined;
  curves: DrawnCurve[];
  lowest: number;
  highest: number;
}

export interface DrawnBand {
  curve: Curve;
  band: Band;
  marks: ReadonlyMap<number, Mark>;
  number: number;
}

/** A plot with more panels or more bands than this is not readable; the rest is named and not drawn. */
export const MOST_PANELS = 8;
export const MOST_BANDS = 24;
export const MOST_CURVES = 48;

export interface Parts {
  panels: Panel[];
  bands: DrawnBand[];
  /** Series that are not drawn. */
  omitted: Curve[];
}

/** Columns of the drawing: what falls into one column is reduced. */
export interface Resolution {
  lines: number;
  /** Columns of marks and bands. */
  marks: number;
}

export function partsOf(curves: readonly Curve[], span: Span, columns: Resolution): Parts {
  const panels = new Map<string, Panel>();
  const bands: DrawnBand[] = [];
  const omitted: Curve[] = [];
  let number = 0;
  for (const curve of curves) {
    const unit = curve.unit ?? '';
    const isFull = curve.isBand ? bands.length === MOST_BANDS : !panels.has(unit) && panels.size === MOST_PANELS;
    if (isFull || number === MOST_CURVES) {
      omitted.push(curve);
      continue;
    }
    if (curve.isBand) {
      const { marks } = strokesOf(curve, span.length, columns);
      bands.push({ curve, band: bandOf(curve, span.length, columns.marks), marks, number: number++ });
      continue;
    }
    const panel = panels.get(unit) ?? { unit: curve.unit, curves: [], lowest: Infinity, highest: -Infinity };
    panels.set(unit, panel);
    const strokes = strokesOf(curve, span.length, columns);
    panel.curves.push({ curve, strokes, number: number++ });
    panel.lowest = Math.min(panel.lowest, strokes.lowest);
    panel.highest = Math.max(panel.highest, strokes.highest);
  }
  return { panels: Array.from(panels.values()), bands, omitted };
}
