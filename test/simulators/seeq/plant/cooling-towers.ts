/** The tree `Example`: two cooling towers with areas, each with weather, a compressor, a condition and a limit. */
import { calculatedData } from '../formula/items.ts';
import { gridSeries } from '../series/grid-series.ts';
import { noise, pick } from '../series/noise.ts';
import { periodicCapsules } from '../series/capsules.ts';
import { DAY, floorDiv, HOUR, MINUTE } from '../series/time.ts';
import type { PlantParts } from './parts.ts';
import { guidOf } from './guid.ts';
import type { Item } from './item.ts';
import type { Plant } from './plant.ts';

const TOWERS: readonly (readonly [name: string, areas: string])[] = [
  ['Cooling Tower 1', 'ABCDEFGHIJK'],
  ['Cooling Tower 2', 'DEFGHIJK'],
];

/** Samples of the weather and of the power come every two minutes. */
const PERIOD = 2n * MINUTE;
/** The compressor may change its stage every two hours, and takes ten minutes for it. */
const BLOCK = 2n * HOUR;
const TRANSITION = 10n * MINUTE;

export function addCoolingTowers(parts: PlantParts): void {
  const { plant, example } = parts;
  const root = plant.add({ type: 'Asset', name: 'Example', datasource: example, dataId: 'example' });
  for (const [name, areas] of TOWERS) {
    const tower = plant.add({
      type: 'Asset',
      name,
      parent: root,
      description: `${name} with areas ${areas[0] ?? ''} to ${areas.at(-1) ?? ''}`,
      datasource: example,
      dataId: `example/${name}`,
      properties: [
        { name: 'Manufacturer', value: 'Nordkühl & Söhne' },
        { name: 'Installed', value: 1998, unit: '' },
      ],
    });
    for (const letter of areas) addArea(parts, tower, letter);
  }
}

