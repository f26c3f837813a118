/** `< > <= >= == !=`: of scalars a truth, with a signal the condition that holds where the comparison does. */
import { combined } from '../algebra/combine.ts';
import { alwaysOrNever, searched, type Test } from '../algebra/value-search.ts';
import type { CapsuleSet } from '../series/capsules.ts';
import { scalarOf } from './arithmetic.ts';
import { FormulaProblem, type Place } from './problem.ts';
import { converterOf } from './units-of-values.ts';
import {
  computed,
  constant,
  valueOf,
  type ConditionValue,
  type ScalarResult,
  type ScalarValue,
  type SignalValue,
  type Evaluation,
} from './values.ts';

export type ComparisonOperator = '<' | '>' | '<=' | '>=' | '==' | '!=';
type Operand = SignalValue | ScalarValue;
type Plain = ScalarResult['value'];

/** The same comparison with its sides exchanged. */
const MIRRORED: Readonly<Record<ComparisonOperator, ComparisonOperator>> = {
  '<': '>',
  '>': '<',
  '<=': '>=',
  '>=': '<=',
  '==': '==',
  '!=': '!=',
};

/** @throws FormulaProblem where text meets a number, or the units do not fit */
export function compare(
  operator: ComparisonOperator,
  left: Operand,
  right: Operand,
  evaluation: Evaluation,
  place: Place,
): ConditionValue | ScalarValue {
  const convert = checked(operator, left, right, place);
  const [a, b] = [scalarOf(left), scalarOf(right)];
  if (left.kind === 'scalar' && right.kind === 'scalar') return ofScalars(operator, left, right, convert, evaluation);
  if (a !== undefined && b !== undefined) {
    const truth = ofScalars(operator, a, b, convert, evaluation);
    return condition(
      { overlapping: (from, to) => alwaysOrNever(valueOf(truth).value === true).overlapping(from, to) },
      1,
    );
  }
  if (b !== undefined) {
    const signal = left as SignalValue;
    return condition(
      searched(
        signal.signal,
        testAgainst(operator, () => convert(valueOf(b).value)),
        undefined,
      ),
      signal.cost + 1,
    );
  }
  if (a !== undefined) return compare(MIRRORED[operator], right, a, evaluation, place);
  return ofSignals(operator, left as SignalValue, right as SignalValue, convert);
}

function condition(capsules: CapsuleSet, cost: number): ConditionValue {
  return { kind: 'condition', condition: { capsules, declared: [] }, cost };
}

/** Brings values of the right side to the unit of the left. */
function checked(operator: ComparisonOperator, left: Operand, right: Operand, place: Place): (value: Plain) => Plain {
  const [a, b] = [plainUnit(left), plainUnit(right)];
  if ((a === 'string') !== (b === 'string')) {
    throw new FormulaProblem('TYPE', `A number and text cannot be compared by '${operator}'`, place);
  }
  if (a === 'string' && operator !== '==' && operator !== '!=') {
    throw new FormulaProblem('TYPE', `Text can be compared by '==' and '!=' only`, place);
  }
  if (a === 'string' || a === '' || b === '') return (value) => value;
  const convert = converterOf(b, a, place);
  return (value) => (typeof value === 'number' ? convert(value) : value);
}

function plainUnit(operand: Operand): string {
  return operand.kind === 'scalar' ? operand.unit : (operand.signal.unit ?? '');
}

function holds(operator: ComparisonOperator, a: Plain, b: Plain): boolean | undefined {
  if (a === undefined || b === undefined) return undefined;
  switch (operator) {
    case '<':
      return a < b;
    case '>':
      return a > b;
    case '<=':
      return a <= b;
    case '>=':
      return a >= b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
  }
}

function testAgainst(operator: ComparisonOperator, other: () => Plain): Test {
  return {
    passes: (value) => holds(operator, value, other()) === true,
    get limit() {
      const limit = other();
      return typeof limit === 'number' ? limit : Number.NaN;
    },
  };
}

function ofScalars(
  operator: ComparisonOperator,
  a: ScalarValue,
  b: ScalarValue,
  convert: (value: Plain) => Plain,
  evaluation: Evaluation,
): ScalarValue {
  if (a.constant !== undefined && b.constant !== undefined) {
    return constant(holds(operator, a.constant.value, convert(b.constant.value)));
  }
  return computed(evaluation, '', function* work() {
    const [x, y] = [yield* a.compute(), yield* b.compute()];
    return { value: holds(operator, x.value, convert(y.value)), unit: '' };
  });
}

/** Where the difference of two signals of numbers lies on one side of zero, or two of text are equal. */
function ofSignals(operator: ComparisonOperator, a: SignalValue, b: SignalValue, convert: (value: Plain) => Plain) {
  const text = a.signal.unit === 'string';
  const { unit: _unit, ...rest } = a.signal;
  const series = combined(a.signal, b.signal, (x, y) => {
    const other = convert(y);
    if (typeof x === 'number' && typeof other === 'number') return x - other;
    return x === other ? 0 : 1;
  });
  const step = a.signal.interpolation === 'Step' && b.signal.interpolation === 'Step';
  const difference = { ...rest, series, interpolation: step || text ? 'Step' : 'Linear' } as const;
  return condition(
    searched(
      difference,
      testAgainst(operator, () => 0),
      undefined,
    ),
    2 * (a.cost + b.cost),
  );
}
