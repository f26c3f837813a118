/** Items as formulas see them, and items that are made by a formula. */
import { unlimited, type Meter } from '../algebra/meter.ts';
import { done } from '../algebra/work.ts';
import { SeeqError } from '../http/errors.ts';
import type { ConditionData, Item, ScalarData, SignalData } from '../plant/item.ts';
import { compileFormula } from './compile.ts';
import { constant, valueOf, type Value, type Evaluation } from './values.ts';

/** An item as a formula sees it. @throws SeeqError 403, 400 for items that have no data */
export function valueOfItem(item: Item, meter: Meter): Value {
  if (item.redacted) throw new SeeqError(403, `You have no permission to read the item with ID ${item.id}`);
  if (item.signal !== undefined) return { kind: 'signal', signal: meter.signal(item.signal), cost: 1 };
  if (item.condition !== undefined)
    return { kind: 'condition', condition: meter.condition(item.condition), itemId: item.id, cost: 1 };
  if (item.scalar !== undefined) {
    return constant(item.scalar.value, typeof item.scalar.value === 'string' ? 'string' : item.scalar.unit);
  }
  throw new SeeqError(400, `The item with ID ${item.id} is of type ${item.type} and cannot be used in a formula`);
}

export interface CalculatedData {
  readonly type: 'CalculatedSignal' | 'CalculatedCondition' | 'CalculatedScalar';
  readonly signal?: SignalData;
  readonly condition?: ConditionData;
  readonly scalar?: ScalarData;
}

/**
 * The data of an item that a formula makes from its inputs.
 * @param now current time of the simulated server, nanoseconds
 * @throws FormulaProblem, SeeqError for inputs without data
 */
export function calculatedData(
  formula: string,
  inputs: Readonly<Record<string, Item>>,
  now: () => bigint,
): CalculatedData {
  const evaluation: Evaluation = { now, computed: [], meter: unlimited() };
  const variables = new Map(
    Object.entries(inputs).map(([name, item]) => [name, () => valueOfItem(item, evaluation.meter)]),
  );
  const value = compileFormula(formula, variables, evaluation);
  // The scalars are not computed later, because the data of an item are read like those of any other.
  for (const scalar of evaluation.computed) done(scalar.compute());
  switch (value.kind) {
    case 'signal':
      return { type: 'CalculatedSignal', signal: value.signal };
    case 'condition':
      return { type: 'CalculatedCondition', condition: value.condition };
    case 'scalar': {
      const { value: known, unit } = valueOf(value);
      return { type: 'CalculatedScalar', scalar: { value: typeof known === 'boolean' ? Number(known) : known, unit } };
    }
    default:
      throw new SeeqError(400, `The formula '${formula}' makes no signal, condition or scalar`);
  }
}
