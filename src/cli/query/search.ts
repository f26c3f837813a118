/** `iota-seeqdrv search`: finds tags, assets or conditions. */
import type { ItemFor } from '../../client/functions.ts';
import type { CallerOptions } from '../caller-options.ts';
import { withDriver } from '../connect.ts';
import { printable } from '../output/printable.ts';
import { type FormatOptions, openRows, type RowShape } from '../output/rows.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { pathOf } from './names.ts';
import { findItems, type NameOptions } from './tags.ts';

/** The options of the command line. */
export interface SearchOptions extends CallerOptions, FormatOptions, NameOptions {
  assets?: boolean;
  conditions?: boolean;
  description?: boolean;
  asset?: string;
  datasource?: string;
  workbook?: string;
  limit: number;
  fqn?: boolean;
}

type SearchItem =
  ItemFor<'tagsearch'> | ItemFor<'elementsearch'> | Extract<ItemFor<'timeframesearch'>, { path: unknown }>;
type Found = Exclude<SearchItem, { error: unknown; host: string }>;

/** Prints one row a hit, at most `limit`. Exit code 3 if a server could not search. */
export function search(query: string, options: SearchOptions, terminal: Terminal): Promise<ExitCode> {
  return withDriver(options, 'search', terminal, async (driver) => {
    const { asset, limit, host, datasource, workbook } = options;
    const below = asset === undefined ? [] : await findItems(driver, [asset], 'asset', options, terminal);
    if (below === undefined) return exitCodes.name;
    const params = {
      query,
      // One more shows that there are more.
      limit: Math.min(limit + 1, MOST_IN_A_PAGE),
      ...(options.description === true ? { field: 'any' as const } : {}),
      ...(below[0] === undefined ? {} : { asset: below[0].fqn }),
      ...(datasource === undefined ? {} : { datasource }),
      ...(workbook === undefined ? {} : { workbook }),
    };
    const { client, signal } = driver;
    const call = { signal, ...(host === undefined ? {} : { host }) };
    const found: AsyncGenerator<SearchItem> =
      options.assets === true
        ? client.items('elementsearch', params, call)
        : options.conditions === true
          ? (client.items('timeframesearch', { ...params, definitions: true }, call) as AsyncGenerator<SearchItem>)
          : client.items('tagsearch', params, call);
    return print(found, options, terminal);
  });
}

const MOST_IN_A_PAGE = 1000;

async function print(items: AsyncIterable<SearchItem>, options: SearchOptions, terminal: Terminal): Promise<ExitCode> {
  const { limit, fqn = false } = options;
  const rows = openRows(shapeOf(fqn), options, terminal);
  let [count, failures] = [0, 0];
  let hasMore = false;
  for await (const item of items) {
    if ('host' in item) {
      failures++;
      terminal.err(printable(`server ${item.host}: ${item.error.code}: ${item.error.message}`));
      continue;
    }
    if (count === limit) {
      hasMore = true;
      break;
    }
    count++;
    if (count % 100 === 0) terminal.progress?.(`${count} found`);
    await rows.write(item);
  }
  rows.end();
  if (hasMore) terminal.err(`There are more than ${limit}: give a narrower query, or a larger --limit.`);
  if (count === 0 && failures === 0) terminal.err('Nothing was found.');
  return failures > 0 ? exitCodes.partial : exitCodes.ok;
}

const text = (row: Found, key: string): string => {
  const value = (row as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value : '';
};

/** `plant-a: Area A` without the name. */
const serverOf = ({ displayName, name }: Found): string => displayName.slice(0, displayName.length - name.length - 2);

const shapeOf = (fqn: boolean): RowShape<Found> => ({
  table: [
    { title: 'path', of: pathOf, cut: 'start' },
    { title: 'server', of: serverOf },
    { title: 'type', of: (row) => text(row, 'valueType') || text(row, 'kind') },
    { title: 'unit', of: (row) => text(row, 'unit') },
    ...(fqn
      ? [{ title: 'fqn', of: (row: Found) => row.fqn }]
      : [{ title: 'description', of: (row: Found) => text(row, 'description'), cut: 'end' as const }]),
  ],
  csv: [
    { title: 'fqn', of: (row) => row.fqn },
    { title: 'server', of: serverOf },
    { title: 'path', of: pathOf },
    { title: 'name', of: (row) => row.name },
    ...['kind', 'valueType', 'unit', 'interpolation', 'datasource', 'description'].map((title) => ({
      title,
      of: (row: Found) => text(row, title),
    })),
  ],
});
