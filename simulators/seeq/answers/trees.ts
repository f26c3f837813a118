/** Asset trees: the roots, and a node with its children. */
import type { Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import { checkScope, scopeOf } from '../search/scope.ts';
import { itemOf } from './find.ts';
import { DEFAULT_LIMIT, listPage } from './list.ts';
import {
  asText,
  childFlags,
  datasourcePreview,
  parametersOf,
  permissions,
  preview,
  previewWithAssets,
  propertiesOf,
  propertyValues,
  type Models,
} from './shapes.ts';

function nodeOf(item: Item): Models['TreeItemOutputV1'] {
  return {
    ...preview(item),
    ...childFlags(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    ...(item.datasource === undefined ? {} : { datasource: datasourcePreview(item.datasource) }),
    ...(item.scopedTo === undefined ? {} : { scopedTo: item.scopedTo }),
    ...(item.signal?.unit === undefined ? {} : { valueUnitOfMeasure: item.signal.unit }),
    ...(item.assetGroup ? { createdBy: 'reader@example.com', manuallyAdded: 'true' } : {}),
    ...(Object.keys(item.inputs).length === 0 ? {} : { parameters: parametersOf(item) }),
    properties: propertiesOf(item).map((property) => asText(item, property)),
    effectivePermissions: permissions(item),
  };
}

function nodeWithDescendants(item: Item, visible: (item: Item) => boolean): Models['TreeItemOutputV1'] {
  const children = sorted(item.children.filter(visible));
  return {
    ...nodeOf(item),
    ...(children.length === 0 ? {} : { children: children.map((child) => nodeWithDescendants(child, visible)) }),
  };
}

/** Children come by name. [Inferred.] */
function sorted(items: readonly Item[]): Item[] {
  return [...items].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

export const treeHandlers: Handlers = {
  get_tree_root_nodes: ({ server, parameters }) => {
    const { scope, excludeGloballyScoped, properties = [] } = parameters;
    checkScope(server.plant, scope);
    const tests = properties.map(propertyTest);
    const visible = scopeOf(scope, excludeGloballyScoped);
    const roots = server.plant
      .roots()
      .filter((item) => !item.archived && visible(item) && tests.every((test) => test(item)));
    const { part, frame } = listPage(sorted(roots), parameters, '/trees/assets');
    return { body: { ...frame, children: part.map(nodeOf) } };
  },
  get_tree: ({ server, parameters }) => {
    const { id, scope, excludeGloballyScoped, includeDescendants } = parameters;
    checkScope(server.plant, scope);
    const item = itemOf(server.plant, id);
    const inView = scopeOf(scope, excludeGloballyScoped);
    const visible = (child: Item): boolean => !child.archived && inView(child);
    const limit = parameters.limit ?? DEFAULT_LIMIT;
    if (includeDescendants === true && [...server.plant.below(item)].filter(visible).length > limit) {
      throw new SeeqError(
        400,
        `There are more than ${limit} descendants; raise the limit or ask without includeDescendants`,
      );
    }
    const { part, frame } = listPage(sorted(item.children.filter(visible)), parameters, `/trees/assets/${item.id}`);
    const children = part.map((child) =>
      includeDescendants === true ? nodeWithDescendants(child, visible) : nodeOf(child),
    );
    return {
      body: {
        ...frame,
        item: previewWithAssets(server.plant, item),
        children,
        treeType: 'assets',
        ...(item.description === undefined ? {} : { description: item.description }),
      },
    };
  },
};

/** `Property=Value` or `Property!=Value`, case-sensitive. @throws SeeqError 400 */
function propertyTest(text: string): (item: Item) => boolean {
  // At least one character is the name.
  const equals = text.indexOf('=', 1);
  if (equals < 0)
    throw new SeeqError(400, `The entry '${text}' of 'properties' is not Property=Value or Property!=Value`);
  const operator = equals > 1 && text[equals - 1] === '!' ? '!=' : '=';
  const name = text.slice(0, equals + 1 - operator.length);
  const value = text.slice(equals + 1);
  return (item) => {
    const has = propertyValues(item, name).some((one) => String(one) === value);
    return has === (operator === '=');
  };
}
