/** Samples of a series as rows. */
import type { ItemFor } from '../../client/functions.ts';
import type { ScalarValue, ValueStatus } from '../../contract/values.ts';
import type { CsvColumn, RowShape } from '../output/rows.ts';
import type { TableColumn } from '../output/table.ts';
import type { NamedItem } from './tags.ts';
import { localTime } from './times.ts';
import { statusStyle, valueText } from './value-text.ts';

/** A chunk of a series, or the error of the tag. */
export type SeriesItem = ItemFor<'discrete'> | ItemFor<'aggregated'>;
type Chunk = Exclude<SeriesItem, { error: unknown }>;

/** One sample. */
export interface SampleRow {
  readonly tag: string;
  readonly fqn: string;
  readonly method?: string;
  readonly inState?: ScalarValue | undefined;
  readonly time: string;
  readonly value: ScalarValue;
  readonly status: ValueStatus;
  readonly state?: number;
  readonly unit?: string;
}

/** The samples of a chunk, in order. */
export function* samplesOf(chunk: Chunk, { label }: NamedItem): Generator<SampleRow> {
  const { fqn, unit, times, values, flags = [], states } = chunk;
  const common = {
    tag: label,
    fqn,
    ...('method' in chunk ? { method: chunk.method } : {}),
    ...('inState' in chunk ? { inState: chunk.inState } : {}),
  };
  let flag = 0;
  for (const [at, time] of times.entries()) {
    while ((flags[flag]?.[1] ?? Infinity) < at) flag++;
    const [from = Infinity, , flagged] = flags[flag] ?? [];
    const state = states?.[at] ?? undefined;
    yield {
      ...common,
      time,
      value: values[at] ?? null,
      status: at >= from && flagged !== undefined ? flagged : 'Good',
      ...(state === undefined ? {} : { state }),
      ...(unit === undefined ? {} : { unit }),
    };
  }
}

/** @param shown which columns distinguish the rows */
export function sampleShape(
  timeZone: string,
  shown: { readonly tags: boolean; readonly methods: readonly string[] | undefined },
): RowShape<SampleRow> {
  const tag: TableColumn<SampleRow> = { title: 'tag', of: (row) => row.tag, cut: 'start' };
  const method: TableColumn<SampleRow> = { title: 'method', of: methodText };
  return {
    table: [
      ...(shown.tags ? [tag] : []),
      ...(shown.methods === undefined ? [] : [method]),
      { title: 'time', of: ({ time }) => localTime(time, timeZone), style: () => 'dim' },
      { title: 'value', of: ({ value }) => valueText(value), align: 'right' },
      { title: 'unit', of: ({ unit }) => unit ?? '' },
      { title: 'status', of: ({ status }) => status, style: ({ status }) => statusStyle(status) },
    ],
    csv: [
      ...(['tag', 'fqn', 'method', 'inState', 'time', 'value', 'unit', 'status', 'state'] as const).flatMap(
        (title): CsvColumn<SampleRow>[] =>
          (title === 'method' || title === 'inState') && shown.methods === undefined
            ? []
            : [{ title, of: (row) => row[title] }],
      ),
    ],
  };
}

const methodText = ({ method = '', inState }: SampleRow): string =>
  inState === undefined ? method : `${method} ${valueText(inState)}`;
