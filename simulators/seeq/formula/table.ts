/** Tables: a row for each capsule of a range, with columns of its properties and of statistics. */
import type { Work } from '../algebra/work.ts';
import type { Range } from '../algebra/statistics.ts';

export type Cell = string | number | null;

export interface Column {
  readonly name: string;
  readonly type: 'string' | 'number' | 'date';
  readonly units?: string;
}

export interface Row {
  /** What statistics of this row are over; undefined where the capsule lacks a start or an end. */
  readonly range: Range | undefined;
  readonly cells: readonly Cell[];
}

export interface Table {
  /** The types of the columns of properties follow from the rows. */
  readonly columns: readonly Column[];
  readonly rows: () => Work<readonly Row[]>;
}

/** More rows than a table of the simulator has. */
export const MOST_ROWS = 1_000_000;

/** The table with further columns, computed row by row. */
export function withColumns(table: Table, columns: readonly Column[], cells: (row: Row) => Work<Cell[]>): Table {
  return {
    columns: [...table.columns, ...columns],
    *rows() {
      const wider: Row[] = [];
      for (const row of yield* table.rows()) {
        wider.push({ ...row, cells: [...row.cells, ...(yield* cells(row))] });
        yield;
      }
      return wider;
    },
  };
}

export interface SortKey {
  readonly column: number;
  readonly descending: boolean;
  /** Cells without value come first. */
  readonly invalidFirst: boolean;
}

export function sortedBy(table: Table, keys: readonly SortKey[]): Table {
  return {
    ...table,
    *rows() {
      const rows = yield* table.rows();
      return [...rows].sort((a, b) => {
        for (const { column, descending, invalidFirst } of keys) {
          const order = compare(a.cells[column] ?? null, b.cells[column] ?? null, descending, invalidFirst);
          if (order !== 0) return order;
        }
        return 0;
      });
    },
  };
}

function compare(a: Cell, b: Cell, descending: boolean, invalidFirst: boolean): number {
  if (a === b) return 0;
  if (a === null || b === null) return (a === null) === invalidFirst ? -1 : 1;
  const less = typeof a === 'number' && typeof b === 'number' ? a < b : String(a) < String(b);
  return less === descending ? 1 : -1;
}

/** Rows by number, counting from 1, both included. */
export function limited(table: Table, first: number, last: number): Table {
  return {
    ...table,
    *rows() {
      return (yield* table.rows()).slice(Math.max(0, first - 1), Math.max(0, last));
    },
  };
}
