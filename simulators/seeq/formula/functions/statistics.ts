/** Statistics: by themselves as an input of other functions, or with a signal and a capsule as a scalar. */
import {
  average,
  count,
  delta,
  maximum,
  median,
  minimum,
  percentile,
  range,
  rate,
  standardDeviation,
  sum,
  totalized,
  valueAt,
  type Range,
  type Statistic,
} from '../../algebra/statistics.ts';
import { paced } from '../../algebra/work.ts';
import type { Inputs } from '../inputs.ts';
import { computed, type Value, type Evaluation } from '../values.ts';
import type { FormulaFunction } from './function.ts';

function over(inputs: Inputs, evaluation: Evaluation, statistic: Statistic): Value {
  return statisticOver(inputs, evaluation, statistic, inputs.of(1, 'capsule'));
}

/** The statistic over a capsule of the signal that is the first input. */
export function statisticOver(inputs: Inputs, evaluation: Evaluation, statistic: Statistic, capsule: Range): Value {
  const { signal } = inputs.signal(0);
  if (signal.unit === 'string' && statistic.ofText !== true) {
    throw inputs.problem('TYPE', `A text signal has no ${statistic.name}()`, 0);
  }
  const unit = statistic.unit(signal.unit ?? '');
  return computed(evaluation, unit, function* work() {
    const value = yield* statistic.over(signal, capsule);
    return { value, unit, uncertain: signal.series.after(capsule.end, true) === undefined };
  });
}

function statistic(names: readonly string[], made: Statistic): FormulaFunction[] {
  return names.map((name) => ({
    name,
    inputs: [0, 2],
    apply: (inputs, evaluation) =>
      inputs.count === 0 ? { kind: 'statistic', statistic: made } : over(inputs, evaluation, made),
  }));
}

const RATES = ['s', 'min', 'h', 'day'] as const;

/** Samples that an estimate of the period looks at. */
const ENOUGH = 10_000;

export const STATISTIC_FUNCTIONS: readonly FormulaFunction[] = [
  ...statistic(['average'], average),
  ...statistic(['count'], count),
  ...statistic(['maximum', 'maxValue'], maximum),
  ...statistic(['minimum', 'minValue'], minimum),
  ...statistic(['median'], median),
  ...statistic(['range'], range),
  ...statistic(['stdDev', 'standardDeviation'], standardDeviation),
  ...statistic(['sum'], sum),
  ...statistic(['totalized'], totalized),
  ...statistic(['delta'], delta),
  {
    name: 'percentile',
    inputs: [1, 1],
    apply: (inputs) => {
      const percent = inputs.number(0);
      if (percent < 0 || percent > 100) throw inputs.problem('ARGUMENT', 'A percentile lies between 0 and 100', 0);
      return { kind: 'statistic', statistic: percentile(percent) };
    },
  },
  {
    name: 'rate',
    inputs: [0, 2],
    apply: (inputs, evaluation) => {
      if (inputs.kind(0) === 'signal') return over(inputs, evaluation, rate('s'));
      const text = inputs.count === 0 ? 's' : inputs.text(0);
      const per = RATES.find((candidate) => candidate === text);
      if (per === undefined) throw inputs.problem('ARGUMENT', `A rate is per ${RATES.join(', ')}`, 0);
      return { kind: 'statistic', statistic: rate(per) };
    },
  },
  ...(['start', 'end'] as const).map((end): FormulaFunction => ({
    name: `${end}Value`,
    inputs: [0, 2],
    apply: (inputs, evaluation) => {
      if (inputs.kind(0) === 'signal') return over(inputs, evaluation, valueAt(end, true));
      // [Inferred: what the attested input true means is not public; here it asks for interpolation.]
      const interpolated = inputs.count === 0 || inputs.scalar(0).constant?.value !== false;
      return { kind: 'statistic', statistic: valueAt(end, interpolated) };
    },
  })),
  {
    name: 'estimateSamplePeriod',
    inputs: [2, 2],
    apply: (inputs, evaluation) => {
      const { series } = inputs.signal(0).signal;
      const { start, end } = inputs.of(1, 'capsule');
      return computed(evaluation, 's', function* work() {
        const keys: bigint[] = [];
        yield* paced(firstOf(series.between(start, end), ENOUGH), ({ key }) => keys.push(key));
        const gaps = keys.slice(1).map((key, at) => Number(key - (keys[at] ?? key)) / 1e9);
        gaps.sort((a, b) => a - b);
        // [Inferred: a client takes both a refusal and an invalid scalar where there are too few samples.]
        return { value: gaps[Math.floor(gaps.length / 2)], unit: 's' };
      });
    },
  },
];

function* firstOf<T>(things: Iterable<T>, most: number): Generator<T> {
  let given = 0;
  for (const thing of things) {
    if (given >= most) return;
    given += 1;
    yield thing;
  }
}
