/** Whether an item belongs to what a caller asks for: some workbooks, the global items, or both. */
import { EMPTY_GUID } from '../plant/guid.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';

/**
 * Without scope everything is in view, whatever workbook it belongs to; so the vendor's own client asks for "all
 * workbooks". With workbooks: the global items and theirs. The empty GUID in the scope means global items only.
 */
export function scopeOf(scope: readonly string[] | null | undefined, excludeGlobal = false): (item: Item) => boolean {
  const wanted = new Set((scope ?? []).map((id) => id.toUpperCase()));
  const globalOnly = wanted.has(EMPTY_GUID);
  return ({ scopedTo }) => {
    if (scopedTo === undefined) return !excludeGlobal;
    return wanted.size === 0 || (!globalOnly && wanted.has(scopedTo));
  };
}

/** The workbooks of a scope must exist, attested. @throws SeeqError 404 [the status is inferred] */
export function checkScope(plant: Plant, scope: readonly string[] | null | undefined): void {
  for (const id of scope ?? []) {
    if (id.toUpperCase() !== EMPTY_GUID && plant.find(id)?.type !== 'Workbook') {
      throw new SeeqError(404, `The workbook with ID ${id} of the scope could not be found`);
    }
  }
}
