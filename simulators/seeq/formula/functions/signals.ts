/** Functions that make a signal from a signal or a scalar. */
import { aggregated } from '../../algebra/aggregate.ts';
import { movedCapsules } from '../../algebra/capsule-sets.ts';
import { checkZone } from '../../algebra/calendar.ts';
import { constantSignal } from '../../algebra/constant.ts';
import { changed, filtered, moved } from '../../algebra/derived-series.ts';
import { spliced } from '../../algebra/from-conditions.ts';
import { removed } from '../../algebra/removed.ts';
import { resampled } from '../../algebra/resample.ts';
import { wave, WAVES } from '../../algebra/waves.ts';
import type { SignalData } from '../../plant/item.ts';
import { DAY, parseTime } from '../../series/time.ts';
import { interpolate } from '../../series/window.ts';
import { Temporal } from 'temporal-polyfill';
import type { Inputs } from '../inputs.ts';
import { valueOf, type ScalarValue, type SignalValue, type Value, type Evaluation } from '../values.ts';
import { convertedScalar, convertedSignal, mappedScalar } from '../units-of-values.ts';
import type { FormulaFunction } from './function.ts';
import { statisticOver } from './statistics.ts';

function made(from: SignalValue, signal: SignalData): SignalValue {
  return { kind: 'signal', signal, cost: from.cost + 1 };
}

/** One point of the grid that a duration with a time zone or a time after it means. */
function originOf(inputs: Inputs, at: number): bigint {
  const { zone = 'UTC', origin } = inputs.grid(at);
  try {
    checkZone(zone);
    if (origin === undefined) return -offsetOf(zone, 0n);
    if (/(Z|[+-]\d\d:\d\d)$/.test(origin)) return parseTime(origin, 'origin');
    return Temporal.PlainDateTime.from(origin).toZonedDateTime(zone).epochNanoseconds;
  } catch {
    throw inputs.problem('ARGUMENT', `The grid '${zone} ${origin ?? ''}' is not a time zone and a time`, at);
  }
}

function offsetOf(zone: string, at: bigint): bigint {
  return BigInt(Temporal.Instant.fromEpochNanoseconds(at).toZonedDateTimeISO(zone).offsetNanoseconds);
}

/** A signal, or a scalar as the signal that it always is. */
function signalLike(inputs: Inputs, at: number, evaluation: Evaluation): SignalValue {
  return inputs.kind(at) === 'scalar' ? signalOfScalar(inputs.scalar(at), undefined, evaluation) : inputs.signal(at);
}

function signalOfScalar(scalar: ScalarValue, period: bigint | undefined, evaluation: Evaluation): SignalValue {
  const value = (): number | string | undefined => {
    const known = valueOf(scalar).value;
    return typeof known === 'boolean' ? Number(known) : known;
  };
  const signal = evaluation.meter.signal(constantSignal({ value, unit: scalar.unit, period }));
  return { kind: 'signal', signal, constant: scalar, cost: 1 };
}

/** Points that a low-pass filter looks at for one of its own. */
const MOST_POINTS = 1000;

/** The mean of so many points of a grid around each of them. [Inferred: the vendor's filter is another one.] */
function smoothed(grid: SignalData, points: number): SignalData {
  const half = BigInt(Math.floor(points / 2));
  const series = changed(grid.series, (sample) => {
    let [total, count] = [0, 0];
    for (let at = -half; at <= half; at += 1n) {
      const { value } = interpolate(grid, sample.key + at * grid.maxInterpolation);
      if (typeof value === 'number') [total, count] = [total + value, count + 1];
    }
    const { value: _value, ...rest } = sample;
    return count === 0 ? rest : { ...rest, value: total / count };
  });
  return { ...grid, series };
}

function withUnit(signal: SignalData, unit: string): SignalData {
  const { unit: _old, ...rest } = signal;
  return unit === '' ? rest : { ...rest, unit };
}

