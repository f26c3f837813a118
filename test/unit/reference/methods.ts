/** Which signals have which statistics, by what basis, and in what unit. */
import type { Signal } from './signal.ts';

export const numeric = ['average', 'min', 'max', 'range', 'total', 'stdDev', 'minTime', 'maxTime'] as const;
export const everywhere = ['first', 'last', 'count', 'countGood', 'countBad', 'percentGood'] as const;
export const durations = ['durationGood', 'durationBad'] as const;
export const counted = ['countInState', 'transitions'] as const;
export type Method =
  | (typeof numeric)[number]
  | (typeof everywhere)[number]
  | (typeof durations)[number]
  | (typeof counted)[number]
  | 'durationInState';

export type Basis = 'time' | 'samples';

/** "Which signals have what" */
export function methodsOf({ interpolation, valueType }: Signal): Method[] {
  const isDiscrete = interpolation === 'discrete';
  const isText = valueType === 'string';
  return [
    ...everywhere,
    ...(isDiscrete ? [] : durations),
    ...(isText ? [] : numeric),
    ...(isText || isDiscrete || interpolation === 'step' ? counted : []),
    ...((isText || interpolation === 'step') && !isDiscrete ? (['durationInState'] as const) : []),
  ];
}

/** "A discrete signal […] is always answered by `samples`. A constant […] by `time`" */
export function basisOf({ interpolation, constant }: Signal, asked: Basis): Basis {
  if (constant) return 'time';
  return interpolation === 'discrete' ? 'samples' : asked;
}

/** Section "Total". */
export function totalOf(unit: string | undefined): { unit: string; divisor: number } {
  if (unit === undefined) return { unit: 's', divisor: 1 };
  const slash = unit.lastIndexOf('/');
  const time = slash < 0 ? undefined : RATES[unit.slice(slash + 1).trim()];
  if (time !== undefined) return { unit: unit.slice(0, slash).trim(), divisor: time };
  if (/^[mkMGT]?(W|VA|var)$|^[mk]?A$/.test(unit)) return { unit: `${unit}h`, divisor: 3600 };
  const flow = FLOWS[unit];
  if (flow !== undefined) return { unit: flow[0], divisor: flow[1] };
  return { unit: `${unit}·s`, divisor: 1 };
}

const RATES: Record<string, number> = {
  ...{ s: 1, sec: 1, second: 1, min: 60, minute: 60, h: 3600, hr: 3600, hour: 3600 },
  ...{ d: 86_400, day: 86_400, week: 604_800 },
};
const FLOWS: Record<string, [string, number]> = {
  ...{ gpm: ['gal', 60], lpm: ['l', 60], cfm: ['ft³', 60], scfm: ['scf', 60], bpd: ['bbl', 86_400] },
};

/** The unit of the results of a method. */
export function unitOf({ unit }: Signal, basis: Basis, method: Method): string | undefined {
  switch (method) {
    case 'average':
    case 'min':
    case 'max':
    case 'range':
    case 'stdDev':
    case 'first':
    case 'last':
      return unit;
    case 'total':
      return basis === 'samples' ? unit : totalOf(unit).unit;
    case 'durationGood':
    case 'durationBad':
    case 'durationInState':
      return 's';
    case 'percentGood':
      return '%';
    default:
      return undefined;
  }
}
