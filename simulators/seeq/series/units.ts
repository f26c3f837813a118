/** The units that the plant has, by dimension, and how to get from one to another. */
import { SeeqError } from '../http/errors.ts';
import type { Sample } from './series.ts';

export interface Unit {
  readonly dimension: string;
  /** Value in the first unit of the dimension = value * factor + shift. */
  readonly factor: number;
  readonly shift?: number;
}

const TABLE: Readonly<Record<string, Unit>> = {
  '°C': { dimension: 'Temperature', factor: 1 },
  C: { dimension: 'Temperature', factor: 1 },
  '°F': { dimension: 'Temperature', factor: 5 / 9, shift: -160 / 9 },
  F: { dimension: 'Temperature', factor: 5 / 9, shift: -160 / 9 },
  K: { dimension: 'Temperature', factor: 1, shift: -273.15 },
  kW: { dimension: 'Power', factor: 1 },
  W: { dimension: 'Power', factor: 0.001 },
  MW: { dimension: 'Power', factor: 1000 },
  bar: { dimension: 'Pressure', factor: 1 },
  mbar: { dimension: 'Pressure', factor: 0.001 },
  kPa: { dimension: 'Pressure', factor: 0.01 },
  '%': { dimension: 'Fraction', factor: 1 },
  m: { dimension: 'Length', factor: 1 },
  mm: { dimension: 'Length', factor: 0.001 },
  km: { dimension: 'Length', factor: 1000 },
  't/d': { dimension: 'Mass Flow', factor: 1 },
  'kg/s': { dimension: 'Mass Flow', factor: 86.4 },
  kg: { dimension: 'Mass', factor: 1 },
  t: { dimension: 'Mass', factor: 1000 },
  kWh: { dimension: 'Energy', factor: 1 },
  MWh: { dimension: 'Energy', factor: 1000 },
  rpm: { dimension: 'Frequency', factor: 1 },
  Hz: { dimension: 'Frequency', factor: 60 },
  A: { dimension: 'Current', factor: 1 },
  V: { dimension: 'Voltage', factor: 1 },
  $: { dimension: 'Currency', factor: 1 },
  'mm/s': { dimension: 'Velocity', factor: 1 },
  'm/s': { dimension: 'Velocity', factor: 1000 },
  'm³': { dimension: 'Volume', factor: 1 },
  L: { dimension: 'Volume', factor: 0.001 },
  'm³/h': { dimension: 'Volume Flow', factor: 1 },
  'L/min': { dimension: 'Volume Flow', factor: 0.06 },
  s: { dimension: 'Time', factor: 1 },
  min: { dimension: 'Time', factor: 60 },
  h: { dimension: 'Time', factor: 3600 },
  d: { dimension: 'Time', factor: 86_400 },
};

const UNITS: ReadonlyMap<string, Unit> = new Map(Object.entries(TABLE));

/** All names, the longest first. */
export const UNIT_NAMES: readonly string[] = [...UNITS.keys()].sort((a, b) => b.length - a.length);

export function unitOf(name: string): Unit | undefined {
  return UNITS.get(name);
}

/** Names of the units by dimension. */
export function unitsByDimension(): Record<string, string[]> {
  const units: Record<string, string[]> = {};
  for (const [name, { dimension }] of UNITS) (units[dimension] ??= []).push(name);
  return units;
}

/** How to turn values of one unit into another. @throws SeeqError 400 where that is impossible */
export function conversion(from: string | undefined, to: string): (value: number) => number {
  if (from === to) return (value) => value;
  const source = UNITS.get(from ?? '');
  const target = UNITS.get(to);
  if (target === undefined || source?.dimension !== target.dimension) {
    throw new SeeqError(400, `Values cannot be converted from '${from ?? ''}' to '${to}'`);
  }
  return (value) => (value * source.factor + (source.shift ?? 0) - (target.shift ?? 0)) / target.factor;
}

/** The samples in another unit; text and missing values stay. */
export function* converted(samples: Iterable<Sample>, convert: (value: number) => number): Generator<Sample> {
  for (const sample of samples) {
    yield typeof sample.value === 'number' ? { ...sample, value: convert(sample.value) } : sample;
  }
}