export const SIGNAL_FUNCTIONS: readonly FormulaFunction[] = [
  {
    name: 'resample',
    inputs: [2, 2],
    apply: (inputs) => {
      const from = inputs.signal(0);
      return made(from, resampled(from.signal, inputs.period(1), originOf(inputs, 1)));
    },
  },
  {
    name: 'aggregate',
    inputs: [3, 5],
    apply: (inputs, evaluation) => {
      const from = inputs.signal(0);
      const statistic = inputs.statistic(1);
      if (inputs.kind(2) === 'capsule') return statisticOver(inputs, evaluation, statistic, inputs.of(2, 'capsule'));
      const condition = inputs.condition(2);
      if (from.signal.unit === 'string' && statistic.ofText !== true) {
        throw inputs.problem('TYPE', `A text signal has no ${statistic.name}()`, 1);
      }
      const signal = aggregated(from.signal, condition.condition, statistic, inputs.key(3));
      const cost = from.cost + condition.cost + 1;
      if (inputs.count < 5) return { kind: 'signal', signal, cost };
      return { kind: 'signal', signal: { ...signal, maxInterpolation: inputs.duration(4) }, cost };
    },
  },
  {
    name: 'toStep',
    inputs: [1, 1],
    apply: (inputs) => ({ ...inputs.signal(0), signal: { ...inputs.signal(0).signal, interpolation: 'Step' } }),
  },
  {
    name: 'toLinear',
    inputs: [1, 1],
    apply: (inputs) => ({ ...inputs.signal(0), signal: { ...inputs.signal(0).signal, interpolation: 'Linear' } }),
  },
  {
    name: 'toDiscrete',
    inputs: [1, 1],
    apply: (inputs) => made(inputs.signal(0), { ...inputs.signal(0).signal, interpolation: 'Discrete' }),
  },
  {
    name: 'setMaxInterpolation',
    inputs: [2, 2],
    apply: (inputs) => made(inputs.signal(0), { ...inputs.signal(0).signal, maxInterpolation: inputs.duration(1) }),
  },
  {
    name: 'convertUnits',
    inputs: [2, 2],
    apply: (inputs, evaluation) => {
      const unit = inputs.text(1);
      const from = inputs.kind(0) === 'scalar' ? inputs.scalar(0) : inputs.signal(0);
      return from.kind === 'scalar'
        ? convertedScalar(from, evaluation, unit, inputs.place)
        : convertedSignal(from, unit, inputs.place);
    },
  },
  {
    name: 'setUnits',
    inputs: [2, 2],
    apply: (inputs, evaluation): Value => {
      const unit = inputs.text(1);
      if (inputs.kind(0) === 'scalar') return mappedScalar(inputs.scalar(0), evaluation, unit, (value) => value);
      const from = inputs.signal(0);
      return { ...from, signal: withUnit(from.signal, unit) };
    },
  },
  {
    name: 'validValues',
    inputs: [1, 1],
    apply: (inputs) => {
      const from = inputs.signal(0);
      const series = filtered(from.signal.series, ({ value }) => value !== undefined);
      return made(from, { ...from.signal, series });
    },
  },
  {
    name: 'remove',
    inputs: [2, 2],
    apply: (inputs) => {
      const [from, { condition, cost }] = [inputs.signal(0), inputs.condition(1)];
      const series = removed(from.signal.series, condition.capsules);
      return { kind: 'signal', signal: { ...from.signal, series }, cost: from.cost + cost + 1 };
    },
  },
  {
    name: 'splice',
    inputs: [3, 3],
    apply: (inputs, evaluation) => {
      const [base, insert] = [signalLike(inputs, 0, evaluation), signalLike(inputs, 1, evaluation)];
      const { condition, cost } = inputs.condition(2);
      const isStep = [base, insert].every((one) => one.constant !== undefined || one.signal.interpolation === 'Step');
      const signal = spliced(base.signal, insert.signal, condition.capsules);
      return {
        kind: 'signal',
        signal: isStep ? { ...signal, interpolation: 'Step' } : signal,
        cost: 2 * (base.cost + insert.cost + cost),
      };
    },
  },
  {
    name: 'lowPassFilter',
    inputs: [3, 4],
    apply: (inputs) => {
      const [from, cutoff, period] = [inputs.signal(0), inputs.period(1), inputs.period(2)];
      const points = Number(cutoff / period);
      if (points > MOST_POINTS) throw inputs.problem('ARGUMENT', 'The cutoff is too long for the sampling period', 1);
      return {
        kind: 'signal',
        signal: smoothed(resampled(from.signal, period), points),
        cost: from.cost * (points + 2),
      };
    },
  },
  {
    name: 'move',
    inputs: [2, 2],
    apply: (inputs): Value => {
      const by = inputs.duration(1);
      if (inputs.kind(0) === 'condition') {
        const from = inputs.condition(0);
        const capsules = movedCapsules(from.condition.capsules, by);
        return { kind: 'condition', condition: { ...from.condition, capsules }, cost: from.cost + 1 };
      }
      const from = inputs.signal(0);
      if (from.constant !== undefined) return from;
      return made(from, { ...from.signal, series: moved(from.signal.series, by) });
    },
  },
  {
    name: 'toSignal',
    inputs: [1, 2],
    apply: (inputs, evaluation): Value => {
      return signalOfScalar(inputs.scalar(0), inputs.count > 1 ? inputs.period(1) : undefined, evaluation);
    },
  },
  ...WAVES.map((kind): FormulaFunction => ({
    name: kind,
    inputs: [0, 1],
    apply: (inputs, evaluation) => ({
      kind: 'signal',
      signal: wave(kind, inputs.count > 0 ? inputs.period(0) : DAY, evaluation.now),
      cost: 1,
    }),
  })),
];
