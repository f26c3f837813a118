/** Item types as a search names them: exactly, or by the parent type that includes its kinds. */
import { SeeqError } from '../http/errors.ts';
import type { ItemType } from '../plant/item.ts';

const KINDS: ReadonlyMap<string, readonly ItemType[]> = new Map<string, readonly ItemType[]>([
  ['Signal', ['StoredSignal', 'CalculatedSignal']],
  ['Condition', ['StoredCondition', 'CalculatedCondition']],
  ['Scalar', ['LiteralScalar', 'CalculatedScalar']],
  ['CalculatedItem', ['CalculatedSignal', 'CalculatedCondition', 'CalculatedScalar', 'ThresholdMetric']],
  ['Metric', ['ThresholdMetric']],
]);

const EXACT: readonly ItemType[] = [
  'Asset',
  'StoredSignal',
  'CalculatedSignal',
  'StoredCondition',
  'CalculatedCondition',
  'LiteralScalar',
  'CalculatedScalar',
  'ThresholdMetric',
  'Datasource',
  'Folder',
  'Workbook',
  'Worksheet',
];

/** Types that clients ask for and the plant has none of. */
const OTHERS = ['Chart', 'Display', 'DisplayTemplate', 'TableDefinition', 'Report', 'User', 'UserGroup'];

/** Types that live in the workbook part of the server and cannot be searched together with data. */
const DOCUMENTS = ['Folder', 'Workbook', 'Worksheet', 'Report'];

/**
 * The types to look for; undefined for all.
 * @throws SeeqError 400 for an unknown type, and for a mix of data and documents [inferred: some mixes are refused,
 * which ones is not public]
 */
export function typesOf(names: readonly string[] | null | undefined): ReadonlySet<ItemType> | undefined {
  if (!names || names.length === 0) return undefined;
  const wanted = new Set<ItemType>();
  for (const name of names) {
    const exact = EXACT.find((type) => type === name);
    const kinds = exact === undefined ? KINDS.get(name) : [exact];
    if (kinds === undefined && !OTHERS.includes(name)) throw new SeeqError(400, `Unknown item type '${name}'`);
    for (const kind of kinds ?? []) wanted.add(kind);
  }
  const documents = names.filter((name) => DOCUMENTS.includes(name)).length;
  if (documents > 0 && documents < names.length) {
    throw new SeeqError(400, `The types ${names.join(', ')} cannot be searched together; search for them one by one`);
  }
  return wanted;
}
