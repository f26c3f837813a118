/** Assets with their children, as items of an answer. */
import { toDriverError } from '../../contract/errors.ts';
import { formatFqn } from '../../contract/fqn.ts';
import type { z } from 'zod';
import type { attributeSchema } from '../../contract/functions/search.ts';
import { type Attribute, type FoundItem, isReadable, isUnreadable } from '../../sources/source.ts';
import { abilityOf } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import type { Host } from '../hosts.ts';
import { failUnreadable, foundItem } from './pages.ts';

type AttributeItem = z.infer<typeof attributeSchema>;
/** Which parts of an asset to include. */
export interface AssetView {
  include: readonly ('attributes' | 'properties')[];
  /** Id of a workbook: items scoped to others are left out. */
  scope?: string | undefined;
}

/**
 * Prepares the item of an asset, and resolves with a function that emits it. Attributes and properties need further
 * calls and are read only if requested. An asset whose calls fail becomes a failed item and does not affect the others.
 * @param location where it was found, when browsing
 */
export async function prepareAsset(
  found: FoundItem,
  host: Host,
  view: AssetView,
  context: RequestContext,
  location: object = {},
): Promise<() => Promise<void> | undefined> {
  const item = { ...foundItem(found, 'asset', host), hasChildren: found.hasChildren, ...location };
  if (view.include.length === 0) return () => context.emitFound(item);
  return context.prepare(
    { host: host.source.name, fqn: item.fqn },
    async () => ({ ...item, attributes: await allAttributes(found, host, view, context) }),
    host,
  );
}

async function allAttributes(found: FoundItem, host: Host, { include, scope }: AssetView, context: RequestContext) {
  const [attributes, properties] = await Promise.all([
    include.includes('attributes') ? attributesOf(found.id, host, scope, context) : [],
    include.includes('properties') ? propertiesOf(found.id, host, context) : [],
  ]);
  return [...attributes, ...properties];
}

async function attributesOf(
  assetId: string,
  host: Host,
  scope: string | undefined,
  context: RequestContext,
): Promise<AttributeItem[]> {
  const { attributes } = await abilityOf(host, 'assets').children(assetId, context.callTo(host), scope);
  for (const odd of attributes.filter(isUnreadable)) await failUnreadable(odd, undefined, host, context);
  return Promise.all(
    attributes.filter(isReadable).map((attribute) => attributeItem(attribute, assetId, host, context)),
  );
}

async function attributeItem(
  { fqn, ...shown }: Attribute,
  assetId: string,
  host: Host,
  context: RequestContext,
): Promise<AttributeItem> {
  const { scheme, name } = host.source;
  const part = { type: 'attribute', name: shown.name } as const;
  const item: AttributeItem = {
    ...shown,
    fqn: formatFqn(fqn),
    attributeFqn: formatFqn({ scheme, host: name, kind: 'asset', id: assetId, part }),
  };
  if (shown.type !== 'scalar') return item;
  // A scalar is static metadata, so its value belongs to the attribute itself.
  try {
    const { value, unit } = await abilityOf(host, 'snapshot').snapshot(fqn, context.now, context.callTo(host));
    return { ...item, value, ...(unit === undefined ? {} : { unit }) };
  } catch (thrown) {
    if (context.signal.aborted) throw thrown;
    // An unreadable scalar must not hide the asset.
    return { ...item, error: toDriverError(thrown).toBody() };
  }
}

async function propertiesOf(assetId: string, host: Host, context: RequestContext): Promise<AttributeItem[]> {
  const { scheme, name } = host.source;
  const { properties, unreadable = [] } = await abilityOf(host, 'assets').properties(assetId, context.callTo(host));
  const fqn = formatFqn({ scheme, host: name, kind: 'asset', id: assetId });
  for (const error of unreadable) await context.part({ host: name, fqn }, () => Promise.reject(error));
  return properties.map(({ unusable: _, ...property }) => {
    const part = { type: 'property', name: property.name } as const;
    return { ...property, type: 'property', fqn: formatFqn({ scheme, host: name, kind: 'asset', id: assetId, part }) };
  });
}
