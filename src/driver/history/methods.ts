/** The inputs of each statistic: numbers, values of any kind, or the states of a signal that holds its values. */
import type { AggregateMethod, Basis } from '../../contract/functions/data.ts';
import { DriverError } from '../../contract/errors.ts';
import type { SeriesShape } from '../../sources/source.ts';
import { totalUnit } from './total-unit.ts';

const OF_NUMBERS: ReadonlySet<AggregateMethod> = new Set([
  'average',
  'min',
  'max',
  'range',
  'total',
  'stdDev',
  'minTime',
  'maxTime',
]);
const OF_STATES: ReadonlySet<AggregateMethod> = new Set(['durationInState', 'countInState', 'transitions']);
const OF_SAMPLES: ReadonlySet<AggregateMethod> = new Set(['count', 'countGood', 'countBad']);
const OF_QUALITY: ReadonlySet<AggregateMethod> = new Set([...OF_SAMPLES, 'percentGood', 'durationGood', 'durationBad']);
const IN_SECONDS: ReadonlySet<AggregateMethod> = new Set(['durationGood', 'durationBad', 'durationInState']);
const WITHOUT_UNIT: ReadonlySet<AggregateMethod> = new Set([
  ...OF_SAMPLES,
  'minTime',
  'maxTime',
  'countInState',
  'transitions',
]);

export type StateMethod = 'durationInState' | 'countInState';
export const isStateMethod = (method: AggregateMethod): method is StateMethod =>
  method === 'durationInState' || method === 'countInState';

export const needsNumbers = (method: AggregateMethod): boolean => OF_NUMBERS.has(method);

/** It measures how much of an interval is known, so a gap is part of its result and does not reduce its certainty. */
export const describesQuality = (method: AggregateMethod): boolean => OF_QUALITY.has(method);

/** It counts recorded samples, independent of the signal between them. */
export const countsSamples = (method: AggregateMethod, basis: Basis): boolean =>
  OF_SAMPLES.has(method) || (method === 'percentGood' && basis === 'samples');

/** A discrete signal has only samples, and a constant has none. */
export function basisOf(
  asked: Basis,
  { interpolation, constant }: Pick<SeriesShape, 'interpolation' | 'constant'>,
): Basis {
  if (constant !== undefined) return 'time';
  return interpolation === 'discrete' ? 'samples' : asked;
}

/** @throws DriverError `unsupported` with the methods that the signal does not support, and those that it supports */
export function checkMethods(methods: readonly AggregateMethod[], { valueType, interpolation }: SeriesShape): void {
  const isText = valueType === 'string';
  const holds = isText || interpolation === 'step' || interpolation === 'discrete';
  const refuse = (wrong: (method: AggregateMethod) => boolean, what: string): void => {
    const found = methods.filter(wrong);
    if (found.length > 0) throw noMethods(`${what}, so it has no ${found.join(', ')}.`);
  };
  if (isText) refuse(needsNumbers, 'The signal is text');
  if (!holds) refuse((one) => OF_STATES.has(one), 'The signal is a line between its samples');
  if (interpolation === 'discrete') {
    refuse((one) => IN_SECONDS.has(one), 'The signal is discrete and has no value between its samples');
  }
}

/** A number in a series of text, or text among numbers. */
export function noNumber(): DriverError {
  return noMethods('The signal has values that are no numbers.');
}

function noMethods(what: string): DriverError {
  return new DriverError(
    'unsupported',
    `${what} Every signal has first, last, count, countGood, countBad and percentGood; docs/statistics.md describes them.`,
    { details: { field: 'methods' } },
  );
}

/** The unit of a method's values, and their divisor. */
export function unitOf(
  method: AggregateMethod,
  basis: Basis,
  unit: string | undefined,
): { unit?: string; divisor: number } {
  if (IN_SECONDS.has(method)) return { unit: 's', divisor: 1 };
  if (method === 'percentGood') return { unit: '%', divisor: 1 };
  if (method === 'total' && basis === 'time') {
    const { unit: resolved, seconds } = totalUnit(unit);
    return { unit: resolved, divisor: seconds };
  }
  return unit === undefined || WITHOUT_UNIT.has(method) ? { divisor: 1 } : { unit, divisor: 1 };
}
