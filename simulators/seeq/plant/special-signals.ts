/** Signals that have something that a client can get wrong, below `Special Cases >> Signals` and `>> Names`. */
import { gridSeries } from '../series/grid-series.ts';
import { noise, pick } from '../series/noise.ts';
import { listSeries } from '../series/series.ts';
import { DAY, HOUR, MINUTE, parseTime, SECOND } from '../series/time.ts';
import { round } from './cooling-towers.ts';
import type { PlantParts } from './parts.ts';
import type { Item, SignalData } from './item.ts';

/** Names that break clients which join, split or escape carelessly. */
export const AWKWARD_NAMES = [
  'A && B',
  'Quote " and \' mark',
  'Back\\slash',
  'For/ward',
  '[Square] (round) {curly}',
  'Grüße 温度 🌡',
  '100 % of * and ?',
  '$dollar == ~= sign',
  'Fan > Speed',
  'plus + and = and # and ;',
] as const;

export function addSpecialSignals(parts: PlantParts, special: Item): void {
  const { plant, special: source } = parts;
  const folder = plant.add({
    type: 'Asset',
    name: 'Signals',
    parent: special,
    datasource: source,
    dataId: 'special/signals',
  });
  const seed = plant.seed('special');
  const end = plant.now;
  const add = (name: string, description: string, signal: SignalData, parent = folder, dataId = name): Item =>
    plant.add({ type: 'StoredSignal', name, description, parent, datasource: source, dataId, signal });
  const linear = { interpolation: 'Linear', maxInterpolation: HOUR } as const;
  const step = { interpolation: 'Step', maxInterpolation: DAY } as const;

  add('Fast', 'One sample a second; 200,000 samples are 55.6 hours', {
    ...linear,
    unit: 'mm/s',
    series: gridSeries({ period: SECOND, end, value: (k) => round(3 + Math.sin(k / 47) + 0.2 * noise(seed, k), 3) }),
  });
  add('Nanoseconds', 'About one sample a second, at keys that use all nine digits of a second', {
    ...linear,
    series: gridSeries({
      period: SECOND,
      jitter: (k) => BigInt(Math.floor(noise(seed + 1, k) * 900_000_000)) + 1n,
      end,
      value: (k) => k % 1000,
    }),
  });
  add('Gappy', 'One sample a minute, none from 02:00 to 05:00 UTC and in about a tenth of all hours', {
    ...linear,
    maxInterpolation: 10n * MINUTE,
    unit: 'm³/h',
    series: gridSeries({
      period: MINUTE,
      end,
      present: (k) => {
        const hour = Math.floor(k / 60);
        const ofDay = ((hour % 24) + 24) % 24;
        return (ofDay < 2 || ofDay >= 5) && noise(seed + 2, hour) > 0.1;
      },
      value: (k) => round(20 + 5 * noise(seed + 3, k), 2),
    }),
  });
  add('Bad and Uncertain', 'One sample in eight has no value, one in eight is uncertain', {
    ...linear,
    unit: 'bar',
    series: gridSeries({
      period: MINUTE,
      end,
      value: (k) => (mod(k, 8) === 3 ? undefined : round(5 + noise(seed + 4, k), 3)),
      uncertain: (k) => mod(k, 8) === 5,
    }),
  });
  add('Bad Text', 'Text; one sample in four has no value', {
    ...step,
    unit: 'string',
    series: gridSeries({
      period: MINUTE,
      end,
      value: (k) => (mod(k, 4) === 1 ? undefined : `Recipe "${mod(k, 5)}" \\ Größe`),
    }),
  });
  add('Enumeration', 'Digital states as ENUM{{<number>|<name>}}', {
    ...step,
    unit: 'string',
    series: gridSeries({
      period: 5n * MINUTE,
      end,
      value: (k) =>
        pick(seed + 5, k, ['ENUM{{0|OFF}}', 'ENUM{{1|ON}}', 'ENUM{{2|LOCAL | REMOTE}}', 'ENUM{{-3|Störung}}']),
    }),
  });
  add('Step', 'A number that changes about every half hour', {
    ...step,
    series: gridSeries({ period: MINUTE, end, value: (k) => Math.floor(noise(seed + 6, Math.floor(k / 30)) * 10) }),
  });
  add('Forecast', 'Reaches a week into the future; uncertain from now on', {
    ...linear,
    unit: '°C',
    series: gridSeries({
      period: HOUR,
      end: () => end() + 7n * DAY,
      certainUntil: end,
      value: (k) => round(12 + 6 * Math.sin(k / 24) + noise(seed + 7, k), 1),
    }),
  });
  add('Slow', 'One sample a day', {
    ...linear,
    maxInterpolation: 3n * DAY,
    unit: 'm³',
    series: gridSeries({ period: DAY, end, value: (k) => round(1000 + 30 * noise(seed + 8, k), 1) }),
  });
  add('Extreme Numbers', 'Very large, very small, negative and zero', {
    ...linear,
    series: gridSeries({
      period: MINUTE,
      end,
      value: (k) => pick(seed + 9, k, [0, -1.5, 1.7976931348623157e308, 5e-324, -273.15, 9007199254740991, 0.1]),
    }),
  });
  add('Empty', 'No samples at all', { ...linear, series: listSeries([]) });
  add('Three Samples', '1, 2, 3 at 2020-01-01T00:00:00Z and the two minutes after', {
    ...linear,
    series: listSeries([0, 1, 2].map((n) => ({ key: at('2020-01-01T00:00:00Z') + BigInt(n) * MINUTE, value: n + 1 }))),
  });
  add('One Sample', '1 at 2020-04-05T00:00:00Z', {
    ...linear,
    series: listSeries([{ key: at('2020-04-05T00:00:00Z'), value: 1 }]),
  });
  add('Equal Keys', 'Five samples at 2020-01-01T12:00:00Z between one before and one after', {
    ...step,
    series: listSeries([
      { key: at('2020-01-01T11:00:00Z'), value: 0 },
      ...[1, 2, 3, 4, 5].map((value) => ({ key: at('2020-01-01T12:00:00Z'), value })),
      { key: at('2020-01-01T13:00:00Z'), value: 6 },
    ]),
  });

  const names = plant.add({
    type: 'Asset',
    name: 'Names',
    parent: special,
    datasource: source,
    dataId: 'special/names',
  });
  for (const name of AWKWARD_NAMES) {
    const series = gridSeries({ period: 10n * MINUTE, end, value: (k) => mod(k, 100) });
    add(name, `Signal with the name ${name}`, { ...linear, series }, names, `names/${name}`);
  }
}

function at(text: string): bigint {
  return parseTime(text, 'plant');
}

function mod(k: number, n: number): number {
  return ((k % n) + n) % n;
}
