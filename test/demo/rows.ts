/** A series of an answer as one object a sample, which is easier to compare than columns. */
import type { SeriesChunk } from '../../src/contract/series.ts';

export interface Row {
  time: string;
  value: unknown;
  status: string;
}

export function rowsOf(series: SeriesChunk | undefined): Row[] {
  const rows = (series?.times ?? []).map((time, at) => ({ time, value: series?.values[at], status: 'Good' }));
  for (const [first, last, status] of series?.flags ?? []) {
    for (const row of rows.slice(first, last + 1)) row.status = status;
  }
  return rows;
}
