/**
 * Swapping assets: the same calculation with the inputs of one asset exchanged for those of another, and for a stored
 * item the one of the same name below the other asset. Inputs correspond by their names below the assets. [Inferred for
 * calculations; attested are the calls, their shapes, the stored items and the words of the refusal.]
 */
import { calculatedData } from '../formula/items.ts';
import type { Call, Handlers } from '../http/call.ts';
import { SeeqError } from '../http/errors.ts';
import type { Item } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { itemOf } from './find.ts';
import { preview, previewWithAssets, type Models } from './shapes.ts';

interface Pair {
  readonly out: Item;
  readonly in: Item;
}

function pairsOf(plant: Plant, body: readonly Models['SwapInputV1'][]): Pair[] {
  if (body.length === 0) throw new SeeqError(400, 'A swap needs at least one pair of items');
  return body.map(({ swapIn, swapOut }) => {
    if (!swapIn || !swapOut) throw new SeeqError(400, "Each pair of a swap needs 'swapIn' and 'swapOut'");
    return { in: itemOf(plant, swapIn), out: itemOf(plant, swapOut) };
  });
}

/** Names from an asset down to an item; undefined where the item is not below it. */
function namesBelow(asset: Item, item: Item): string[] | undefined {
  if (item === asset) return [];
  for (const parent of item.parents) {
    const names = namesBelow(asset, parent);
    if (names !== undefined) return [...names, item.name];
  }
  return undefined;
}

/** What is at the same location below the other asset; the item itself where no pair is about it. */
function counterpart(item: Item, pairs: readonly Pair[]): Item | undefined {
  for (const pair of pairs) {
    const names = namesBelow(pair.out, item);
    if (names === undefined) continue;
    return names.reduce<Item | undefined>((at, name) => at?.children.find((child) => child.name === name), pair.in);
  }
  return item;
}

/** Made once; asking again gives the same item. @throws SeeqError 400 where something has no counterpart */
function swapped(plant: Plant, item: Item, pairs: readonly Pair[]): Item {
  if (item.formula === undefined) {
    const other = item.type === 'Asset' ? undefined : counterpart(item, pairs);
    if (other === undefined) throw notSwapped(item, pairs);
    return other;
  }
  const inputs: Record<string, Item> = {};
  for (const [name, input] of Object.entries(item.inputs)) {
    const other = swappedInput(plant, input, pairs);
    if (other === undefined) throw notSwapped(item, pairs);
    inputs[name] = other;
  }
  if (Object.entries(inputs).every(([name, input]) => item.inputs[name] === input)) return item;
  const key = `${item.id} swapped ${Object.values(inputs)
    .map(({ id }) => id)
    .join(' ')}`;
  return (
    plant.findByKey('CalculatedSignal', key) ??
    plant.add({
      name: item.name,
      key,
      formula: item.formula,
      inputs,
      ...(item.description === undefined ? {} : { description: item.description }),
      ...(item.scopedTo === undefined ? {} : { scopedTo: item.scopedTo }),
      ...calculatedData(item.formula, inputs, plant.now),
    })
  );
}

function notSwapped(item: Item, pairs: readonly Pair[]): SeeqError {
  const tried = pairs.map((pair) => `unable to swap out ${pair.out.name} and swap in ${pair.in.name}`);
  return new SeeqError(400, `${item.name} not swapped, ${tried.join(', ')}`);
}

/** An input that is calculated itself, and is below none of the assets, is swapped in its turn. */
function swappedInput(plant: Plant, input: Item, pairs: readonly Pair[]): Item | undefined {
  const other = counterpart(input, pairs);
  return other === input && input.formula !== undefined && Object.keys(input.inputs).length > 0
    ? swapped(plant, input, pairs)
    : other;
}

function find(call: Pick<Call, 'server'>, id: string, body: readonly Models['SwapInputV1'][]): Item {
  const { plant } = call.server;
  return swapped(plant, itemOf(plant, id), pairsOf(plant, body));
}

/** Assets beside the given one that have everything that the item uses below it. */
function optionsFor(plant: Plant, item: Item, out: Item): Models['SwapOptionV1'] {
  const used = Object.values(item.inputs).filter((input) => namesBelow(out, input) !== undefined);
  const siblings = out.parents.flatMap((parent) => parent.children).filter(({ type }) => type === 'Asset');
  const candidates = siblings.filter((asset) => asset !== out && !asset.archived);
  const matching = candidates.flatMap((asset) => {
    const found = used.filter((input) => counterpart(input, [{ out, in: asset }]) !== undefined).length;
    const entry = {
      item: previewWithAssets(plant, asset),
      parameterMatch: used.length === 0 ? 0 : found / used.length,
      swapPairs: [{ swapIn: asset.id, swapOut: out.id }],
    };
    return found > 0 ? [entry] : [];
  });
  return {
    swapRootCandidate: previewWithAssets(plant, out),
    itemsWithSwapPairs: matching.sort((a, b) => b.parameterMatch - a.parameterMatch),
    invalidSwapOuts: used.length === 0 ? [{ item: preview(out) }] : [],
  };
}

export const swapHandlers: Handlers = {
  find_swap: (call) => ({ body: preview(find(call, call.parameters.id, call.body)) }),
  get_swap_options: ({ server, parameters }) => {
    const item = itemOf(server.plant, parameters.id);
    return {
      body: {
        swapOptions: parameters.swapOutItemIds.map((id) => optionsFor(server.plant, item, itemOf(server.plant, id))),
      },
    };
  },
};
