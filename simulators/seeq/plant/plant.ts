/** All items of one simulated server, with the ways to find them. */
import { seedOf } from '../series/noise.ts';
import { guidOf } from './guid.ts';
import type { Item, ItemType } from './item.ts';

/** What a caller gives to make an item; the plant adds the id and the place in the tree. */
export interface NewItem extends Partial<Omit<Item, 'id' | 'type' | 'name' | 'parents' | 'children'>> {
  readonly type: ItemType;
  readonly name: string;
  /** Makes the id; two items of one plant must not have the same. By default the path in the tree, or the name. */
  readonly key?: string;
  readonly parent?: Item;
}

export class Plant {
  readonly name: string;
  /** Current time of the simulated server, nanoseconds since 1970. */
  readonly now: () => bigint;
  /** Datasource ID of a source whose connector does not answer; empty for none. */
  offline: () => string = () => '';
  readonly items = new Map<string, Item>();
  readonly #keys = new Map<string, string>();
  readonly #byDataId = new Map<string, Item>();

  constructor(name: string, now: () => bigint) {
    this.name = name;
    this.now = now;
  }

  /** Makes an item below its parent. The id follows from the plant's name, the type and the path. */
  add(item: NewItem): Item {
    const { key: givenKey, parent, ...rest } = item;
    const key = givenKey ?? (parent === undefined ? item.name : `${this.pathOf(parent)} >> ${item.name}`);
    const id = guidOf(this.name, `${kindOf(item.type)}:${key}`);
    if (this.items.has(id)) throw new Error(`the plant has two items of the key ${key}`);
    const made: Item = {
      archived: false,
      redacted: false,
      assetGroup: false,
      properties: [],
      inputs: {},
      ...rest,
      ...(rest.signal === undefined ? {} : { signal: { now: this.now, ...rest.signal } }),
      id,
      parents: [],
      children: [],
    };
    this.items.set(id, made);
    this.#keys.set(id, key);
    if (made.datasource !== undefined && made.dataId !== undefined) {
      this.#byDataId.set(dataKey(made.datasource.id, made.dataId), made);
    }
    if (parent !== undefined) this.place(made, parent);
    return made;
  }

  /** Puts an item below one more asset. */
  place(item: Item, parent: Item): void {
    parent.children.push(item);
    item.parents.push(parent);
  }

  /** Number from which the values of an item are computed. */
  seed(text: string): number {
    return seedOf(`${this.name}\u0000${text}`);
  }

  /** The path by which an item was made, its parts joined by ` >> `. */
  pathOf(item: Item): string {
    return this.#keys.get(item.id) ?? item.name;
  }

  /** Item by id, whatever the case of its letters. */
  find(id: string): Item | undefined {
    return this.items.get(id.toUpperCase());
  }

  /** Item by the key that made its id. */
  findByKey(type: ItemType, key: string): Item | undefined {
    return this.items.get(guidOf(this.name, `${kindOf(type)}:${key}`));
  }

  findByDataId(datasourceClass: string, datasourceId: string, dataId: string): Item | undefined {
    for (const source of this.ofType('Datasource')) {
      if (propertyOf(source, 'Datasource Class') !== datasourceClass) continue;
      if (propertyOf(source, 'Datasource ID') !== datasourceId) continue;
      return this.#byDataId.get(dataKey(source.id, dataId));
    }
    return undefined;
  }

  *ofType(...types: readonly ItemType[]): Iterable<Item> {
    for (const item of this.items.values()) if (types.includes(item.type)) yield item;
  }

  /** Assets at the top of a tree. */
  roots(): Item[] {
    return [...this.ofType('Asset')].filter((item) => item.parents.length === 0 && item.children.length > 0);
  }

  /** The path above an item, root first; along the first parent where it is in several trees. */
  ancestors(item: Item): Item[] {
    const path: Item[] = [];
    for (let at = item.parents[0]; at !== undefined; at = at.parents[0]) path.unshift(at);
    return path;
  }

  /** Everything below an asset, at any depth, each item once. */
  below(asset: Item): Set<Item> {
    const found = new Set<Item>();
    const open = [...asset.children];
    for (let item = open.pop(); item !== undefined; item = open.pop()) {
      if (found.has(item)) continue;
      found.add(item);
      open.push(...item.children);
    }
    return found;
  }
}

/** Value of one of the extra properties of an item. */
export function propertyOf(item: Item, name: string): string | number | boolean | undefined {
  return item.properties.find((property) => property.name === name)?.value;
}

/**
 * The id of an item of a plant, for tests that want to name items without asking.
 * @param plant name of the plant
 * @param path names from the root joined by ` >> `
 * @param kind `item` for what is in a tree; `datasource`, `workbook`, `worksheet`, `folder`
 */
export function plantItemId(plant: string, path: string, kind = 'item'): string {
  return guidOf(plant, `${kind}:${path}`);
}

const OWN_KINDS: Partial<Record<ItemType, string>> = {
  Datasource: 'datasource',
  Folder: 'folder',
  Workbook: 'workbook',
  Worksheet: 'worksheet',
};

function kindOf(type: ItemType): string {
  return OWN_KINDS[type] ?? 'item';
}

function dataKey(datasource: string, dataId: string): string {
  return `${datasource}\u0000${dataId}`;
}
