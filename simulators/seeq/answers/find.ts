/** Items that a request names by id, with the refusals for those that are not there or not allowed. */
import { SeeqError } from '../http/errors.ts';
import type { Item, ItemType } from '../plant/item.ts';
import { propertyOf, type Plant } from '../plant/plant.ts';

/** @throws SeeqError 404 [inferred] */
export function itemOf(plant: Plant, id: string): Item {
  const item = plant.find(id);
  if (item === undefined) throw new SeeqError(404, `The item with ID ${id} could not be found`);
  return item;
}

/** An item that has this part; the caller may read it. @throws SeeqError 404, or 403 for a redacted one [inferred] */
export function readable<Part extends 'signal' | 'condition' | 'scalar' | 'metric'>(
  plant: Plant,
  id: string,
  part: Part,
): Item & Required<Pick<Item, Part>> {
  const item = itemOf(plant, id);
  if (item[part] === undefined)
    throw new SeeqError(404, `The item with ID ${id} is not a ${part}, but of type ${item.type}`);
  if (item.redacted) throw new SeeqError(403, `You have no permission to read the item with ID ${id}`);
  return item as Item & Required<Pick<Item, Part>>;
}

/** An item of this type. @throws SeeqError 404 [inferred] */
export function ofType(plant: Plant, id: string, type: ItemType): Item {
  const item = itemOf(plant, id);
  if (item.type !== type) throw new SeeqError(404, `The item with ID ${id} is not of type ${type}, but ${item.type}`);
  return item;
}

/**
 * The data of an item, and of what it is calculated from, can be read.
 * @throws SeeqError 400 with the vendor's words [the status is inferred]
 */
export function checkOnline(plant: Plant, item: Item): void {
  const offline = plant.offline();
  if (offline === '') return;
  const source = item.datasource;
  if (source !== undefined && propertyOf(source, 'Datasource ID') === offline) {
    const of = String(propertyOf(source, 'Datasource Class') ?? '');
    throw new SeeqError(400, `Connection to '${of}: ${offline}' is offline`);
  }
  for (const input of Object.values(item.inputs)) checkOnline(plant, input);
}
