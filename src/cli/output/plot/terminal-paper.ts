/** What a plot in a terminal is drawn on: its size, and its signs and colours. */
import { styleText } from 'node:util';
import { fitted } from '../printable.ts';
import type { Span } from './curve.ts';
import type { TerminalPlotOptions } from './options.ts';

type Color = Parameters<typeof styleText>[0];

export interface Style {
  color: boolean;
  unicode: boolean;
  paint: (color: Color, text: string) => string;
  fit: (text: string, width: number) => string;
  pick: <T>(unicode: T, ascii: T) => T;
}

export interface Paper {
  span: Span;
  columns: number;
  /** Cells for the labels at the left. */
  gutter: number;
  style: Style;
  width: number;
}

export function styleOf({ color, unicode }: TerminalPlotOptions): Style {
  return {
    color,
    unicode,
    paint: (name, text) => (color && text !== '' ? styleText(name, text, { validateStream: false }) : text),
    fit: (text, width) => fitted(text, width, unicode ? '…' : '...'),
    pick: (first, second) => (unicode ? first : second),
  };
}
