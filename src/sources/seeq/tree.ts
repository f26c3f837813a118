/** Assets, their children and their properties. */
import { DriverError } from '../../contract/errors.ts';
import type { Fqn } from '../../contract/fqn.ts';
import type { Attribute, Children, Found, PropertyValue, SourceCall } from '../source.ts';
import { scalarOf, toAttribute, toFoundChild } from './hits.ts';
import type { components } from './seeq-api.generated.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';

type Tree = components['schemas']['AssetTreeOutputV1'];

const PAGE = 1000;

/**
 * All children of an asset, or the roots of all trees.
 * @param scope id of a workbook: only what is scoped to it or to none
 */
export async function children(
  server: SeeqServer,
  assetId: string | undefined,
  call: SourceCall,
  scope?: string,
): Promise<Children> {
  const all: Children = { assets: [], attributes: [] };
  for (let offset = 0; ;) {
    const page = await treePage(
      server,
      assetId,
      { offset, limit: PAGE, ...(scope === undefined ? {} : { scope: [scope] }) },
      call,
    );
    all.assets.push(...page.assets);
    all.attributes.push(...page.attributes);
    if (!page.full) return all;
    offset += page.count;
  }
}

/** Name and properties of any item. */
export async function properties(
  server: SeeqServer,
  id: string,
  call: SourceCall,
): Promise<{ name: string; properties: PropertyValue[] }> {
  return server.askFor(
    call,
    (client, signal) => client.GET('/items/{id}', { params: { path: { id } }, signal }),
    (item) => ({ name: item.name, properties: item.properties.map(toPropertyValue) }),
    { share: shareKey('item', id) },
  );
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

interface TreeQuery {
  offset: number;
  limit: number;
  scope?: string[];
}

function treePage(server: SeeqServer, id: string | undefined, query: TreeQuery, call: SourceCall) {
  const operation: Operation<Tree> = (client, signal) =>
    id === undefined
      ? client.GET('/trees/assets', { params: { query }, signal })
      : client.GET('/trees/assets/{id}', { params: { path: { id }, query }, signal });
  return server.askFor(call, operation, (tree) => decodeTree(tree, server.name), {
    share: shareKey('tree', id, query),
  });
}

/** The children on one page; it is full when more may follow. */
function decodeTree({ item: parent, children: page, limit }: Tree, host: string) {
  const items = page ?? [];
  const path = parent ? [...(parent.ancestors ?? []).map(({ name }) => name), parent.name] : [];
  const assets: Found[] = [];
  const attributes: Attribute[] = [];
  for (const item of items) {
    if (item.isArchived) continue;
    if (item.type === 'Asset') assets.push(toFoundChild(item, path));
    else {
      const attribute = toAttribute(item, host);
      if (attribute) attributes.push(attribute);
    }
  }
  const full = items.length > 0 && items.length >= Math.min(PAGE, limit ?? PAGE);
  return { assets, attributes, full, count: items.length };
}
