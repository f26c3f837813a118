/** The tree `Utilities`: two chillers with a signal, what is calculated from it, a condition and a limit. */
import { calculatedData } from '../formula/items.ts';
import { gridSeries } from '../series/grid-series.ts';
import { periodicCapsules, type Capsule } from '../series/capsules.ts';
import { noise } from '../series/noise.ts';
import { HOUR, MINUTE } from '../series/time.ts';
import { round, weatherOf } from './cooling-towers.ts';
import { guidOf } from './guid.ts';
import type { Item } from './item.ts';
import type { PlantParts } from './parts.ts';

/** A chiller may be off every two hours. */
const BLOCK = 2n * HOUR;

export function addUtilities(parts: PlantParts): void {
  const { plant, historian } = parts;
  const root = plant.add({ type: 'Asset', name: 'Utilities', datasource: historian, dataId: 'utilities' });
  for (const [name, installed] of [
    ['Chiller 1', 1998],
    ['Chiller 2', 2014],
  ] as const) {
    const chiller = plant.add({
      type: 'Asset',
      name,
      parent: root,
      description: `${name} behind the cooling towers`,
      datasource: historian,
      dataId: `utilities/${name}`,
      properties: [
        { name: 'Manufacturer', value: 'Nordkühl & Söhne' },
        { name: 'Installed', value: installed, unit: '' },
      ],
    });
    addChiller(parts, chiller);
  }
}

function addChiller({ plant, historian }: PlantParts, chiller: Item): void {
  const tag = chiller.name.replace('Chiller ', 'CH-');
  const seed = plant.seed(chiller.name);
  const weather = weatherOf(seed);
  const end = plant.now;
  const temperature = plant.add({
    type: 'StoredSignal',
    name: 'Temperature',
    description: `Air temperature at ${chiller.name}`,
    parent: chiller,
    datasource: historian,
    dataId: `${tag}.TEMP`,
    properties: [{ name: 'Location', value: `${chiller.name} north` }],
    signal: {
      series: gridSeries({
        period: 2n * MINUTE,
        end,
        value: (k, key) => round(weather(key) + 3 * noise(seed, k), 3),
      }),
      interpolation: 'Linear',
      maxInterpolation: HOUR,
      unit: '°F',
      sourceUnit: 'deg F',
    },
  });
  plant.add({
    name: 'Temperature Hourly',
    parent: chiller,
    description: 'The temperature on an even grid of one hour',
    formula: '$t.resample(1h)',
    inputs: { t: temperature },
    ...calculatedData('$t.resample(1h)', { t: temperature }, end),
  });
  plant.add({
    type: 'StoredCondition',
    name: 'Compressor Off',
    parent: chiller,
    datasource: historian,
    dataId: `${tag}.OFF`,
    condition: {
      maxDuration: BLOCK,
      declared: [{ name: 'Block' }],
      capsules: periodicCapsules({
        period: BLOCK,
        longest: BLOCK,
        end,
        round: (index, start): Capsule[] => {
          if (noise(seed + 9, index) > 0.25) return [];
          const now = end();
          return [
            {
              id: guidOf(plant.name, `capsule:${tag}/off/${index}`),
              start,
              end: start + BLOCK,
              ...(start + BLOCK > now ? { uncertain: true, cursor: now } : {}),
              properties: [{ name: 'Block', value: index }],
            },
          ];
        },
      }),
    },
  });
  plant.add({
    type: 'LiteralScalar',
    name: 'Temperature Limit',
    parent: chiller,
    datasource: historian,
    dataId: `${tag}.TLIMIT`,
    formula: '95°F',
    scalar: { value: 95, unit: '°F' },
  });
}
