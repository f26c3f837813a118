/** `iota-seeqdrv values`: the current values of tags, or those at a time. */
import { isFailure } from '../../client/client.ts';
import type { ItemFor } from '../../client/functions.ts';
import type { TimeContext } from '../../contract/time/time.ts';
import type { Point } from '../../contract/values.ts';
import type { CallerOptions } from '../caller-options.ts';
import { type Driver, withDriver } from '../connect.ts';
import { trendLine } from '../output/plot/sparkline.ts';
import { type FormatOptions, isForPrograms, openRows, type RowShape } from '../output/rows.ts';
import { hasUnicode } from '../output/style.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { findItems, type NamedItem, type NameOptions, namesOf } from './tags.ts';
import { instantOf, localTime, rangeOf, timesOf, type TimeOptions } from './times.ts';
import { statusStyle, valueText } from './value-text.ts';

/** The options of the command line. */
export interface ValuesOptions extends CallerOptions, FormatOptions, NameOptions, TimeOptions {
  at?: string;
  trend?: string;
}

/** A tag with its value or its error. */
export type ValueRow = { tag: string; fqn: string } & (Point | { error: ItemError });

type ItemError = Extract<ItemFor<'snapshot'>, { error: unknown }>['error'];

/** Prints one row a tag. Exit code 3 if some have no value. */
export function values(texts: readonly string[], options: ValuesOptions, terminal: Terminal): Promise<ExitCode> {
  return withDriver(options, 'values', terminal, async (driver) => {
    const times = timesOf(options, driver.caller.timeZone);
    const time = options.at === undefined ? '*' : instantOf(options.at, times, '--at');
    const items = await findItems(driver, await namesOf(texts, terminal), 'tag', options, terminal);
    if (items === undefined) return exitCodes.name;
    const { signal } = driver;
    const answer = await driver.client.snapshot({ items: items.map(({ fqn }) => fqn), time }, { signal });
    const trends =
      options.trend === undefined || isForPrograms(options)
        ? undefined
        : await trendsOf(driver, items, { since: options.trend, until: time }, times, terminal);
    const rows = openRows(valueShape(times.timeZone, trends), options, terminal);
    for (const item of answer.items) {
      const { index, ...rest } = item;
      await rows.write({ tag: items[index]?.label ?? item.fqn, ...rest });
    }
    rows.end();
    if (answer.error !== undefined) terminal.err(`${answer.error.code}: ${answer.error.message}`);
    if (answer.status === 'error') return exitCodes.failure;
    return answer.items.some(isFailure) ? exitCodes.partial : exitCodes.ok;
  });
}

const pointOf = (row: ValueRow): Point | undefined => ('error' in row ? undefined : row);
const errorOf = (row: ValueRow): ItemError | undefined => ('error' in row ? row.error : undefined);

/** A line of each tag by FQN. A tag that cannot be read has none; its row has the error. */
async function trendsOf(
  { client, signal }: Driver,
  items: readonly NamedItem[],
  { since, until }: { since: string; until: string },
  times: TimeContext,
  { env }: Terminal,
): Promise<ReadonlyMap<string, string>> {
  const range = rangeOf({ start: since, end: until === '*' ? 'now' : until }, times, '--trend');
  const { items: series } = await client.plotted(
    { items: items.map(({ fqn }) => fqn), ...range, count: TREND_WIDTH },
    { signal },
  );
  const chunks = Map.groupBy(
    series.flatMap((chunk) => (isFailure(chunk) ? [] : [chunk])),
    ({ fqn }) => fqn,
  );
  const options = { from: range.start, to: range.end, width: TREND_WIDTH, unicode: hasUnicode(env) };
  return new Map(Array.from(chunks, ([fqn, own]) => [fqn, trendLine(own, options)]));
}

const TREND_WIDTH = 24;

/** How values are shown. @param timeZone of the table; CSV and JSON have UTC */
export const valueShape = (timeZone: string, trends?: ReadonlyMap<string, string>): RowShape<ValueRow> => ({
  table: [
    { title: 'tag', of: ({ tag }) => tag, cut: 'start' },
    {
      title: 'value',
      of: (row) => valueText(pointOf(row)?.value),
      align: 'right',
      style: (row) => ('error' in row ? undefined : 'bold'),
    },
    { title: 'unit', of: (row) => pointOf(row)?.unit ?? '' },
    ...(trends === undefined ? [] : [{ title: 'trend', of: ({ fqn }: ValueRow) => trends.get(fqn) ?? '' }]),
    { title: 'time', of: (row) => localTime(pointOf(row)?.time, timeZone), style: () => 'dim' },
    {
      title: 'status',
      of: (row) => ('error' in row ? `${row.error.code}: ${row.error.message}` : row.status),
      style: (row) => ('error' in row ? 'red' : statusStyle(row.status)),
    },
  ],
  csv: [
    { title: 'tag', of: ({ tag }) => tag },
    { title: 'fqn', of: ({ fqn }) => fqn },
    { title: 'time', of: (row) => pointOf(row)?.time },
    { title: 'value', of: (row) => pointOf(row)?.value },
    { title: 'unit', of: (row) => pointOf(row)?.unit },
    { title: 'status', of: (row) => pointOf(row)?.status },
    { title: 'state', of: (row) => pointOf(row)?.state },
    { title: 'error', of: (row) => errorOf(row)?.code },
    { title: 'message', of: (row) => errorOf(row)?.message },
  ],
});
