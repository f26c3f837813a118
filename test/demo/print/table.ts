/** Tables: columns as wide as their contents; those that may give way where the terminal is narrow. */
import { dim, fit, pad, textWidth } from './style.ts';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
  /** Colours a finished cell by its text. */
  readonly style?: (cell: string) => string;
  /** How narrow it may be made; a column without this keeps its width. */
  readonly least?: number;
  /** Left out where the terminal is too narrow for all columns. */
  readonly spare?: boolean;
}

const GAP = '  ';

/** Lines of a table, the head first. */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  const natural = columns.map(({ title }, at) =>
    Math.max(textWidth(title), ...rows.map((row) => textWidth(row[at] ?? ''))),
  );
  const least = natural.map((own, at) => Math.min(own, columns[at]?.least ?? own));
  const all = columns.map((_, at) => at);
  const kept = total(least, all) <= width ? all : all.filter((at) => columns[at]?.spare !== true);
  const widths = shrink(natural, least, kept, width);
  const shaped = (text: string, at: number): string =>
    pad(fit(text, widths[at] ?? 0), widths[at] ?? 0, columns[at]?.align);
  const line = (cell: (at: number) => string): string => kept.map(cell).join(GAP);
  return [
    dim(line((at) => shaped(columns[at]?.title ?? '', at))),
    dim(line((at) => '─'.repeat(widths[at] ?? 0))),
    ...rows.map((row) =>
      line((at) => {
        const cell = shaped(row[at] ?? '', at);
        return columns[at]?.style?.(cell) ?? cell;
      }),
    ),
  ];
}

/** Takes columns away where most is to spare, until all fits or nothing is. */
function shrink(
  natural: readonly number[],
  least: readonly number[],
  kept: readonly number[],
  width: number,
): number[] {
  const widths = [...natural];
  const spare = (at: number): number => (widths[at] ?? 0) - (least[at] ?? 0);
  for (let excess = total(widths, kept) - width; excess > 0; excess -= 1) {
    const widest = kept.reduce((best, at) => (spare(at) > spare(best) ? at : best), kept[0] ?? 0);
    if (spare(widest) <= 0) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Width of the kept columns with the gaps between them. */
function total(widths: readonly number[], kept: readonly number[]): number {
  return kept.reduce((sum, at) => sum + (widths[at] ?? 0), GAP.length * (kept.length - 1));
}
