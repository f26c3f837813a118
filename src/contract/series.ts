/** Series in answers: one item a piece, long series continue in further pieces with the same index. */
import { z } from 'zod';
import { columnsSchema, type Columns, type Flag, type ValueStatus } from './values.ts';

export const seriesPieceSchema = columnsSchema.extend({
  /** Position of the FQN in the request's `items`. */
  index: z.number().int().min(0),
  fqn: z.string(),
  unit: z.string().optional(),
  /** True when a further piece with the same index follows. */
  more: z.boolean().optional(),
  /** The caller's `limit` cut the series; the answer's cursor continues it. */
  truncated: z.boolean().optional(),
});
export type SeriesPiece = z.infer<typeof seriesPieceSchema>;

export function isSeriesPiece(item: object): item is SeriesPiece {
  return 'times' in item && 'values' in item;
}

/** Cuts a piece in two halves of which the first says that more follows; undefined when it has fewer than two samples. */
export function halveSeries(piece: SeriesPiece): [SeriesPiece, SeriesPiece] | undefined {
  const length = piece.times.length;
  if (length < 2) return undefined;
  const middle = length >> 1;
  const { times: _times, values: _values, flags: _flags, states: _states, truncated, ...common } = piece;
  return [
    { ...common, ...sliceColumns(piece, 0, middle), more: true },
    { ...common, ...sliceColumns(piece, middle, length), ...(truncated === undefined ? {} : { truncated }) },
  ];
}

/** The columns of samples `from` (included) to `to` (not included). */
export function sliceColumns(columns: Columns, from: number, to: number): Columns {
  const flags = columns.flags
    ?.filter(([first, last]) => first < to && last >= from)
    .map(([first, last, status]): Flag => [Math.max(first, from) - from, Math.min(last, to - 1) - from, status]);
  const slice: Columns = { times: columns.times.slice(from, to), values: columns.values.slice(from, to) };
  if (flags && flags.length > 0) slice.flags = flags;
  if (columns.states) slice.states = columns.states.slice(from, to);
  return slice;
}

/** Notes the status of the sample at `position`; runs of equal status become one flag. */
export function flag(flags: Flag[], position: number, status: ValueStatus): void {
  if (status === 'Good') return;
  const last = flags.at(-1);
  if (last?.[2] === status && last[1] === position - 1) last[1] = position;
  else flags.push([position, position, status]);
}
