/** Assets, their children and their properties. */
import { DriverError } from '../../contract/errors.ts';
import type { Fqn } from '../../contract/fqn.ts';
import type { Attribute, Children, PropertyValue, SourceCall } from '../source.ts';
import { scalarOf, toAttribute, toFoundChild } from './hits.ts';
import type { components } from './seeq-api.generated.ts';
import type { SeeqServer } from './server.ts';

type Tree = components['schemas']['AssetTreeOutputV1'];
type TreeItem = components['schemas']['TreeItemOutputV1'];

const PAGE = 1000;

/** All children of an asset, or the roots of all trees. */
export async function children(server: SeeqServer, assetId: string | undefined, call: SourceCall): Promise<Children> {
  const { items, path } = await treeItems(server, assetId, call);
  const attributes: Attribute[] = [];
  const assets = [];
  for (const item of items) {
    if (item.isArchived) continue;
    if (item.type === 'Asset') assets.push(toFoundChild(item, path));
    else {
      const attribute = toAttribute(item, server.name);
      if (attribute) attributes.push(attribute);
    }
  }
  return { assets, attributes };
}

/** Name and properties of any item. */
export async function properties(
  server: SeeqServer,
  id: string,
  call: SourceCall,
): Promise<{ name: string; properties: PropertyValue[] }> {
  const item = await server.ask(call, (client, signal) =>
    client.GET('/items/{id}', { params: { path: { id } }, signal }),
  );
  return { name: item.name, properties: item.properties.map(toPropertyValue) };
}

/** The item behind an attribute of an asset, found by its name. */
export async function resolveAttribute(server: SeeqServer, fqn: Fqn, call: SourceCall): Promise<Attribute> {
  const name = fqn.part?.name ?? '';
  const { attributes } = await children(server, fqn.id, call);
  const [first, second] = attributes.filter((attribute) => attribute.name === name);
  if (first === undefined) {
    throw new DriverError('notFound', `The asset has no attribute ${JSON.stringify(name)} on server "${server.name}".`);
  }
  if (second !== undefined) {
    throw new DriverError(
      'badRequest',
      `The asset has several attributes ${JSON.stringify(name)} on server "${server.name}"; ` +
        'use the FQN of the item that you mean.',
    );
  }
  return first;
}

/**
 * A property as `/items` gives it. Its value is always text there; a text that is a number and has a unit is taken as
 * the number that it was.
 */
function toPropertyValue(property: { name: string; value?: unknown; unitOfMeasure?: string | null }): PropertyValue {
  const unit = property.unitOfMeasure && property.unitOfMeasure !== 'string' ? property.unitOfMeasure : undefined;
  const value = scalarOf(property.value);
  const number = typeof value === 'string' && /^-?\d/.test(value) ? Number(value) : NaN;
  return {
    name: property.name,
    value: unit !== undefined && Number.isFinite(number) ? number : value,
    ...(unit === undefined ? {} : { unit }),
  };
}

async function treeItems(server: SeeqServer, assetId: string | undefined, call: SourceCall) {
  const items: TreeItem[] = [];
  let path: string[] = [];
  for (;;) {
    const tree = await treePage(server, assetId, items.length, call);
    const page = tree.children ?? [];
    items.push(...page);
    if (tree.item) path = [...(tree.item.ancestors ?? []).map(({ name }) => name), tree.item.name];
    if (page.length < Math.min(PAGE, tree.limit ?? PAGE) || page.length === 0) return { items, path };
  }
}

function treePage(server: SeeqServer, id: string | undefined, offset: number, call: SourceCall): Promise<Tree> {
  const query = { offset, limit: PAGE };
  return server.ask(call, (client, signal) =>
    id === undefined
      ? client.GET('/trees/assets', { params: { query }, signal })
      : client.GET('/trees/assets/{id}', { params: { path: { id }, query }, signal }),
  );
}
