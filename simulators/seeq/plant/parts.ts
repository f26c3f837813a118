import type { Item } from './item.ts';
import type { Plant } from './plant.ts';

/** What those who build the parts of a plant share. */
export interface PlantParts {
  readonly plant: Plant;
  /** Data source of the cooling towers. */
  readonly example: Item;
  /** Data source of the special cases. */
  readonly special: Item;
  /** Data source of the packaging lines. */
  readonly historian: Item;
}
