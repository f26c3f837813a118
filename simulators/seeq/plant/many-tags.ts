/** Any number of further signals, without a tree, for tests of large plants. */
import { gridSeries } from '../series/grid-series.ts';
import { noise } from '../series/noise.ts';
import { HOUR, MINUTE } from '../series/time.ts';
import type { PlantParts } from './parts.ts';

const KINDS = ['FI', 'TI', 'PI', 'LI'] as const;

/** Names are like `U042_TI_000168.PV`. */
export function addManyTags(parts: PlantParts, count: number): void {
  const { plant, historian } = parts;
  const seed = plant.seed('many');
  for (let n = 0; n < count; n += 1) {
    const kind = KINDS[n % 4] ?? 'FI';
    const name = `U${String(Math.floor(n / 1000)).padStart(3, '0')}_${kind}_${String(n).padStart(6, '0')}.PV`;
    plant.add({
      type: 'StoredSignal',
      name,
      description: `Tag ${n} of unit ${Math.floor(n / 1000)}`,
      datasource: historian,
      dataId: name,
      signal: {
        interpolation: 'Linear',
        maxInterpolation: HOUR,
        series: gridSeries({
          period: MINUTE,
          end: plant.now,
          value: (k) => Math.round(1000 * noise(seed + n, k)) / 10,
        }),
      },
    });
  }
}
