/**
 * Signals that go on between, or after, their samples in every way that there is, below `Special Cases >>
 * Interpolation`, and units of a rate, below `Special Cases >> Rates`.
 */
import { gridSeries } from '../series/grid-series.ts';
import { listSeries } from '../series/series.ts';
import { DAY, HOUR, MINUTE, parseTime } from '../series/time.ts';
import type { Item, SignalData } from './item.ts';
import type { PlantParts } from './parts.ts';

/** Spellings of a maximum interpolation, with the length that the simulator takes them for. */
export const SPELLINGS: readonly (readonly [text: string, length: bigint])[] = [
  ['1mo', 30n * DAY],
  ['1 month', 30n * DAY],
  ['3 months', 91n * DAY],
  ['1M', 30n * DAY],
  ['P1M', 30n * DAY],
  ['1y', 365n * DAY],
  ['1 year', 365n * DAY],
  ['1yr', 365n * DAY],
  ['P1Y', 365n * DAY],
  ['PT36H', 36n * HOUR],
  ['P1DT12H', 36n * HOUR],
  ['40h', 40n * HOUR],
  ['5.4d', 129n * HOUR + 36n * MINUTE],
  ['2 wk', 14n * DAY],
  // A reader that does not know it has nothing but the default of the server.
  ['quite long', 2n * HOUR],
];

/** Constant signals by name, with unit and value. */
export const RATES: readonly (readonly [name: string, unit: string, value: number])[] = [
  ['Flow', 'm³/h', 10],
  ['Small Flow', 'L/min', 30],
  ['Mass Flow', 't/d', 48],
  ['Steam', 'kg/s', 2.5],
  ['Consumption', 'kW', 5],
  ['Large Consumption', 'MW', 0.5],
  ['Speed', 'm/s', 1.5],
  ['Plain', '', 3],
];

export function addInterpolation({ plant, special }: PlantParts, root: Item): void {
  const folder = (name: string): Item =>
    plant.add({ type: 'Asset', name, parent: root, datasource: special, dataId: `special/${name.toLowerCase()}` });
  const parent = folder('Interpolation');
  const end = plant.now;
  const add = (name: string, description: string, signal: SignalData, more: Partial<Item> = {}, below = parent): Item =>
    plant.add({
      type: 'StoredSignal',
      name,
      description,
      parent: below,
      datasource: special,
      dataId: `${below.name.toLowerCase()}/${name}`,
      signal,
      ...more,
    });
  /** One sample in four is bad: numbers 3, 7, 11 and so on. */
  const oneInFourBad = gridSeries({
    period: MINUTE,
    end,
    value: (k) => (mod(k, 4) === 3 ? undefined : mod(k, 100)),
  });

  add('Discrete', 'No value between the samples; one every ten minutes', {
    interpolation: 'Discrete',
    maxInterpolation: HOUR,
    unit: '°C',
    series: gridSeries({ period: 10n * MINUTE, end, value: (k) => mod(k, 100) }),
  });
  add('PILinear with Bad', 'One sample in four has no value; up to it the one before holds', {
    interpolation: 'PILinear',
    maxInterpolation: HOUR,
    series: oneInFourBad,
  });
  add('Linear with Bad', 'One sample in four has no value', {
    interpolation: 'Linear',
    maxInterpolation: HOUR,
    series: oneInFourBad,
  });
  add('Step with Bad', 'One sample in four has no value', {
    interpolation: 'Step',
    maxInterpolation: HOUR,
    series: oneInFourBad,
  });
  add('Set Point', 'A step that changes once in five days and holds for thirty', {
    interpolation: 'Step',
    maxInterpolation: 30n * DAY,
    unit: '°C',
    series: gridSeries({ period: 5n * DAY, end, newestIsCertain: true, value: (k) => 20 + mod(k, 5) }),
  });
  add('Step Within Limit', 'A step whose newest sample is 90 minutes old, and may hold for two hours', {
    interpolation: 'Step',
    maxInterpolation: 2n * HOUR,
    series: gridSeries({ period: MINUTE, end: () => end() - 90n * MINUTE, value: (k) => mod(k, 10) }),
  });
  add('Step Beyond Limit', 'A step whose newest sample is three hours old, and may hold for two', {
    interpolation: 'Step',
    maxInterpolation: 2n * HOUR,
    series: gridSeries({ period: MINUTE, end: () => end() - 3n * HOUR, value: (k) => mod(k, 10) }),
  });

  // Twenty days, which a month bridges, and 131 days, which only a year does.
  const series = listSeries([
    { key: at('2025-01-01T00:00:00Z'), value: 0 },
    { key: at('2025-01-21T00:00:00Z'), value: 20 },
    { key: at('2025-06-01T00:00:00Z'), value: 100 },
  ]);
  for (const [text, maxInterpolation] of SPELLINGS) {
    const signal = { interpolation: 'Linear', maxInterpolation, series } as const;
    add(`Maximum ${text}`, `The maximum interpolation is written as ${text}`, signal, { maxInterpolationText: text });
  }

  const rates = folder('Rates');
  for (const [name, unit, value] of RATES) {
    const signal = {
      interpolation: 'Linear',
      maxInterpolation: HOUR,
      ...(unit === '' ? {} : { unit }),
      series: gridSeries({ period: MINUTE, end, value: () => value }),
    } as const;
    add(name, `Always ${value} ${unit}`.trim(), signal, {}, rates);
  }
}

function at(text: string): bigint {
  return parseTime(text, 'plant');
}

function mod(k: number, n: number): number {
  return ((k % n) + n) % n;
}
