/** Item ids: GUIDs in upper case, derived from the name of the plant and a path, so that they never change. */
import { createHash } from 'node:crypto';

/** The id that means "global items only" in a search scope. */
export const EMPTY_GUID = '00000000-0000-0000-0000-000000000000';

/**
 * The id of an item.
 * @param plant name of the plant (option `--name`)
 * @param path kind and place, for example `item:Example >> Cooling Tower 1 >> Area A >> Temperature`
 */
export function guidOf(plant: string, path: string): string {
  const hex = createHash('sha256').update(`${plant}\u0000${path}`).digest('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
}
