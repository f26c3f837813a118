/** Folders, workbooks and worksheets, and what belongs to one workbook alone: a signal and an asset group. */
import { gridSeries } from '../series/grid-series.ts';
import { HOUR, MINUTE } from '../series/time.ts';
import type { PlantParts } from './parts.ts';
import type { Item } from './item.ts';

/** What the worksheet `Overview` shows. */
const DISPLAYED = [
  ['StoredSignal', 'Area A_Temperature'],
  ['StoredCondition', 'Packaging >> Shifts'],
  ['LiteralScalar', 'Special Cases >> Scalars >> Setpoint'],
] as const;

export function addWorkbooks(parts: PlantParts, reactors: readonly Item[]): void {
  const { plant } = parts;
  const mine = plant.add({ type: 'Folder', name: 'My Folder', key: 'mine' });
  plant.add({ type: 'Folder', name: 'Corporate', key: 'corporate' });
  const review = addWorkbook(parts, mine, 'Energy Review', ['Overview', 'Compressors']);
  addWorkbook(parts, mine, 'Shift Report', ['Today']);

  plant.add({
    type: 'CalculatedSignal',
    name: 'Scoped Signal',
    description: 'Belongs to the workbook Energy Review and is found only in its scope',
    scopedTo: review.id,
    formula: '$level',
    inputs: inputsOf(reactors[0]?.children.find((child) => child.name === 'Level')),
    signal: {
      interpolation: 'Linear',
      maxInterpolation: HOUR,
      unit: '%',
      series: gridSeries({ period: MINUTE, end: plant.now, value: (k) => Math.abs(k % 100) }),
    },
  });
  const group = plant.add({ type: 'Asset', name: 'Critical Compressors', scopedTo: review.id, assetGroup: true });
  for (const letter of ['A', 'B']) {
    const area = [...plant.ofType('Asset')].find((item) => item.name === `Area ${letter}`);
    const power = area?.children.find((child) => child.name === 'Compressor Power');
    const asset = plant.add({
      type: 'Asset',
      name: `Compressor ${letter}`,
      parent: group,
      scopedTo: review.id,
      assetGroup: true,
    });
    if (power === undefined) continue;
    plant.add({
      type: 'CalculatedSignal',
      name: 'Power',
      parent: asset,
      scopedTo: review.id,
      assetGroup: true,
      formula: '$signal',
      inputs: { signal: power },
      ...(power.signal === undefined ? {} : { signal: power.signal }),
    });
  }
}

function addWorkbook(parts: PlantParts, folder: Item, name: string, worksheets: readonly string[]): Item {
  const { plant } = parts;
  const workbook = plant.add({ type: 'Workbook', name, description: `${name} of the simulated plant` });
  folder.children.push(workbook);
  for (const worksheet of worksheets) {
    const displayed = DISPLAYED.flatMap(([type, key]) => plant.findByKey(type, key) ?? []);
    const more = worksheet === 'Overview' ? { displayed } : {};
    workbook.children.push(plant.add({ type: 'Worksheet', name: worksheet, key: `${name} >> ${worksheet}`, ...more }));
  }
  return workbook;
}

function inputsOf(level: Item | undefined): Readonly<Record<string, Item>> {
  return level === undefined ? {} : { level };
}
