/** Signals and scalars in another unit. */
import { changed } from '../algebra/derived-series.ts';
import type { SignalData } from '../plant/item.ts';
import { conversion } from '../series/units.ts';
import { FormulaProblem, type Place } from './problem.ts';
import { computed, type ScalarResult, type ScalarValue, type SignalValue, type Evaluation } from './values.ts';

/** @throws FormulaProblem where the units have nothing in common */
export function converterOf(from: string, to: string, place: Place): (value: number) => number {
  try {
    return conversion(from, to);
  } catch {
    throw new FormulaProblem('UNIT', `The unit '${from}' cannot be converted to '${to}'`, place);
  }
}

type ScalarChange = (value: ScalarResult['value']) => ScalarResult['value'];

/** A scalar made from another one; a constant stays a constant. */
export function mappedScalar(
  scalar: ScalarValue,
  evaluation: Evaluation,
  unit: string,
  change: ScalarChange,
): ScalarValue {
  const apply = (result: ScalarResult): ScalarResult => ({ ...result, value: change(result.value), unit });
  if (scalar.constant !== undefined) {
    const known = apply(scalar.constant);
    return { ...scalar, unit, constant: known, compute: constantly(known) };
  }
  return computed(evaluation, unit, function* work() {
    return apply(yield* scalar.compute());
  });
}

function constantly(known: ScalarResult): ScalarValue['compute'] {
  // eslint-disable-next-line require-yield
  return function* compute() {
    return known;
  };
}

export function convertedScalar(scalar: ScalarValue, evaluation: Evaluation, unit: string, place: Place): ScalarValue {
  const convert = converterOf(scalar.unit, unit, place);
  return mappedScalar(scalar, evaluation, unit, (value) => (typeof value === 'number' ? convert(value) : value));
}

export function convertedSignal(from: SignalValue, unit: string, place: Place): SignalValue {
  const convert = converterOf(from.signal.unit ?? '', unit, place);
  return mappedSignal(from, unit, (value) => (typeof value === 'number' ? convert(value) : value));
}

type SignalChange = (value: number | string) => number | string | undefined;

/** A signal with every value changed; undefined makes an invalid sample. */
export function mappedSignal(from: SignalValue, unit: string, change: SignalChange): SignalValue {
  const { unit: _unit, sourceUnit: _source, ...rest } = from.signal;
  const series = changed(rest.series, ({ value, ...sample }) => {
    const made = value === undefined ? undefined : change(value);
    return made === undefined ? sample : { ...sample, value: made };
  });
  const signal: SignalData = { ...rest, series, ...(unit === '' ? {} : { unit }) };
  return { kind: 'signal', signal, cost: from.cost + 1 };
}
