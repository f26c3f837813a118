/** Items of any type: search, one with all properties, one property, and what depends on what. */
import type { Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { scopeOf } from '../search/scope.ts';
import { hitOf, search } from '../search/search.ts';
import { typesOf } from '../search/types.ts';
import { itemOf, ofType } from './find.ts';
import { listPage } from './list.ts';
import {
  asText,
  datasourcePreview,
  permissions,
  preview,
  previewWithAssets,
  propertiesOf,
  type Models,
} from './shapes.ts';

function whole(item: Item): Models['ItemOutputV1'] {
  return {
    ...preview(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    ...(item.datasource === undefined ? {} : { datasource: datasourcePreview(item.datasource) }),
    ...(item.scopedTo === undefined ? {} : { scopedTo: item.scopedTo }),
    cached: false,
    effectivePermissions: permissions(item),
    properties: propertiesOf(item).map((property) => asText(item, property)),
  };
}

/**
 * What refers to an item: calculations and metrics. [Inferred: the vendor's list may hold worksheets too, of which the
 * simulated ones show nothing.]
 */
function usagesOf(plant: Plant, item: Item): Item[] {
  const metrics = [...plant.ofType('ThresholdMetric')].filter((metric) => metric.metric?.measured === item);
  return [...dependentsOf(plant, item), ...metrics];
}

/** The leaves below an asset, those of one name as one entry with their number. */
function namesBelow(plant: Plant, asset: Item, types: readonly string[], filter: string | undefined) {
  const wanted = typesOf(types);
  const text = filter?.toLowerCase() ?? '';
  const names = new Map<string, { name: string; count: number; types: string[] }>();
  for (const item of plant.below(asset)) {
    if (item.archived || item.children.length > 0 || (wanted !== undefined && !wanted.has(item.type))) continue;
    if (!item.name.toLowerCase().includes(text)) continue;
    const entry = names.get(item.name) ?? { name: item.name, count: 0, types: [] };
    entry.count += 1;
    if (!entry.types.includes(item.type)) entry.types.push(item.type);
    names.set(item.name, entry);
  }
  return [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Items that use this one in their formula. */
function dependentsOf(plant: Plant, item: Item): Item[] {
  return [...plant.items.values()].filter((other) => Object.values(other.inputs).includes(item));
}

/** All inputs of an item, direct and indirect, each with the items that it is an input of. */
function dependenciesOf(plant: Plant, item: Item): Models['ItemParameterOfOutputV1'][] {
  const users = new Map<Item, Set<Item>>();
  const open = [item];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    for (const input of Object.values(at.inputs)) {
      const known = users.get(input);
      if (known === undefined) open.push(input);
      users.set(input, (known ?? new Set<Item>()).add(at));
    }
  }
  return [...users].map(([input, of]) => ({
    ...previewWithAssets(plant, input),
    parameterOf: [...of].map((user) => previewWithAssets(plant, user)),
  }));
}

export const itemHandlers: Handlers = {
  search_items: ({ server, parameters }) => ({
    work: search(server.plant, { ...parameters, order: parameters.orderBy ?? [] }),
  }),
  search_items_post: ({ server, body }) => ({
    work: search(server.plant, { ...body, order: body.orderByFields ?? [] }),
  }),
  get_item_and_all_properties: ({ server, parameters }) => ({ body: whole(itemOf(server.plant, parameters.id)) }),
  get_item_preview: ({ server, parameters }) => ({
    body: hitOf(server.plant, itemOf(server.plant, parameters.id), parameters.includeProperties ?? []),
  }),
  get_property: ({ server, parameters }) => {
    const item = itemOf(server.plant, parameters.id);
    const property = propertiesOf(item).find((candidate) => candidate.name === parameters.propertyName);
    if (property === undefined) {
      throw new SeeqError(404, `The item with ID ${item.id} has no property '${parameters.propertyName}'`);
    }
    return { body: asText(item, property) };
  },
  get_formula_dependencies: ({ server, parameters }) => {
    const item = itemOf(server.plant, parameters.id);
    return { body: { ...previewWithAssets(server.plant, item), dependencies: dependenciesOf(server.plant, item) } };
  },
  get_formula_dependents: ({ server, parameters }) => {
    const item = itemOf(server.plant, parameters.id);
    const { part, frame, totalResults } = listPage(
      dependentsOf(server.plant, item),
      parameters,
      `/items/${item.id}/dependents`,
    );
    return { body: { ...frame, totalResults, items: part.map(preview) } };
  },
  get_item_usages: ({ server, parameters }) => {
    const item = itemOf(server.plant, parameters.id);
    const all = usagesOf(server.plant, item).filter(scopeOf(parameters.scope));
    const { part, frame, totalResults } = listPage(all, parameters, `/items/${item.id}/usages`);
    return { body: { ...frame, totalResults, items: part.map(preview) } };
  },
  get_asset_children_by_name: ({ server, parameters }) => {
    const asset = ofType(server.plant, parameters.asset, 'Asset');
    const all = namesBelow(server.plant, asset, parameters.types, parameters.filter);
    const { part, frame, totalResults } = listPage(all, parameters, '/items/asset-children-by-name');
    return { body: { ...frame, totalResults, items: part } };
  },
};
