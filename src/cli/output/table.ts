/** A table for people: aligned columns, streamed. */
import type { Screen, Terminal } from '../terminal.ts';
import { cells, fitted, printable } from './printable.ts';
import { paintOf, type Paint, type Style } from './style.ts';

/** A column of a table. */
export interface TableColumn<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  readonly align?: 'right';
  /** On a screen that is too narrow, long texts lose their beginning or their end. Without it a column is never cut. */
  readonly cut?: 'start' | 'end';
  readonly style?: (row: Row) => Style | undefined;
}

/** Later rows may be wider. */
const MEASURED_ROWS = 100;
const GAP = '  ';
/** No column is cut below this width. */
const NARROWEST = 12;

export class Table<Row> {
  readonly #columns: readonly TableColumn<Row>[];
  readonly #terminal: Terminal;
  readonly #paint: Paint;
  readonly #measured: number;
  #held: Row[] | undefined = [];
  #widths: number[] = [];

  /** @param measured the widths of the columns follow from this many rows, which are held back until then */
  constructor(columns: readonly TableColumn<Row>[], terminal: Terminal, measured = MEASURED_ROWS) {
    this.#columns = columns;
    this.#terminal = terminal;
    this.#measured = measured;
    this.#paint = paintOf(terminal);
  }

  write(row: Row): Promise<void> | undefined {
    if (this.#held === undefined) this.#line(row);
    else if (this.#held.push(row) >= this.#measured) this.#release();
    return this.#terminal.drained?.();
  }

  /** Without any row, nothing is printed. */
  end(): void {
    if (this.#held !== undefined && this.#held.length > 0) this.#release();
  }

  /** Writes the rows so far without waiting for more. */
  #release(): void {
    const rows = this.#held ?? [];
    this.#held = undefined;
    const natural = this.#columns.map(({ title, of }) => {
      return rows.reduce((width, row) => Math.max(width, cells(printable(of(row)))), cells(title));
    });
    this.#widths = fittedWidths(natural, this.#columns, this.#terminal.screen);
    this.#print(this.#columns.map(({ title }) => ({ text: title.toUpperCase(), style: 'bold' })));
    for (const row of rows) this.#line(row);
  }

  #line(row: Row): void {
    this.#print(this.#columns.map(({ of, style }) => ({ text: printable(of(row)), style: style?.(row) })));
  }

  #print(row: readonly { text: string; style: Style | undefined }[]): void {
    const padded = row.map(({ text, style }, at) => {
      const column = this.#columns[at];
      const width = this.#widths[at] ?? 0;
      const canGrow = column?.cut === undefined || this.#terminal.screen === undefined;
      const shown = canGrow ? text : fitted(text, width, '…', column.cut);
      const painted = style === undefined ? shown : this.#paint(style, shown);
      const own = cells(shown);
      // The rows below are aligned with the widest one so far.
      if (own > width) this.#widths[at] = own;
      const space = ' '.repeat(Math.max(0, width - own));
      if (column?.align === 'right') return `${space}${painted}`;
      // No blanks at the end of a line.
      return at === row.length - 1 ? painted : `${painted}${space}`;
    });
    this.#terminal.out(padded.join(GAP).trimEnd());
  }
}

/** The widths on a screen: the widest column that may be cut becomes narrower until all fit. */
function fittedWidths<Row>(
  natural: readonly number[],
  columns: readonly TableColumn<Row>[],
  screen: Screen | undefined,
): number[] {
  const widths = [...natural];
  if (screen === undefined) return widths;
  let excess = widths.reduce((sum, width) => sum + width, GAP.length * (widths.length - 1)) - screen.columns;
  while (excess > 0) {
    const flexible = widths.flatMap((width, at) =>
      columns[at]?.cut !== undefined && width > NARROWEST ? [{ width, at }] : [],
    );
    const widest = flexible.reduce<{ width: number; at: number } | undefined>(
      (best, one) => (best === undefined || one.width > best.width ? one : best),
      undefined,
    );
    if (widest === undefined) break;
    widths[widest.at] = widest.width - 1;
    excess--;
  }
  return widths;
}
