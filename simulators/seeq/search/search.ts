/** The item search: what to look for, in which order, and one page of the hits. */
import { childFlags, parametersOf, preview, propertiesOf, type Models } from '../answers/shapes.ts';
import { itemOf } from '../answers/find.ts';
import { listPage } from '../answers/list.ts';
import type { Work } from '../algebra/work.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { parseFilters } from './filter.ts';
import { guarded } from './guard.ts';
import { allInOrder, inOrder } from './order.ts';
import { checkScope, scopeOf } from './scope.ts';
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

/** Items that are tested before others have their turn. */
const STEP = 4096;

/** @throws SeeqError 400 or 404 for what cannot be looked for */
export function search(plant: Plant, what: Search): Work<Models['ItemSearchPreviewPaginatedListV1']> {
  const filter = parseFilters(what.filters);
  const types = typesOf(what.types);
  const order = what.order ?? [];
  const below = typeof what.asset === 'string' ? plant.below(itemOf(plant, what.asset)) : undefined;
  checkScope(plant, what.scope);
  const visible = scopeOf(what.scope, filter.excludeGloballyScoped);
  const wanted = (item: Item): boolean =>
    (types === undefined || types.has(item.type)) &&
    (!item.archived || filter.includeUnsearchable) &&
    visible(item) &&
    filter.matches(item);
  return (function* work() {
    let among: Iterable<Item>;
    if (filter.ids !== undefined) {
      const named = new Set(filter.ids.map((id) => plant.find(id)).filter((item) => item !== undefined));
      among = inOrder(
        [...named].filter((item) => below === undefined || below.has(item)),
        order,
      );
    } else among = below === undefined ? allInOrder(plant, order) : inOrder(below, order);
    const hits: Item[] = [];
    const items = among[Symbol.iterator]();
    let next = items.next();
    while (next.done !== true) {
      guarded(() => {
        for (let tested = 0; tested < STEP && next.done !== true; tested += 1) {
          if (wanted(next.value)) hits.push(next.value);
          next = items.next();
        }
      });
      yield;
    }
    const { part, frame, totalResults } = listPage(hits, what, '/items');
    return { ...frame, totalResults, items: part.map((item) => hitOf(plant, item, what.includeProperties ?? [])) };
  })();
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
