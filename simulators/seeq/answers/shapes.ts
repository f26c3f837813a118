/** Items of the plant in the shapes in which the API shows them. */
import type { components } from '../../../src/sources/seeq/seeq-api.generated.ts';
import type { Item } from '../plant/item.ts';
import { propertyOf, type Plant } from '../plant/plant.ts';
import { formatDuration } from '../series/time.ts';

export type Models = components['schemas'];

export function preview(item: Item): Models['ItemPreviewV1'] {
  return { id: item.id, name: item.name, type: item.type, isArchived: item.archived, isRedacted: item.redacted };
}

export function previewWithAssets(plant: Plant, item: Item): Models['ItemPreviewWithAssetsV1'] {
  return { ...preview(item), ancestors: plant.ancestors(item).map(preview), ...childFlags(item) };
}

export function childFlags(item: Item): { hasChildren: boolean; hasActiveChildren: boolean } {
  // Only assets have children in a tree; those of a workbook or a folder are listed elsewhere.
  const children = item.type === 'Asset' ? item.children : [];
  return { hasChildren: children.length > 0, hasActiveChildren: children.some((child) => !child.archived) };
}

export function datasourcePreview(item: Item): Models['DatasourcePreviewV1'] {
  return {
    ...preview(item),
    datasourceClass: String(propertyOf(item, 'Datasource Class') ?? ''),
    datasourceId: String(propertyOf(item, 'Datasource ID') ?? ''),
  };
}

export function permissions(item: Item): Models['PermissionsV1'] {
  return { read: !item.redacted, write: false, manage: false };
}

/** Members that signals, conditions, assets and scalars have in common. */
export function common(item: Item): Omit<Models['AssetOutputV1'], 'permissionsFromDatasource'> & { id: string } {
  return {
    ...preview(item),
    ...(item.description === undefined ? {} : { description: item.description }),
    ...(item.scopedTo === undefined ? {} : { scopedTo: item.scopedTo }),
    ...sourceOf(item),
    effectivePermissions: permissions(item),
    additionalProperties: item.properties.map((property) => typed(property.name, property.value, property.unit)),
  };
}

export function sourceOf(item: Item): { datasourceClass?: string; datasourceId?: string; dataId?: string } {
  if (item.datasource === undefined) return {};
  const { datasourceClass, datasourceId } = datasourcePreview(item.datasource);
  return {
    ...(typeof datasourceClass === 'string' ? { datasourceClass } : {}),
    ...(typeof datasourceId === 'string' ? { datasourceId } : {}),
    ...(item.dataId === undefined ? {} : { dataId: item.dataId }),
  };
}

export function formulaOf(item: Item): { formula?: string; parameters?: Models['FormulaParameterOutputV1'][] } {
  if (item.formula === undefined) return {};
  return { formula: item.formula, parameters: parametersOf(item) };
}

export function parametersOf(item: Item): Models['FormulaParameterOutputV1'][] {
  return Object.entries(item.inputs).map(([name, input]) => ({ name, unbound: false, item: preview(input) }));
}

export function typed(name: string, value: string | number | boolean, unit?: string): Models['ScalarPropertyV1'] {
  return { name, value, ...(unit === undefined ? {} : { unitOfMeasure: unit }) };
}

/**
 * All properties of an item by name, as `/items/{id}` and `includeProperties` give them.
 *
 * The names of the identity, the units and the maximum duration are attested; `Interpolation Method`, `Maximum
 * Interpolation` and `Formula` are inferred from the members of the same meaning.
 */
export function propertiesOf(item: Item): Models['ScalarPropertyV1'][] {
  const list: Models['ScalarPropertyV1'][] = [];
  for (const [name, read] of OWN_PROPERTIES) {
    const value = read(item);
    if (value !== undefined) list.push(typed(name, value));
  }
  for (const property of item.properties) list.push(typed(property.name, property.value, property.unit));
  return list;
}

/** The values of the properties of one name; the same as from all properties, but without making them all. */
export function propertyValues(item: Item, name: string): PropertyValue[] {
  const own = OWN_PROPERTIES.get(name)?.(item);
  const further = item.properties.filter((property) => property.name === name).map(({ value }) => value);
  return own === undefined ? further : [own, ...further];
}

type PropertyValue = string | number | boolean;

const DOCUMENTS: readonly string[] = ['Workbook', 'Worksheet'];

/** Of the last time at which a connector looked for changes. */
const SYNC_TOKEN = '2026-01-01T00:00:00Z';

const OWN_PROPERTIES: ReadonlyMap<string, (item: Item) => PropertyValue | undefined> = new Map([
  // The vendor's client takes the id of a document from it.
  ['ID', (item) => (DOCUMENTS.includes(item.type) ? item.id : undefined)],
  ['Name', (item) => item.name],
  ['Description', (item) => item.description],
  ['Datasource Class', (item) => ofSource(item, 'Datasource Class')],
  ['Datasource ID', (item) => ofSource(item, 'Datasource ID')],
  ['Data ID', (item) => (item.datasource === undefined ? undefined : item.dataId)],
  ['Archived', (item) => item.archived],
  ['Formula', (item) => item.formula],
  ['Interpolation Method', (item) => item.signal?.interpolation],
  ['Maximum Interpolation', maxInterpolationOf],
  ['Value Unit Of Measure', (item) => item.signal?.unit],
  ['Source Value Unit Of Measure', (item) => item.signal?.sourceUnit ?? item.signal?.unit],
  ['Source Maximum Interpolation', (item) => (item.type === 'StoredSignal' ? maxInterpolationOf(item) : undefined)],
  ['Maximum Duration', (item) => durationText(item.condition?.maxDuration)],
  // Attested are the names: of what came through a connector, and of what is calculated.
  ['Sync Token', (item) => (item.datasource === undefined ? undefined : SYNC_TOKEN)],
  ['Cache Enabled', (item) => (item.type.startsWith('Calculated') ? true : undefined)],
] as const satisfies readonly (readonly [string, (item: Item) => PropertyValue | undefined])[]);

function ofSource(item: Item, name: string): PropertyValue | undefined {
  return item.datasource === undefined ? undefined : propertyOf(item.datasource, name);
}

export function maxInterpolationOf(item: Item): string | undefined {
  return item.maxInterpolationText ?? durationText(item.signal?.maxInterpolation);
}

function durationText(duration: bigint | undefined): string | undefined {
  return duration === undefined ? undefined : formatDuration(duration);
}

/** A property as `/items/{id}` gives it: its value is text. */
export function asText(item: Item, property: Models['ScalarPropertyV1']): Models['PropertyOutputV1'] {
  return {
    href: `/api/items/${item.id}/properties/${encodeURIComponent(property.name)}`,
    name: property.name,
    value: String(property.value),
    ...(typeof property.unitOfMeasure === 'string' ? { unitOfMeasure: property.unitOfMeasure } : {}),
  };
}
