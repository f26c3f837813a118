/** Items of the plant in the shapes in which the API shows them. */
import type { components } from '../../../../src/sources/seeq/seeq-api.generated.ts';
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
  const list: Models['ScalarPropertyV1'][] = [typed('Name', item.name)];
  const add = (name: string, value: string | number | boolean | undefined, unit?: string): void => {
    if (value !== undefined) list.push(typed(name, value, unit));
  };
  const source = sourceOf(item);
  add('Description', item.description);
  add('Datasource Class', source.datasourceClass);
  add('Datasource ID', source.datasourceId);
  add('Data ID', source.dataId);
  add('Archived', item.archived);
  add('Formula', item.formula);
  if (item.signal !== undefined) {
    add('Interpolation Method', item.signal.interpolation);
    add('Maximum Interpolation', formatDuration(item.signal.maxInterpolation));
    add('Value Unit Of Measure', item.signal.unit);
    add('Source Value Unit Of Measure', item.signal.sourceUnit ?? item.signal.unit);
  }
  if (item.condition?.maxDuration !== undefined) add('Maximum Duration', formatDuration(item.condition.maxDuration));
  for (const property of item.properties) add(property.name, property.value, property.unit);
  return list;
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
