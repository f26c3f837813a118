/** Whether an item belongs to what a caller asks for: some workbooks, the global items, or both. */
import { EMPTY_GUID } from '../plant/guid.ts';
import type { Item } from '../plant/item.ts';

/**
 * Without scope only global items are in view. [Inferred: a client has to pass the scope to find what belongs to a
 * workbook.] The empty GUID in the scope means global items only.
 */
export function inScope(item: Item, scope: readonly string[] | null | undefined, excludeGlobal = false): boolean {
  if (item.scopedTo === undefined) return !excludeGlobal;
  const wanted = (scope ?? []).map((id) => id.toUpperCase());
  return !wanted.includes(EMPTY_GUID) && wanted.includes(item.scopedTo);
}
