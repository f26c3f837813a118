/** The trees `Packaging` and `Maintenance`: lines with reactors that run batches; a reactor is in both trees. */
import { periodicCapsules, type Capsule } from '../series/capsules.ts';
import { gridSeries } from '../series/grid-series.ts';
import { noise, pick } from '../series/noise.ts';
import { DAY, HOUR, MINUTE, SECOND } from '../series/time.ts';
import { round } from './cooling-towers.ts';
import type { PlantParts } from './parts.ts';
import { guidOf } from './guid.ts';
import type { ConditionData, Item } from './item.ts';

const SHIFTS = ['Early', 'Late', 'Night'] as const;
const BATCH_PERIOD = 7n * HOUR;

/** Makes the lines and returns their reactors. */
export function addPackaging(parts: PlantParts): Item[] {
  const { plant, historian } = parts;
  const root = plant.add({ type: 'Asset', name: 'Packaging', datasource: historian, dataId: 'packaging' });
  plant.add({
    type: 'StoredCondition',
    name: 'Shifts',
    description: 'Three shifts a day, from 06:00, 14:00 and 22:00 UTC',
    parent: root,
    datasource: historian,
    dataId: 'packaging/shifts',
    condition: shifts(parts),
  });
  const reactors: Item[] = [];
  for (const line of ['Line 1', 'Line 2']) {
    const asset = plant.add({
      type: 'Asset',
      name: line,
      parent: root,
      datasource: historian,
      dataId: `packaging/${line}`,
    });
    plant.add({
      type: 'StoredCondition',
      name: 'Campaigns',
      description: 'Three days each, one after the other; the running one has no end yet',
      parent: asset,
      datasource: historian,
      dataId: `packaging/${line}/campaigns`,
      condition: campaigns(parts, line),
    });
    for (const number of line === 'Line 1' ? [1, 2] : [3]) reactors.push(addReactor(parts, asset, `Reactor ${number}`));
  }
  const maintenance = plant.add({ type: 'Asset', name: 'Maintenance', datasource: historian, dataId: 'maintenance' });
  const critical = plant.add({
    type: 'Asset',
    name: 'Critical Equipment',
    parent: maintenance,
    datasource: historian,
    dataId: 'maintenance/critical',
  });
  if (reactors[0] !== undefined) plant.place(reactors[0], critical);
  return reactors;
}

function addReactor(parts: PlantParts, line: Item, name: string): Item {
  const { plant, historian } = parts;
  const reactor = plant.add({ type: 'Asset', name, parent: line, datasource: historian, dataId: `packaging/${name}` });
  const seed = plant.seed(name);
  const end = plant.now;
  const tag = name.replace('Reactor ', 'R-10');
  plant.add({
    type: 'StoredSignal',
    name: 'Level',
    parent: reactor,
    datasource: historian,
    dataId: `${tag}.LEVEL`,
    description: `${tag} filling level`,
    signal: {
      series: gridSeries({
        period: 15n * SECOND,
        end,
        value: (k) => round(50 + 40 * Math.sin(k / 700 + seed) + noise(seed, k), 2),
      }),
      interpolation: 'Linear',
      maxInterpolation: 10n * MINUTE,
      unit: '%',
    },
  });
  plant.add({
    type: 'StoredSignal',
    name: 'Agitator',
    parent: reactor,
    datasource: historian,
    dataId: `${tag}.AGIT`,
    description: `${tag} agitator state, an enumeration`,
    signal: {
      series: gridSeries({
        period: MINUTE,
        end,
        value: (k) =>
          pick(seed, Math.floor(k / 45), ['ENUM{{0|OFF}}', 'ENUM{{1|ON}}', 'ENUM{{1|ON}}', 'ENUM{{2|FAULT}}']),
      }),
      interpolation: 'Step',
      maxInterpolation: HOUR,
      unit: 'string',
    },
  });
  plant.add({
    type: 'StoredCondition',
    name: 'Batches',
    parent: reactor,
    datasource: historian,
    dataId: `${tag}.BATCH`,
    description: `Batches of ${tag}; the running one has no end yet`,
    condition: batches(parts, name, tag, seed),
  });
  plant.add({
    type: 'LiteralScalar',
    name: 'Design Pressure',
    parent: reactor,
    datasource: historian,
    dataId: `${tag}.PDESIGN`,
    formula: '6bar',
    scalar: { value: 6, unit: 'bar' },
  });
  return reactor;
}

function shifts(parts: PlantParts): ConditionData {
  const { plant } = parts;
  return {
    maxDuration: 8n * HOUR,
    declared: [{ name: 'Shift' }, { name: 'Crew' }],
    capsules: periodicCapsules({
      period: 8n * HOUR,
      phase: 6n * HOUR,
      longest: 8n * HOUR,
      end: plant.now,
      round: (index, start) => {
        const end = start + 8n * HOUR;
        const now = plant.now();
        return [
          {
            id: guidOf(plant.name, `capsule:shift/${index}`),
            start,
            end,
            ...(end > now ? { uncertain: true, cursor: now } : {}),
            properties: [
              { name: 'Shift', value: SHIFTS[((index % 3) + 3) % 3] ?? SHIFTS[0] },
              { name: 'Crew', value: ((index % 4) + 4) % 4 },
            ],
          },
        ];
      },
    }),
  };
}

function campaigns(parts: PlantParts, line: string): ConditionData {
  const { plant } = parts;
  const length = 3n * DAY;
  return {
    maxDuration: length,
    declared: [{ name: 'Campaign' }],
    capsules: periodicCapsules({
      period: length,
      longest: length,
      end: plant.now,
      round: (index, start) => {
        const now = plant.now();
        return [
          {
            id: guidOf(plant.name, `capsule:${line}/campaign/${index}`),
            start,
            ...(start + length > now ? { uncertain: true, cursor: now } : { end: start + length }),
            properties: [{ name: 'Campaign', value: `${line} C${index}` }],
          },
        ];
      },
    }),
  };
}

function batches(parts: PlantParts, name: string, tag: string, seed: number): ConditionData {
  const { plant } = parts;
  return {
    maxDuration: BATCH_PERIOD,
    declared: [{ name: 'Batch ID' }, { name: 'Product' }, { name: 'Operator' }, { name: 'Yield', unit: '%' }],
    capsules: periodicCapsules({
      period: BATCH_PERIOD,
      longest: BATCH_PERIOD,
      end: plant.now,
      round: (index, roundStart): Capsule[] => {
        const start = roundStart + BigInt(Math.floor(noise(seed + 1, index) * 45)) * MINUTE;
        const end = start + BigInt(Math.floor(240 + noise(seed + 2, index) * 130)) * MINUTE;
        const now = plant.now();
        const open = end > now;
        return [
          {
            id: guidOf(plant.name, `capsule:${name}/batch/${index}`),
            start,
            ...(open ? { uncertain: true, cursor: now } : { end }),
            properties: [
              { name: 'Batch ID', value: `${tag}-${index}` },
              { name: 'Product', value: pick(seed + 3, index, ['Citric Acid', 'Glucose', 'Lecithin']) },
              { name: 'Operator', value: pick(seed + 4, index, ['Ada', 'Grace', 'Müller & Co "B"']) },
              // The yield is known when a batch has ended; until then the property has no value.
              { name: 'Yield', unit: '%', ...(open ? {} : { value: round(88 + 11 * noise(seed + 5, index), 1) }) },
            ],
          },
        ];
      },
    }),
  };
}
