/**
 * Items in the order of some of their properties. All items of a plant are put in an order once and remembered, since
 * clients read page after page of the same search.
 */
import { propertyValues } from '../answers/shapes.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';

interface Remembered {
  /** Number of items when it was made; the plant only grows. */
  readonly size: number;
  readonly items: readonly Item[];
}

const MOST_REMEMBERED = 8;
const remembered = new WeakMap<Plant, Map<string, Remembered>>();

/** All items of the plant in this order; in that of their making without one. */
export function allInOrder(plant: Plant, order: readonly string[]): Iterable<Item> {
  if (order.length === 0) return plant.items.values();
  const key = JSON.stringify(order);
  const orders = remembered.get(plant) ?? new Map<string, Remembered>();
  remembered.set(plant, orders);
  const known = orders.get(key);
  if (known?.size === plant.items.size) return known.items;
  const made = { size: plant.items.size, items: inOrder(plant.items.values(), order) };
  const oldest = [...orders.keys()][0];
  if (orders.size >= MOST_REMEMBERED && oldest !== undefined) orders.delete(oldest);
  orders.set(key, made);
  return made.items;
}

/** Ascending by each property in turn, as text; `desc` after its name turns one round. [The direction is inferred.] */
export function inOrder(items: Iterable<Item>, order: readonly string[]): Item[] {
  if (order.length === 0) return [...items];
  const fields = order.map((entry) => {
    const text = entry.trim();
    const match = /(?<!\s)\s+(asc|desc)$/i.exec(text);
    const direction = match?.[1];
    return { name: text.slice(0, match?.index), sign: direction?.toLowerCase() === 'desc' ? -1 : 1 };
  });
  return Array.from(items, (item) => ({ item, keys: fields.map(({ name }) => keyOf(item, name)) }))
    .sort((a, b) => {
      for (const [at, { sign }] of fields.entries()) {
        const [one = '', other = ''] = [a.keys[at], b.keys[at]];
        if (one !== other) return one < other ? -sign : sign;
      }
      return 0;
    })
    .map(({ item }) => item);
}

function keyOf(item: Item, field: string): string {
  if (field === 'ID') return item.id;
  if (field === 'Type') return item.type;
  return String(propertyValues(item, field)[0] ?? '');
}
