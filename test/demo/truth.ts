/**
 * What is right: the same plants, built a second time in this process by the simulator's own functions, without the
 * driver or the bus. A plant computes everything from its name and the time, so both must agree to the last digit.
 */
import { buildPlant } from '../../simulators/seeq/plant/example.ts';
import type { Item } from '../../simulators/seeq/plant/item.ts';
import { type Plant, plantItemId } from '../../simulators/seeq/plant/plant.ts';

const KINDS = ['Signal', 'Scalar', 'Condition', 'Asset'] as const;

export class PlantTruth {
  /** Name of the plant and of its connection. */
  readonly host: string;
  /** The moment that the plant thinks it is, in nanoseconds; what is newer does not exist yet. */
  now = 0n;
  readonly plant: Plant;

  constructor(host: string) {
    this.host = host;
    this.plant = buildPlant(host, () => this.now);
  }

  /** An item by its names from the root. */
  item(...path: readonly string[]): Item {
    const item = this.plant.find(plantItemId(this.host, path.join(' >> ')));
    if (item === undefined) throw new Error(`The simulated plant has no ${path.join(' >> ')}.`);
    return item;
  }

  /** The name that the driver must give to an item. */
  fqn(item: Item): string {
    const kind = KINDS.find((end) => item.type.endsWith(end));
    if (kind === undefined) throw new Error(`${item.name} is a ${item.type}, which has no name on the bus.`);
    return `seeq:${this.host}/${kind.toLowerCase()}/${item.id}`;
  }

  /** The name of an attribute of an asset, by which templates find the same thing at another asset. */
  attributeFqn(asset: Item, name: string): string {
    return `${this.fqn(asset)}/attribute/${encodeURIComponent(name)}`;
  }
}

/** The driver tells "now" in tenths of a second, rounded down. */
const DRIVER_TICK = 100_000_000n;

/** The first and the last moment at which something can have been true. */
export interface Moments {
  readonly before: bigint;
  readonly after: bigint;
}

/**
 * Every answer that can be right: the driver fixed its "now" and the plant read its clock somewhere between the ends of
 * a request, and a sample may have come in between.
 * @param read what the plant says for a "now" of the driver; must not be lazy
 */
export function possible<T>(plant: PlantTruth, { before, after }: Moments, read: (now: bigint) => T): T[] {
  const earliest = before - (before % DRIVER_TICK);
  return [before, after].flatMap((clock) => {
    plant.now = clock;
    return [earliest, after].map(read);
  });
}
