/** A signal that has one value at all times. */
import type { SignalData } from '../plant/item.ts';
import type { Sample, Series } from '../series/series.ts';
import { floorDiv } from '../series/time.ts';

/** Longer than any range that can be asked for, nanoseconds: about a thousand years. */
export const FOR_EVER = 2n ** 65n;

export interface Constant {
  /** Undefined makes every sample invalid. Asked for when samples are read. */
  readonly value: () => number | string | undefined;
  readonly unit: string;
  /** Distance of its samples in nanoseconds; without it there is a sample wherever one is looked for. */
  readonly period?: bigint | undefined;
}

export function constantSignal({ value, unit, period }: Constant): SignalData {
  return {
    series: period === undefined ? everywhere(value) : onPeriod(value, period),
    interpolation: unit === 'string' ? 'Step' : 'Linear',
    maxInterpolation: period ?? FOR_EVER,
    ...(unit === '' ? {} : { unit }),
  };
}

/** A sample at each end of any range. [Inferred: where the samples of a constant lie is not public.] */
function everywhere(value: Constant['value']): Series {
  const sample = sampler(value);
  return {
    *between(from, to) {
      yield sample(from);
      if (from < to) yield sample(to);
    },
    before: (time, inclusive) => sample(inclusive ? time : time - 1n),
    after: (time, inclusive) => sample(inclusive ? time : time + 1n),
  };
}

function onPeriod(value: Constant['value'], period: bigint): Series {
  const sample = sampler(value);
  return {
    *between(from, to) {
      for (let key = -floorDiv(-from, period) * period; key <= to; key += period) yield sample(key);
    },
    before: (time, inclusive) => sample(floorDiv(inclusive ? time : time - 1n, period) * period),
    after: (time, inclusive) => sample(-floorDiv(-(inclusive ? time : time + 1n), period) * period),
  };
}

function sampler(value: Constant['value']): (key: bigint) => Sample {
  return (key) => {
    const known = value();
    return known === undefined ? { key } : { key, value: known };
  };
}
