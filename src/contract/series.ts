/** Series in answers: one item per chunk. A long series continues in further chunks with the same index. */
import { z } from 'zod';
import { compareUtc } from './time/instant.ts';
import { columnsSchema, type Columns, type Flag, type ValueStatus } from './values.ts';

export const seriesChunkSchema = columnsSchema.extend({
  index: z.number().int().min(0).describe("Position of the FQN in the request's items"),
  fqn: z.string(),
  unit: z.string().optional(),
  more: z.boolean().optional().describe('True if a further chunk with the same index follows'),
  truncated: z
    .boolean()
    .optional()
    .describe('The limit of the request cut the series; the cursor of the answer continues it'),
});
export type SeriesChunk = z.infer<typeof seriesChunkSchema>;

export function isSeriesChunk(item: object): item is SeriesChunk {
  return 'times' in item && 'values' in item;
}

/** Splits a chunk in two halves, the first of which has `more`. Undefined if it has fewer than two samples. */
export function halveSeries(chunk: SeriesChunk): [SeriesChunk, SeriesChunk] | undefined {
  const length = chunk.times.length;
  if (length < 2) return undefined;
  const middle = length >> 1;
  const { truncated: _, ...head } = sliceColumns(chunk, 0, middle);
  const tail = sliceColumns(chunk, middle, length);
  if (!hasGaps(chunk)) return [{ ...head, more: true }, tail];
  // A gap belongs to the chunk of the sample after it.
  const first = chunk.times[middle] ?? '';
  const isEarly = ([, to]: Gap): boolean => compareUtc(to, first) < 0 || chunk.times[middle - 1] === to;
  const [early, late] = [chunk.gaps.filter(isEarly), chunk.gaps.filter((gap) => !isEarly(gap))];
  return [{ ...withGaps(head, early), more: true }, withGaps(tail, late)];
}

/** Times of two adjacent samples between which a signal has no value. */
export type Gap = [from: string, to: string];

export function hasGaps(chunk: SeriesChunk): chunk is SeriesChunk & { gaps: Gap[] } {
  return 'gaps' in chunk && Array.isArray(chunk.gaps);
}

function withGaps(chunk: SeriesChunk, gaps: Gap[]): SeriesChunk {
  const { gaps: _, ...rest } = chunk as SeriesChunk & { gaps?: Gap[] };
  return gaps.length > 0 ? Object.assign(rest, { gaps }) : rest;
}

/** The same with only the samples `from` (inclusive) to `to` (exclusive). */
export function sliceColumns<T extends Columns>(columns: T, from: number, to: number): T {
  const { times, values, flags, states, ...others } = columns;
  const kept = flags
    ?.filter(([first, last]) => first < to && last >= from)
    .map(([first, last, status]): Flag => [Math.max(first, from) - from, Math.min(last, to - 1) - from, status]);
  return {
    ...others,
    times: times.slice(from, to),
    values: values.slice(from, to),
    ...(kept && kept.length > 0 ? { flags: kept } : {}),
    ...(states ? { states: states.slice(from, to) } : {}),
  } as T;
}

/** The read position in a series: its last time, and the number of samples with that time that were read. */
export const seriesPositionSchema = z.object({ time: z.string(), repeats: z.number().int().min(1) });
export type SeriesPosition = z.infer<typeof seriesPositionSchema>;

/** The position after some more samples. */
export function advance(position: SeriesPosition | undefined, { times }: Columns): SeriesPosition | undefined {
  const time = times.at(-1);
  if (time === undefined) return position;
  const repeats = times.length - times.indexOf(time);
  return { time, repeats: position?.time === time ? position.repeats + repeats : repeats };
}

/**
 * Samples after a position: later ones, and those at its time beyond the number read. `columns` must start at or before
 * it.
 */
export function after<T extends Columns>(columns: T, { time, repeats }: SeriesPosition): T {
  let from = 0;
  while (from < columns.times.length && compareUtc(columns.times[from] ?? '', time) < 0) from++;
  for (let n = 0; n < repeats && columns.times[from] === time; n++) from++;
  return from === 0 ? columns : sliceColumns(columns, from, columns.times.length);
}

/** Records the status of the sample at `position`. Runs of equal status become one flag. */
export function flag(flags: Flag[], position: number, status: ValueStatus): void {
  if (status === 'Good') return;
  const last = flags.at(-1);
  if (last?.[2] === status && last[1] === position - 1) last[1] = position;
  else flags.push([position, position, status]);
}
