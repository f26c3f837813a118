/** Answers as they must be, in the words of the bus contract, from the items of a plant. */
import type { Item } from '../../simulators/seeq/plant/item.ts';
import type { Capsule } from '../../simulators/seeq/series/capsules.ts';
import type { Sample } from '../../simulators/seeq/series/series.ts';
import { formatTime } from '../../simulators/seeq/series/time.ts';
import type { PlantTruth } from './truth.ts';

const ENUMERATION = /^ENUM\{\{(-?\d+)\|(.*)\}\}$/;

/** The unit of a value; Seeq writes "string" in its place for text. */
const unitOf = (unit: string | undefined): string | undefined => (unit === '' || unit === 'string' ? undefined : unit);

/** The newest value of a signal at a time, or the value of a scalar, which has no time. */
export function point(item: Item, at: bigint): object {
  const { signal, scalar } = item;
  if (scalar) {
    const { value, unit } = scalar;
    return { value: value ?? null, time: null, status: value === undefined ? 'Bad Data' : 'Good', unit: unitOf(unit) };
  }
  const sample = signal?.series.before(at, true);
  if (!signal || !sample) throw new Error(`${item.name} has no value.`);
  return { ...reading(sample), unit: unitOf(signal.unit) };
}

/** The samples of a signal in a range, one object each. */
export function samples(item: Item, from: bigint, to: bigint): object[] {
  return [...(item.signal?.series.between(from, to) ?? [])].map(reading);
}

function reading({ key, value, uncertain }: Sample): object {
  const time = formatTime(key);
  const status = value === undefined ? 'Bad Data' : uncertain ? 'Questionable' : 'Good';
  const match = typeof value === 'string' ? ENUMERATION.exec(value) : null;
  if (match) return { value: match[2], state: Number(match[1]), time, status };
  return { value: value ?? null, state: undefined, time, status };
}

export interface TagTruth {
  readonly fqn: string;
  readonly [name: string]: unknown;
}

/** Signals and scalars that a search by the beginning of the name finds; without a workbook, in all of them. */
export function tags(plant: PlantTruth, beginning: string): TagTruth[] {
  const types = ['StoredSignal', 'CalculatedSignal', 'LiteralScalar', 'CalculatedScalar'] as const;
  return [...plant.plant.ofType(...types)]
    .filter(({ name, archived }) => !archived && name.startsWith(beginning))
    .map((item) => ({
      fqn: plant.fqn(item),
      name: item.name,
      displayName: `${plant.host}: ${item.name}`,
      kind: item.scalar ? 'scalar' : 'signal',
      path: plant.plant.ancestors(item).map(({ name }) => name),
      ...(item.signal ? { unit: unitOf(item.signal.unit), interpolation: item.signal.interpolation } : {}),
    }));
}

/** What hangs below an asset, apart from further assets, in order of the names. */
export function attributes(plant: PlantTruth, asset: Item): object[] {
  return asset.children
    .filter(({ type }) => type !== 'Asset')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((item) => ({
      name: item.name,
      type: item.scalar ? 'scalar' : item.condition ? 'timeframes' : 'tag',
      fqn: plant.fqn(item),
      attributeFqn: plant.attributeFqn(asset, item.name),
      unit: unitOf(item.signal?.unit ?? item.scalar?.unit),
      value: item.scalar?.value,
    }));
}

/** The timeframes of a condition that overlap a range. */
export function timeframes(plant: PlantTruth, condition: Item, from: bigint, to: bigint): TimeframeTruth[] {
  return [...(condition.condition?.capsules.overlapping(from, to) ?? [])].map((capsule) => ({
    fqn: `${plant.fqn(condition).replace('/condition/', '/capsule/')}/${capsule.id}`,
    condition: plant.fqn(condition),
    name: condition.name,
    ...interval(capsule),
    status: capsule.uncertain === true ? 'Questionable' : 'Good',
    attributes: Object.fromEntries(
      capsule.properties.map(({ name, value, unit }) => [name, { value: value ?? null, unit }]),
    ),
  }));
}

export interface TimeframeTruth {
  readonly start: string | null;
  readonly [name: string]: unknown;
}

function interval({ start, end }: Capsule): { start: string | null; end: string | null; durationMs: number | null } {
  return {
    start: start === undefined ? null : formatTime(start),
    end: end === undefined ? null : formatTime(end),
    durationMs: start === undefined || end === undefined ? null : Number((end - start) / 1_000_000n),
  };
}
