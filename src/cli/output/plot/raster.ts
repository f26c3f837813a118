/** Lines on a grid of characters: braille with eight dots in a cell, or one symbol in a cell. */

/** A cell of the finished drawing. `pen` is undefined where nothing is drawn. */
export interface Cell {
  text: string;
  pen: number | undefined;
}

/** Bits of the dots of a braille character, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const BRAILLE = 0x2800;

export class Raster {
  readonly #columns: number;
  readonly #rows: number;
  readonly #dots: Uint8Array;
  readonly #pens: Int16Array;
  readonly #across: number;
  readonly #down: number;
  readonly #symbols: readonly string[] | undefined;

  /** @param symbols one for each pen, for cells without dots; undefined for braille */
  constructor(columns: number, rows: number, symbols?: readonly string[]) {
    this.#columns = columns;
    this.#rows = rows;
    this.#symbols = symbols;
    [this.#across, this.#down] = symbols ? [1, 1] : [2, 4];
    this.#dots = new Uint8Array(columns * rows);
    this.#pens = new Int16Array(columns * rows).fill(-1);
  }

  /** Number of dots in a row. */
  get width(): number {
    return this.#columns * this.#across;
  }

  get height(): number {
    return this.#rows * this.#down;
  }

  /** Draws a straight line between two dots; rows are counted from the top. */
  line(fromX: number, fromY: number, toX: number, toY: number, pen: number): void {
    const steps = Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY));
    for (let step = 0; step <= steps; step++) {
      const part = steps === 0 ? 0 : step / steps;
      this.#dot(Math.round(fromX + (toX - fromX) * part), Math.round(fromY + (toY - fromY) * part), pen);
    }
  }

  row(at: number): Cell[] {
    return Array.from({ length: this.#columns }, (_, column) => {
      const cell = at * this.#columns + column;
      const pen = this.#pens[cell] ?? -1;
      if (pen < 0) return { text: ' ', pen: undefined };
      return { text: this.#symbols?.[pen] ?? String.fromCharCode(BRAILLE + (this.#dots[cell] ?? 0)), pen };
    });
  }

  #dot(x: number, y: number, pen: number): void {
    const cell = Math.floor(y / this.#down) * this.#columns + Math.floor(x / this.#across);
    this.#dots[cell] = (this.#dots[cell] ?? 0) | (DOTS[y % this.#down]?.[x % this.#across] ?? 0);
    this.#pens[cell] = pen;
  }
}
