/** Writes rows as they arrive: as a table for people, or as JSON, NDJSON or CSV for programs. */
import type { Terminal } from '../terminal.ts';
import { csvLine, type Cell } from './csv.ts';
import { printable, printableJson } from './printable.ts';
import { Table, type TableColumn } from './table.ts';

/** The options that select a format. Without any, the result is a table. */
export interface FormatOptions {
  json?: boolean;
  ndjson?: boolean;
  csv?: boolean;
  csvExact?: boolean;
}

/** A column of CSV. */
export interface CsvColumn<Row> {
  readonly title: string;
  readonly of: (row: Row) => Cell;
}

/** How rows are shown. */
export interface RowShape<Row> {
  readonly table: readonly TableColumn<Row>[];
  readonly csv: readonly CsvColumn<Row>[];
}

/** Takes rows. `write` resolves when there is room for more. */
export interface RowWriter<Row> {
  write(row: Row): Promise<void> | undefined;
  /** Writes what is still held back. Called once. */
  end(): void;
}

/** Whether the result is for a program. */
export const isForPrograms = ({ json, ndjson, csv, csvExact }: FormatOptions): boolean =>
  [json, ndjson, csv, csvExact].includes(true);

/**
 * Rows in the format of the options. Memory does not grow with their number.
 * @param live prints every row as soon as it arrives, so the widths of a table are not known beforehand
 */
export function openRows<Row extends object>(
  shape: RowShape<Row>,
  options: FormatOptions,
  terminal: Terminal,
  { live = false }: { readonly live?: boolean } = {},
): RowWriter<Row> {
  if (options.json === true) return jsonRows(terminal);
  const { out } = terminal;
  const write = (line: string): Promise<void> | undefined => {
    out(line);
    return terminal.drained?.();
  };
  if (options.ndjson === true) return { write: (row) => write(printableJson(row)), end: () => undefined };
  if (options.csv === true || options.csvExact === true) {
    const exact = options.csvExact === true;
    // A file keeps the exact texts. A terminal would act on their control characters.
    const safe = terminal.screen === undefined ? (cell: Cell) => cell : printableCell;
    out(
      `${csvLine(
        shape.csv.map(({ title }) => title),
        exact,
      )}\r`,
    );
    return {
      write: (row) =>
        write(
          `${csvLine(
            shape.csv.map(({ of }) => safe(of(row))),
            exact,
          )}\r`,
        ),
      end: () => undefined,
    };
  }
  return new Table(shape.table, terminal, live ? 1 : undefined);
}

const printableCell = (cell: Cell): Cell => (typeof cell === 'string' ? printable(cell) : cell);

/** A JSON array, one element a line. */
function jsonRows<Row extends object>({ out, drained }: Terminal): RowWriter<Row> {
  let last: string | undefined;
  let begun = false;
  return {
    write: (row) => {
      if (last !== undefined) {
        out(`${begun ? '' : '['}${last},`);
        begun = true;
      }
      last = printableJson(row);
      return drained?.();
    },
    end: () => {
      out(last === undefined ? '[]' : `${begun ? '' : '['}${last}]`);
    },
  };
}
