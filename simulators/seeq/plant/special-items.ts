/** Scalars of every kind, a metric, and items that are archived, redacted or in no tree. */
import { calculatedData } from '../formula/items.ts';
import { gridSeries } from '../series/grid-series.ts';
import { HOUR, MINUTE } from '../series/time.ts';
import type { PlantParts } from './parts.ts';
import type { Item, ScalarData } from './item.ts';

export function addSpecialItems(parts: PlantParts, special: Item): void {
  const { plant, special: source } = parts;
  const scalars = plant.add({
    type: 'Asset',
    name: 'Scalars',
    parent: special,
    datasource: source,
    dataId: 'special/scalars',
  });
  const scalar = (name: string, formula: string, value: ScalarData): Item =>
    plant.add({
      type: 'LiteralScalar',
      name,
      parent: scalars,
      datasource: source,
      dataId: `scalars/${name}`,
      formula,
      scalar: value,
    });
  const setpoint = scalar('Setpoint', '21.5°C', { value: 21.5, unit: '°C' });
  scalar('Ratio', '0.85', { value: 0.85, unit: '' });
  scalar('Site', '"Malmö"', { value: 'Malmö', unit: 'string' });
  scalar('Invalid', 'SCALAR.INVALID', { value: undefined, unit: '' });
  plant.add({
    name: 'Setpoint Doubled',
    parent: scalars,
    formula: '$s * 2',
    inputs: { s: setpoint },
    ...calculatedData('$s * 2', { s: setpoint }, plant.now),
  });

  const signal = {
    interpolation: 'Linear',
    maxInterpolation: HOUR,
    series: gridSeries({ period: MINUTE, end: plant.now, value: (k) => Math.abs(k % 60) }),
  } as const;
  const hidden = plant.add({
    type: 'Asset',
    name: 'Hidden',
    parent: special,
    datasource: source,
    dataId: 'special/hidden',
  });
  const common = { type: 'StoredSignal', datasource: source, signal } as const;
  plant.add({ ...common, name: 'Archived', parent: hidden, dataId: 'hidden/archived', archived: true });
  plant.add({ ...common, name: 'Redacted', parent: hidden, dataId: 'hidden/redacted', redacted: true });
  const free = plant.add({ ...common, name: 'In No Tree', dataId: 'free', description: 'A signal below no asset' });
  plant.add({
    type: 'ThresholdMetric',
    name: 'Minutes Metric',
    parent: scalars,
    metric: { measured: free, processType: 'Simple' },
  });
}
