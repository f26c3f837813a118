/** `iota-seeqdrv timeframes`: the timeframes of conditions in a range. */
import type { ItemFor } from '../../client/functions.ts';
import { UsageError } from '../usage-error.ts';
import type { CallerOptions } from '../caller-options.ts';
import { withDriver } from '../connect.ts';
import { printable } from '../output/printable.ts';
import { type FormatOptions, openRows, type RowShape } from '../output/rows.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { findItems, type NameOptions } from './tags.ts';
import { durationText, localTime, rangeOf, type RangeOptions, timesOf } from './times.ts';
import { valueText } from './value-text.ts';

/** The options of the command line. */
export interface TimeframesOptions extends CallerOptions, FormatOptions, NameOptions, RangeOptions {
  asset?: string;
  open?: boolean;
  ended?: boolean;
  newest?: boolean;
  limit: number;
}

type Item = ItemFor<'timeframesearch'>;
type Timeframe = Extract<Item, { condition: unknown }>;

/** The driver reads at most this many conditions by name in one request. */
const MOST_CONDITIONS = 1000;
const MOST_IN_A_PAGE = 100;

/** Prints one row a timeframe, at most `limit`. Without conditions, those of all conditions. */
export function timeframes(
  conditions: readonly string[],
  options: TimeframesOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  return withDriver(options, 'timeframes', terminal, async (driver) => {
    if (conditions.length > MOST_CONDITIONS) throw new UsageError(`More than ${MOST_CONDITIONS} conditions.`);
    if (conditions.length > 0 && options.asset !== undefined) {
      throw new UsageError('--asset: belongs to a search without conditions.');
    }
    const times = timesOf(options, driver.caller.timeZone);
    const range = rangeOf(options, times);
    const named = await findItems(driver, conditions, 'condition', options, terminal);
    const below =
      options.asset === undefined ? [] : await findItems(driver, [options.asset], 'asset', options, terminal);
    if (named === undefined || below === undefined) return exitCodes.name;
    const { open, ended, newest, limit, host } = options;
    const { client, signal } = driver;
    const items = client.items(
      'timeframesearch',
      {
        ...range,
        ...(named.length === 0 ? {} : { conditions: named.map(({ fqn }) => fqn) }),
        ...(below[0] === undefined ? {} : { asset: below[0].fqn }),
        ...(open === true ? { open: true } : ended === true ? { open: false } : {}),
        order: newest === true ? 'desc' : 'asc',
        limit: Math.min(limit + 1, MOST_IN_A_PAGE),
      },
      { signal, ...(host === undefined ? {} : { host }) },
    );
    return print(items, times.timeZone, options, terminal);
  });
}

async function print(
  items: AsyncIterable<Item>,
  timeZone: string,
  options: TimeframesOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const rows = openRows(shapeOf(timeZone), options, terminal);
  let [shown, failures] = [0, 0];
  let hasMore = false;
  for await (const item of items) {
    if ('error' in item) {
      failures++;
      const what = 'index' in item ? item.fqn : `server ${item.host}`;
      terminal.err(printable(`${what}: ${item.error.code}: ${item.error.message}`));
      continue;
    }
    if (!('condition' in item)) continue;
    if (shown === options.limit) {
      hasMore = true;
      break;
    }
    shown++;
    await rows.write(item);
  }
  rows.end();
  if (hasMore) terminal.err(`There are more than ${options.limit}: give a shorter range, or a larger --limit.`);
  if (shown === 0 && failures === 0) terminal.err('There is no timeframe in this range.');
  return failures > 0 ? exitCodes.partial : exitCodes.ok;
}

const shapeOf = (timeZone: string): RowShape<Timeframe> => ({
  table: [
    { title: 'condition', of: ({ name }) => name, cut: 'start' },
    { title: 'start', of: ({ start }) => localTime(start, timeZone) },
    {
      title: 'end',
      of: ({ end, open }) => (open ? 'open' : localTime(end, timeZone)),
      style: ({ open }) => (open ? 'yellow' : undefined),
    },
    { title: 'duration', of: ({ durationMs }) => durationText(durationMs), align: 'right' },
    { title: 'attributes', of: attributesText, cut: 'end' },
  ],
  csv: [
    { title: 'fqn', of: ({ fqn }) => fqn },
    { title: 'condition', of: ({ condition }) => condition },
    { title: 'name', of: ({ name }) => name },
    { title: 'start', of: ({ start }) => start },
    { title: 'end', of: ({ end }) => end },
    { title: 'durationMs', of: ({ durationMs }) => durationMs },
    { title: 'open', of: ({ open }) => open },
    { title: 'status', of: ({ status }) => status },
    { title: 'attributes', of: ({ attributes }) => JSON.stringify(attributes) },
  ],
});

const attributesText = ({ attributes }: Timeframe): string =>
  Object.entries(attributes)
    .map(([name, { value, unit = '' }]) => `${name}=${valueText(value)}${unit === '' ? '' : ` ${unit}`}`)
    .join(', ');
