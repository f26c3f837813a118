/** The item search: what to look for, in which order, and one page of the hits. */
import { childFlags, parametersOf, preview, propertiesOf, type Models } from '../answers/shapes.ts';
import { itemOf } from '../answers/find.ts';
import { listPage } from '../answers/list.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { parseFilters } from './filter.ts';
import { inScope } from './scope.ts';
import { typesOf } from './types.ts';

export interface Search {
  readonly filters?: readonly string[] | null;
  readonly scope?: readonly string[] | null;
  readonly asset?: string | null;
  readonly types?: readonly string[] | null;
  readonly includeProperties?: readonly string[] | null;
  readonly offset?: number | null;
  readonly limit?: number | null;
  readonly order?: readonly string[] | null;
}

/** @throws SeeqError 400 or 404 for what cannot be looked for */
export function search(plant: Plant, what: Search): Models['ItemSearchPreviewPaginatedListV1'] {
  const filter = parseFilters(what.filters);
  const types = typesOf(what.types);
  const within = typeof what.asset === 'string' ? plant.below(itemOf(plant, what.asset)) : plant.items.values();
  const hits: Item[] = [];
  for (const item of within) {
    if (types !== undefined && !types.has(item.type)) continue;
    if (item.archived && !filter.includeUnsearchable) continue;
    if (!inScope(item, what.scope, filter.excludeGloballyScoped)) continue;
    if (filter.matches(item)) hits.push(item);
  }
  const { part, frame, totalResults } = listPage(ordered(hits, what.order ?? []), what, '/items');
  return { ...frame, totalResults, items: part.map((item) => hitOf(plant, item, what.includeProperties ?? [])) };
}

function ordered(hits: Item[], order: readonly string[]): Item[] {
  if (order.length === 0) return hits;
  const keyOf = (item: Item, field: string): string => {
    if (field === 'ID') return item.id;
    if (field === 'Name') return item.name;
    if (field === 'Description') return item.description ?? '';
    return String(propertiesOf(item).find((property) => property.name === field)?.value ?? '');
  };
  return hits
    .map((item) => ({ item, keys: order.map((field) => keyOf(item, field.split(/\s/)[0] ?? field)) }))
    .sort((a, b) => compare(a.keys, b.keys))
    .map(({ item }) => item);
}

function compare(a: readonly string[], b: readonly string[]): number {
  for (const [at, key] of a.entries()) {
    const other = b[at] ?? '';
    if (key !== other) return key < other ? -1 : 1;
  }
  return 0;
}

/** One item in the shape of a search hit. */
export function hitOf(plant: Plant, item: Item, includeProperties: readonly string[]): Models['ItemSearchPreviewV1'] {
  return {
    ...preview(item),
    ...childFlags(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    isAssetGroupItem: item.assetGroup,
    ancestors: plant.ancestors(item).map(preview),
    ...(item.datasource === undefined ? {} : { datasource: preview(item.datasource) }),
    ...(item.signal?.unit === undefined ? {} : { valueUnitOfMeasure: item.signal.unit }),
    ...(item.signal?.sourceUnit === undefined ? {} : { sourceValueUnitOfMeasure: item.signal.sourceUnit }),
    ...(Object.keys(item.inputs).length === 0 ? {} : { parameters: parametersOf(item) }),
    ...(includeProperties.length === 0 ? {} : { includedProperties: included(item, includeProperties) }),
  };
}

function included(item: Item, names: readonly string[]): Record<string, Models['ScalarPropertyV1']> {
  const all = names.includes('@allProperties');
  const wanted = propertiesOf(item).filter((property) => all || names.includes(property.name));
  return Object.fromEntries(wanted.map((property) => [property.name, property]));
}
