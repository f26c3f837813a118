/** `iota-seeqdrv tree`: the assets below an asset, or of all servers, with their attributes if asked for. */
import type { ItemFor } from '../../client/functions.ts';
import { parseFqn } from '../../contract/fqn.ts';
import type { CallerOptions } from '../caller-options.ts';
import { type Driver, withDriver } from '../connect.ts';
import { printable } from '../output/printable.ts';
import { type FormatOptions, isForPrograms, openRows, type RowShape } from '../output/rows.ts';
import { hasUnicode, paintOf } from '../output/style.ts';
import { exitCodes, type ExitCode, type Terminal } from '../terminal.ts';
import { pathOf } from './names.ts';
import { findItems, type NameOptions } from './tags.ts';
import { valueText } from './value-text.ts';

/** The options of the command line. */
export interface TreeOptions extends CallerOptions, FormatOptions, NameOptions {
  depth: number;
  attributes?: boolean;
  limit: number;
}

type Asset = Extract<ItemFor<'elementsearch'>, { hasChildren: boolean }>;
type Attribute = NonNullable<Asset['attributes']>[number];

const MOST_IN_A_PAGE = 100;

/** Prints at most `limit` assets. Exit code 3 if a part cannot be read. */
export function tree(asset: string | undefined, options: TreeOptions, terminal: Terminal): Promise<ExitCode> {
  return withDriver(options, 'tree', terminal, async (driver) => {
    const found = asset === undefined ? [] : await findItems(driver, [asset], 'asset', options, terminal);
    if (found === undefined) return exitCodes.name;
    const [root] = found;
    const browsed = new Browsed(options, terminal);
    const items = browse(driver, root?.fqn ?? '', options);
    if (isForPrograms(options)) {
      const rows = openRows(shape, options, terminal);
      for await (const item of items) {
        if (browsed.accepts(item)) await rows.write(item);
        else if (browsed.hasMore) break;
      }
      rows.end();
    } else {
      const assets: Asset[] = [];
      for await (const item of items) {
        if (browsed.accepts(item)) assets.push(item);
        else if (browsed.hasMore) break;
      }
      if (root !== undefined) terminal.out(printable(root.label));
      print(assets, root?.fqn, terminal);
    }
    return browsed.end();
  });
}

function browse({ client, signal }: Driver, parent: string, { depth, attributes, limit, host }: TreeOptions) {
  return client.items(
    'elementsearch',
    {
      parent,
      depth,
      limit: Math.min(limit + 1, MOST_IN_A_PAGE),
      ...(attributes === true ? { include: ['attributes' as const] } : {}),
    },
    // The parent says the server.
    { signal, ...(host === undefined || parent !== '' ? {} : { host }) },
  );
}

/** Counts the assets and reports what fails. */
class Browsed {
  readonly #limit: number;
  readonly #terminal: Terminal;
  #assets = 0;
  #failures = 0;

  constructor({ limit }: TreeOptions, terminal: Terminal) {
    this.#limit = limit;
    this.#terminal = terminal;
  }

  /** False for a failure, and for assets beyond the limit. */
  accepts(item: ItemFor<'elementsearch'>): item is Asset {
    if ('host' in item) {
      this.#failures++;
      this.#terminal.err(printable(`${item.fqn ?? `server ${item.host}`}: ${item.error.code}: ${item.error.message}`));
      return false;
    }
    this.#assets++;
    if (this.#assets % MOST_IN_A_PAGE === 0) this.#terminal.progress?.(`${this.#assets} assets`);
    return this.#assets <= this.#limit;
  }

  get hasMore(): boolean {
    return this.#assets > this.#limit;
  }

  end(): ExitCode {
    if (this.hasMore) {
      this.#terminal.err(
        `There are more than ${this.#limit}: name an asset, or give a smaller --depth or a larger --limit.`,
      );
    }
    if (this.#assets === 0 && this.#failures === 0) this.#terminal.err('There is no asset.');
    return this.#failures > 0 ? exitCodes.partial : exitCodes.ok;
  }
}

/** Prints assets below their parents. They arrive level by level. */
function print(assets: readonly Asset[], root: string | undefined, terminal: Terminal): void {
  const { out, env } = terminal;
  const paint = paintOf(terminal);
  const [tee, corner, bar] = hasUnicode(env) ? ['├── ', '└── ', '│   '] : ['|-- ', '`-- ', '|   '];
  const children = Map.groupBy(assets, ({ parent }) => parent ?? '');
  const below = (fqn: string, indent: string): void => {
    const own = children.get(fqn) ?? [];
    for (const [at, asset] of own.entries()) {
      const isLast = at === own.length - 1;
      const inner = `${indent}${isLast ? '    ' : bar}`;
      const hidden = asset.hasChildren && !children.has(asset.fqn) ? paint('dim', ' …') : '';
      out(`${indent}${isLast ? corner : tee}${paint('bold', printable(asset.name))}${hidden}`);
      const lead = children.has(asset.fqn) ? `${inner}${bar}` : `${inner}    `;
      for (const attribute of asset.attributes ?? []) out(`${lead}${printable(attributeText(attribute))}`);
      below(asset.fqn, inner);
    }
  };
  if (root !== undefined) {
    below(root, '');
    return;
  }
  const roots = children.get('') ?? [];
  for (const [server, own] of Map.groupBy(roots, ({ fqn }) => parseFqn(fqn).host)) {
    out(paint('cyan', printable(server)));
    children.set('', own);
    below('', '');
  }
}

function attributeText({ name, type, value, unit, error }: Attribute): string {
  if (error !== undefined) return `${name}: ${error.code}: ${error.message}`;
  const shown = value === undefined ? '' : ` = ${valueText(value)}`;
  return `${name}${shown}${unit === undefined ? '' : ` ${shown === '' ? `[${unit}]` : unit}`}${type === 'tag' ? '' : ` (${type})`}`;
}

const shape: RowShape<Asset> = {
  table: [],
  csv: [
    { title: 'fqn', of: ({ fqn }) => fqn },
    { title: 'path', of: pathOf },
    { title: 'name', of: ({ name }) => name },
    { title: 'parent', of: ({ parent }) => parent },
    { title: 'depth', of: ({ depth }) => depth },
    { title: 'hasChildren', of: ({ hasChildren }) => hasChildren },
    { title: 'description', of: ({ description }) => description },
  ],
};
