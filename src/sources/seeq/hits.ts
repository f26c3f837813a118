/** Seeq's items in the words of the contract. */
import type { Fqn } from '../../contract/fqn.ts';
import type { ScalarValue } from '../../contract/values.ts';
import type { Attribute, Found } from '../source.ts';
import type { components } from './seeq-api.generated.ts';

type Schemas = components['schemas'];
type Hit = Schemas['ItemSearchPreviewV1'];
type TreeItem = Schemas['TreeItemOutputV1'];

/** Properties that every search asks for, since the contract shows them. */
export const SHOWN_PROPERTIES = ['Interpolation Method', 'Value Unit Of Measure'];

/** Kinds of the contract by Seeq's item types; stored and calculated ones differ only in where they come from. */
export function kindOf(type: string): Fqn['kind'] | undefined {
  if (type.endsWith('Signal')) return 'signal';
  if (type.endsWith('Scalar')) return 'scalar';
  if (type.endsWith('Condition')) return 'condition';
  if (type === 'Asset') return 'asset';
  return undefined;
}

/** A search hit. */
export function toFound(hit: Hit, wanted: string[] | 'all' | undefined): Found {
  const properties = hit.includedProperties ?? {};
  const found: Found = {
    id: hit.id,
    name: hit.name,
    path: (hit.ancestors ?? []).map(({ name }) => name),
    hasChildren: hit.hasChildren ?? false,
  };
  if (hit.description) found.description = hit.description;
  const unit = hit.valueUnitOfMeasure ?? textOf(properties['Value Unit Of Measure']?.value);
  if (unit) {
    // For string signals Seeq puts the word "string" in the place of the unit.
    if (unit === 'string') found.valueType = 'string';
    else found.unit = unit;
  }
  const interpolation = textOf(properties['Interpolation Method']?.value);
  if (interpolation) found.interpolation = interpolation;
  if (hit.datasource) found.datasource = hit.datasource.name;
  if (wanted !== undefined) {
    found.properties = {};
    for (const [name, property] of Object.entries(properties)) {
      if (wanted === 'all' || wanted.includes(name)) found.properties[name] = propertyValue(property);
    }
  }
  return found;
}

/** An asset among the children of a tree node. */
export function toFoundChild(child: TreeItem, path: string[]): Found {
  return {
    id: child.id,
    name: child.name,
    path,
    hasChildren: child.hasChildren ?? false,
    ...(child.description ? { description: child.description } : {}),
  };
}

/** A child that is no asset; undefined for types that the contract has no word for. */
export function toAttribute(child: TreeItem, host: string): Attribute | undefined {
  const kind = kindOf(child.type);
  if (kind === undefined || kind === 'asset') return undefined;
  const unit = child.valueUnitOfMeasure;
  return {
    name: child.name,
    type: kind === 'signal' ? 'tag' : kind === 'scalar' ? 'scalar' : 'timeframes',
    fqn: { scheme: 'seeq', host, kind, id: child.id },
    ...(child.description ? { description: child.description } : {}),
    ...(unit && unit !== 'string' ? { unit } : {}),
  };
}

/** A property with its typed value. */
export function propertyValue(property: { value?: unknown; unitOfMeasure?: string | null }): {
  value: ScalarValue;
  unit?: string;
} {
  const unit = property.unitOfMeasure;
  return { value: scalarOf(property.value), ...(unit && unit !== 'string' ? { unit } : {}) };
}

/** Anything that JSON can hold, as a value of the contract; structures become their JSON text. */
export function scalarOf(value: unknown): ScalarValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
