/**
 * The data source `Example Data`, by name and shape as the vendor's documentation and tests show it: six tags of each
 * of 26 areas, and the tree `Example` of two cooling towers with eleven of them. It holds nothing else.
 */
import { gridSeries } from '../series/grid-series.ts';
import { noise, pick } from '../series/noise.ts';
import { DAY, floorDiv, HOUR, MINUTE, parseTime } from '../series/time.ts';
import type { PlantParts } from './parts.ts';
import type { Item, SignalData } from './item.ts';

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');

const TOWERS: readonly (readonly [name: string, areas: string])[] = [
  ['Cooling Tower 1', 'ABCGHIJK'],
  ['Cooling Tower 2', 'DEF'],
];

/** Area F shows neither of these in the tree. */
const NOT_IN_F = ['Temperature', 'Relative Humidity'];
/** And its power has no samples after the first and before the second time. */
const GAP_OF_F = ['2018-01-01T01:00:00Z', '2018-01-01T02:00:00Z'].map((text) => parseTime(text, 'plant'));

/** The vendor's tests count more than 236 signals in this source; which these are is not public. [Inferred.] */
const FURTHER = 20;

/** Samples of nearly all signals come every two minutes. */
const PERIOD = 2n * MINUTE;
/** The compressor may change its stage every two hours, and takes ten minutes for it. */
const BLOCK = 2n * HOUR;
const TRANSITION = 10n * MINUTE;

export function addCoolingTowers(parts: PlantParts): void {
  const { plant, example } = parts;
  const areas = new Map(LETTERS.map((letter) => [letter, signalsOf(parts, letter)]));
  const asset = (name: string, parent?: Item): Item =>
    plant.add({
      type: 'Asset',
      name,
      datasource: example,
      dataId: `[Asset] ${parent === undefined ? '' : `${plant.pathOf(parent)} >> `}${name}`,
      ...(parent === undefined ? {} : { parent }),
    });
  const root = asset('Example');
  for (const [name, letters] of TOWERS) {
    const tower = asset(name, root);
    for (const letter of letters) {
      const area = asset(`Area ${letter}`, tower);
      for (const [signal, data] of areas.get(letter) ?? []) {
        if (letter === 'F' && NOT_IN_F.includes(signal)) continue;
        const dataId = `[Tree] ${plant.pathOf(area)} >> ${signal}`;
        plant.add({ type: 'StoredSignal', name: signal, parent: area, datasource: example, dataId, ...data });
      }
    }
  }
  for (const [letter, signals] of areas) {
    for (const [signal, data] of signals) addTag(parts, `Area ${letter}_${signal}`, data);
  }
  for (let n = 1; n <= FURTHER; n += 1) {
    const name = `Lab Sample ${String(n).padStart(2, '0')}`;
    const seed = plant.seed(name);
    const value = (k: number): number => round(7 + noise(seed, k), 2);
    addTag(parts, name, {
      signal: {
        series: gridSeries({ period: 8n * HOUR, end: plant.now, value }),
        interpolation: 'Linear',
        maxInterpolation: DAY,
      },
    });
  }
}

type Data = Pick<Item, 'description'> & { readonly signal: SignalData };

function addTag({ plant, example }: PlantParts, name: string, data: Data): void {
  plant.add({ type: 'StoredSignal', name, datasource: example, dataId: `[Tag] ${name}.sim.ts.csv`, ...data });
}

/** The six signals of an area, the same for its tags and its place in the tree. */
function signalsOf({ plant }: PlantParts, letter: string): [name: string, data: Data][] {
  const seed = plant.seed(`Area ${letter}`);
  const end = plant.now;
  const weather = weatherOf(seed);
  const stageAt = compressor(seed);
  const grid = (value: (k: number, key: bigint) => number | string): SignalData => ({
    series: gridSeries({ period: PERIOD, end, value }),
    interpolation: 'Linear',
    maxInterpolation: HOUR,
  });
  const power = (k: number, key: bigint): number => round(POWER[stageAt(key)] * (0.95 + 0.1 * noise(seed + 3, k)), 3);
  const [gapStart = 0n, gapEnd = 0n] = letter === 'F' ? GAP_OF_F : [];
  return [
    [
      'Compressor Power',
      {
        signal: {
          ...grid(power),
          series: gridSeries({
            period: PERIOD,
            end,
            value: power,
            present: (_k, key) => key < gapStart || key > gapEnd,
          }),
          unit: 'kW',
        },
      },
    ],
    [
      'Compressor Stage',
      {
        description: 'What the compressor does, as text',
        signal: {
          ...grid((_k, key) => stageAt(key)),
          interpolation: 'Step',
          maxInterpolation: 4n * HOUR,
          unit: 'string',
        },
      },
    ],
    [
      'Optimizer',
      {
        description: 'Whether the optimizer runs: 1 or 0',
        signal: {
          series: gridSeries({
            period: 4n * HOUR,
            phase: 30n * MINUTE,
            end,
            value: (k) => (noise(seed + 4, k) < 0.7 ? 1 : 0),
          }),
          interpolation: 'Step',
          maxInterpolation: DAY,
        },
      },
    ],
    [
      'Relative Humidity',
      {
        signal: {
          ...grid((k, key) => round(Math.min(100, Math.max(5, 120 - weather(key) + 6 * noise(seed + 1, k))), 3)),
          unit: '%',
        },
      },
    ],
    [
      'Temperature',
      {
        description: `Air temperature in Area ${letter}`,
        signal: { ...grid((k, key) => round(weather(key) + 3 * noise(seed, k), 3)), unit: '°F', sourceUnit: '°F' },
      },
    ],
    ['Wet Bulb', { signal: { ...grid((k, key) => round(weather(key) - 9 + 2 * noise(seed + 2, k), 2)), unit: '°F' } }],
  ];
}

/** Warm days in warm summers, in °F. */
export function weatherOf(seed: number): (key: bigint) => number {
  return (key) => {
    const days = Number(key) / Number(DAY);
    const year = -Math.cos((2 * Math.PI * (days - 20)) / 365.25);
    const day = -Math.cos(2 * Math.PI * (days - 0.125));
    return 68 + (seed & 7) + 14 * year + 9 * day;
  };
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

/** Cut to a number of decimals, so that the last bits of a sine do not differ between machines. */
export function round(value: number, decimals: number): number {
  const scale = 10 ** decimals;
  return Math.round(value * scale) / scale;
}
