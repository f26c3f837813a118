/** `+ - * / ^` of signals and scalars, with their units. A signal may be text, but nothing is calculated with text. */
import { combined } from '../algebra/combine.ts';
import { FormulaProblem, type Place } from './problem.ts';
import { productUnit, quotientUnit } from './units.ts';
import { converterOf, mappedScalar, mappedSignal } from './units-of-values.ts';
import {
  computed,
  constant,
  valueOf,
  type ScalarResult,
  type ScalarValue,
  type SignalValue,
  type Evaluation,
} from './values.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '^';
type Operand = SignalValue | ScalarValue;

interface Calculation {
  readonly unit: string;
  /** Undefined where there is no finite result. */
  readonly of: (a: number, b: number) => number | undefined;
}

const PLAIN: Readonly<Record<ArithmeticOperator, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '^': (a, b) => a ** b,
};

/** @throws FormulaProblem for text and for units that do not fit */
export function calculate(
  operator: ArithmeticOperator,
  left: Operand,
  right: Operand,
  evaluation: Evaluation,
  place: Place,
): Operand {
  const calculation = calculationOf(operator, unitOf(left, place), unitOf(right, place), place);
  const [a, b] = [scalarOf(left), scalarOf(right)];
  if (a !== undefined && b !== undefined) {
    const result = ofScalars(calculation, a, b, evaluation);
    const still = left.kind === 'signal' ? left : right.kind === 'signal' ? right : undefined;
    return still === undefined ? result : constantLike(still, result);
  }
  if (left.kind === 'signal' && a === undefined) {
    if (right.kind === 'signal' && b === undefined) return ofSignals(calculation, left, right);
    return mappedSignal(left, calculation.unit, (value) => calculated(calculation, value, known(b)));
  }
  return mappedSignal(right as SignalValue, calculation.unit, (value) => calculated(calculation, known(a), value));
}

function known(scalar: ScalarValue | undefined): ScalarResult['value'] {
  return scalar === undefined ? undefined : valueOf(scalar).value;
}

export function negative(of: Operand, evaluation: Evaluation, place: Place): Operand {
  const minus = (value: ScalarResult['value']): number | undefined => (typeof value === 'number' ? -value : undefined);
  const unit = unitOf(of, place);
  return of.kind === 'scalar' ? mappedScalar(of, evaluation, unit, minus) : mappedSignal(of, unit, minus);
}

/** A signal that is the same at all times counts as its scalar. */
export function scalarOf(operand: Operand): ScalarValue | undefined {
  return operand.kind === 'scalar' ? operand : operand.constant;
}

export function unitOf(operand: Operand, place: Place): string {
  const unit = operand.kind === 'scalar' ? operand.unit : (operand.signal.unit ?? '');
  if (unit === 'string') throw new FormulaProblem('TYPE', 'Text cannot be calculated with', place);
  return unit;
}

function calculationOf(operator: ArithmeticOperator, a: string, b: string, place: Place): Calculation {
  const plain = PLAIN[operator];
  const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
  switch (operator) {
    case '+':
    case '-': {
      // A number without unit takes that of the other; other units become that of the left.
      const unit = a === '' ? b : a;
      const convert = a === '' || b === '' ? (value: number) => value : converterOf(b, a, place);
      return { unit, of: (x, y) => finite(plain(x, convert(y))) };
    }
    case '*':
      return { unit: productUnit(a, b), of: (x, y) => finite(plain(x, y)) };
    case '/':
      return { unit: quotientUnit(a, b), of: (x, y) => finite(plain(x, y)) };
    case '^':
      return { unit: a, of: (x, y) => finite(plain(x, y)) };
  }
}

function calculated({ of }: Calculation, a: ScalarResult['value'], b: ScalarResult['value']): number | undefined {
  return typeof a === 'number' && typeof b === 'number' ? of(a, b) : undefined;
}

function ofScalars(calculation: Calculation, a: ScalarValue, b: ScalarValue, evaluation: Evaluation): ScalarValue {
  const { unit } = calculation;
  if (a.constant !== undefined && b.constant !== undefined) {
    return constant(calculated(calculation, a.constant.value, b.constant.value), unit);
  }
  return computed(evaluation, unit, function* work() {
    const [x, y] = [yield* a.compute(), yield* b.compute()];
    const uncertain = x.uncertain === true || y.uncertain === true;
    return { value: calculated(calculation, x.value, y.value), unit, uncertain };
  });
}

function constantLike(signal: SignalValue, scalar: ScalarValue): SignalValue {
  const made = mappedSignal(signal, scalar.unit, () => {
    const { value } = valueOf(scalar);
    return typeof value === 'boolean' ? Number(value) : value;
  });
  return { ...made, constant: scalar };
}

function ofSignals(calculation: Calculation, a: SignalValue, b: SignalValue): SignalValue {
  const step = a.signal.interpolation === 'Step' && b.signal.interpolation === 'Step';
  const maxInterpolation =
    a.signal.maxInterpolation < b.signal.maxInterpolation ? a.signal.maxInterpolation : b.signal.maxInterpolation;
  const signal = {
    series: combined(a.signal, b.signal, (x, y) => calculated(calculation, x, y)),
    interpolation: step ? 'Step' : 'Linear',
    maxInterpolation,
    ...(a.signal.now === undefined ? {} : { now: a.signal.now }),
    ...(calculation.unit === '' ? {} : { unit: calculation.unit }),
  } as const;
  // Looking for one neighbour asks both signals for theirs, more than once.
  return { kind: 'signal', signal, cost: 2 * (a.cost + b.cost) };
}
