/** Whether an item belongs to what a caller asks for: some workbooks, the global items, or both. */
import { EMPTY_GUID } from '../plant/guid.ts';
import type { Item } from '../plant/item.ts';

/**
 * Without scope everything is in view, whatever workbook it belongs to; so the vendor's own client asks for "all
 * workbooks". With workbooks: the global items and theirs. The empty GUID in the scope means global items only.
 */
export function inScope(item: Item, scope: readonly string[] | null | undefined, excludeGlobal = false): boolean {
  if (item.scopedTo === undefined) return !excludeGlobal;
  const wanted = (scope ?? []).map((id) => id.toUpperCase());
  if (wanted.length === 0) return true;
  return !wanted.includes(EMPTY_GUID) && wanted.includes(item.scopedTo);
}
