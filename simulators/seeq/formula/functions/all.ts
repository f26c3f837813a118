/** Every function of the formula language that the simulator has, by its name in lower case. */
import { CAPSULE_FUNCTIONS } from './capsules.ts';
import { CONDITION_FUNCTIONS } from './conditions.ts';
import type { FormulaFunction } from './function.ts';
import { SIGNAL_FUNCTIONS } from './signals.ts';
import { STATISTIC_FUNCTIONS } from './statistics.ts';
import { TABLE_FUNCTIONS } from './tables.ts';

const ALL = [
  ...SIGNAL_FUNCTIONS,
  ...CONDITION_FUNCTIONS,
  ...STATISTIC_FUNCTIONS,
  ...CAPSULE_FUNCTIONS,
  ...TABLE_FUNCTIONS,
];

const BY_NAME: ReadonlyMap<string, FormulaFunction> = new Map(ALL.map((one) => [one.name.toLowerCase(), one]));

export function functionOf(name: string): FormulaFunction | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** As the vendor writes them, by alphabet. */
export const FUNCTION_NAMES: readonly string[] = ALL.map(({ name }) => name).sort();