function addArea(parts: PlantParts, tower: Item, letter: string): void {
  const { plant, example } = parts;
  const dataId = `${tower.name}/Area ${letter}`;
  const area = plant.add({ type: 'Asset', name: `Area ${letter}`, parent: tower, datasource: example, dataId });
  const seed = plant.seed(dataId);
  const end = plant.now;
  const stageAt = compressor(seed);
  const common = { parent: area, datasource: example } as const;
  const weather = (key: bigint): number => {
    const days = Number(key) / Number(DAY);
    const year = -Math.cos((2 * Math.PI * (days - 20)) / 365.25);
    const day = -Math.cos(2 * Math.PI * (days - 0.125));
    return 68 + (seed & 7) + 14 * year + 9 * day;
  };

  const temperature = plant.add({
    ...common,
    type: 'StoredSignal',
    name: 'Temperature',
    description: `Air temperature in ${area.name} of ${tower.name}`,
    dataId: `[${dataId}] Temperature`,
    properties: [{ name: 'Location', value: `${tower.name} north` }],
    signal: {
      series: gridSeries({ period: PERIOD, end, value: (k, key) => round(weather(key) + 3 * noise(seed, k), 3) }),
      interpolation: 'Linear',
      maxInterpolation: HOUR,
      unit: '°F',
      sourceUnit: 'deg F',
    },
  });
  plant.add({
    ...common,
    type: 'StoredSignal',
    name: 'Relative Humidity',
    dataId: `[${dataId}] Relative Humidity`,
    signal: {
      series: gridSeries({
        period: PERIOD,
        end,
        value: (k, key) => round(Math.min(100, Math.max(5, 120 - weather(key) + 6 * noise(seed + 1, k))), 3),
      }),
      interpolation: 'Linear',
      maxInterpolation: HOUR,
      unit: '%',
    },
  });
  plant.add({
    ...common,
    type: 'StoredSignal',
    name: 'Wet Bulb',
    dataId: `[${dataId}] Wet Bulb`,
    signal: {
      series: gridSeries({
        period: 5n * MINUTE,
        jitter: (k) => BigInt(Math.floor(noise(seed + 5, k) * 240_000)) * 1_000_000n,
        end,
        value: (k, key) => round(weather(key) - 9 + 2 * noise(seed + 2, k), 2),
      }),
      interpolation: 'PILinear',
      maxInterpolation: 2n * HOUR,
      unit: '°F',
    },
  });
  plant.add({
    ...common,
    type: 'StoredSignal',
    name: 'Compressor Power',
    dataId: `[${dataId}] Compressor Power`,
    signal: {
      series: gridSeries({
        period: PERIOD,
        end,
        value: (k, key) => round(POWER[stageAt(key)] * (0.95 + 0.1 * noise(seed + 3, k)), 3),
      }),
      interpolation: 'Linear',
      maxInterpolation: HOUR,
      unit: 'kW',
    },
  });
  plant.add({
    ...common,
    type: 'StoredSignal',
    name: 'Compressor Stage',
    description: 'What the compressor does, as text',
    dataId: `[${dataId}] Compressor Stage`,
    signal: {
      series: gridSeries({ period: 10n * MINUTE, end, value: (_k, key) => stageAt(key) }),
      interpolation: 'Step',
      maxInterpolation: 4n * HOUR,
      unit: 'string',
    },
  });
  plant.add({
    ...common,
    type: 'StoredSignal',
    name: 'Optimizer',
    description: 'Whether the optimizer runs: 1 or 0',
    dataId: `[${dataId}] Optimizer`,
    signal: {
      series: gridSeries({
        period: 30n * MINUTE,
        end,
        value: (k) => (noise(seed + 4, Math.floor(k / 6)) < 0.7 ? 1 : 0),
      }),
      interpolation: 'Step',
      maxInterpolation: DAY,
    },
  });
  plant.add({
    name: 'Temperature Hourly',
    parent: area,
    description: 'The temperature on an even grid of one hour',
    formula: '$t.resample(1h)',
    inputs: { t: temperature },
    ...calculatedData('$t.resample(1h)', { t: temperature }, end),
  });
  plant.add({
    ...common,
    type: 'StoredCondition',
    name: 'Compressor Off',
    dataId: `[${dataId}] Compressor Off`,
    condition: {
      maxDuration: 2n * HOUR,
      declared: [{ name: 'Block' }],
      capsules: periodicCapsules({
        period: BLOCK,
        longest: BLOCK,
        end,
        round: (index, start) => (stageOf(seed, index) === 'OFF' ? [capsuleOfBlock(plant, dataId, index, start)] : []),
      }),
    },
  });
  plant.add({
    ...common,
    type: 'LiteralScalar',
    name: 'Temperature Limit',
    dataId: `[${dataId}] Temperature Limit`,
    formula: '95°F',
    scalar: { value: 95, unit: '°F' },
  });
}

type Stage = 'OFF' | 'TRANSITION' | 'STAGE 1' | 'STAGE 2';

const POWER: Readonly<Record<Stage, number>> = { OFF: 0.2, TRANSITION: 4, 'STAGE 1': 16, 'STAGE 2': 31 };

function stageOf(seed: number, block: number): Stage {
  return pick<Stage>(seed + 9, block, ['OFF', 'STAGE 1', 'STAGE 1', 'STAGE 2']);
}

/** The stage at a time: constant over a block, but for the first minutes after a change. */
function compressor(seed: number): (key: bigint) => Stage {
  return (key) => {
    const block = Number(floorDiv(key, BLOCK));
    const stage = stageOf(seed, block);
    return key - BigInt(block) * BLOCK < TRANSITION && stageOf(seed, block - 1) !== stage ? 'TRANSITION' : stage;
  };
}

function capsuleOfBlock(plant: Plant, dataId: string, index: number, start: bigint) {
  const end = start + BLOCK;
  const now = plant.now();
  return {
    id: guidOf(plant.name, `capsule:${dataId}/off/${index}`),
    start,
    end,
    ...(end > now ? { uncertain: true, cursor: now } : {}),
    properties: [{ name: 'Block', value: index }],
  };
}

/** Cut to a number of decimals, so that the last bits of a sine do not differ between machines. */
export function round(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
