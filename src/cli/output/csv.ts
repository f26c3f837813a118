/** CSV as RFC 4180 defines it: a header, fields separated by commas, lines that end with CR LF. */

/** A field of a row. A missing one is empty. */
export type Cell = string | number | boolean | null | undefined;

/** Begins a formula in spreadsheet programs. */
const FORMULA = /^[=+\-@\t\r]/;

/**
 * One line without its end.
 * @param exact Writes every text as it is. By default a text that a spreadsheet program would run as a formula gets a
 *   leading apostrophe. Numbers are never changed.
 */
export const csvLine = (cells: readonly Cell[], exact: boolean): string =>
  cells.map((cell) => field(cell, exact)).join(',');

function field(cell: Cell, exact: boolean): string {
  if (cell === undefined || cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = !exact && FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(text) || text.trim() !== text ? `"${text.replaceAll('"', '""')}"` : text;
}
