/** Opens a series for a calculation: its shape, and its recorded samples including those just outside of the range. */
import { constantColumns } from '../../contract/constant.ts';
import type { TimeRange } from '../../contract/time/time.ts';
import type { HistoryReader, SamplePage, SeriesShape } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import type { RequestedItem } from '../items.ts';

export interface OpenSeries {
  shape: SeriesShape;
  pages: AsyncIterable<SamplePage>;
}

/** Concurrent series per host. Each holds two pages in memory. */
export const SERIES_AT_ONCE = 4;

/**
 * A signal's shape and first page are requested in parallel. An FQN that only refers to a signal is resolved first,
 * once.
 */
export async function openSeries(
  { fqn }: RequestedItem,
  source: HistoryReader,
  range: TimeRange,
  call: ReturnType<RequestContext['callTo']>,
): Promise<OpenSeries> {
  if (fqn.kind !== 'signal' || fqn.part) {
    const shape = await source.shape(fqn, call);
    if (shape.constant !== undefined) return { shape, pages: only(constantColumns(shape.constant, range)) };
    return { shape, pages: source.samples(shape.fqn, range, 'outside', call) };
  }
  const pages = source.samples(fqn, range, 'outside', call)[Symbol.asyncIterator]();
  const first = pages.next();
  // If the shape fails, nothing awaits the page.
  first.catch(() => undefined);
  const shape = await source.shape(fqn, call);
  return { shape, pages: continued(first, pages) };
}

async function* only(page: SamplePage): AsyncGenerator<SamplePage> {
  yield page;
}

async function* continued<T>(first: Promise<IteratorResult<T>>, rest: AsyncIterator<T>): AsyncGenerator<T> {
  try {
    for (let next = await first; next.done !== true; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
