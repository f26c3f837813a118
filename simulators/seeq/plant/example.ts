/** The plant of the simulator: everything that can be found in it, assembled from its parts. */
import { addCoolingTowers } from './cooling-towers.ts';
import { addManyTags } from './many-tags.ts';
import { addPackaging } from './packaging.ts';
import type { Item } from './item.ts';
import type { PlantParts } from './parts.ts';
import { Plant } from './plant.ts';
import { addInterpolation } from './special-interpolation.ts';
import { addSpecialConditions } from './special-conditions.ts';
import { addSpecialItems } from './special-items.ts';
import { addSpecialSignals } from './special-signals.ts';
import { addValues } from './special-values.ts';
import { addUtilities } from './utilities.ts';
import { addWorkbooks } from './workbooks.ts';

/**
 * @param name seeds all ids and values: two plants of one name are equal, two of different names have no id in common
 * @param now current time of the simulated server, nanoseconds
 * @param extraTags number of further signals, for tests of large plants
 */
export function buildPlant(name: string, now: () => bigint, extraTags = 0): Plant {
  const plant = new Plant(name, now);
  const parts: PlantParts = {
    plant,
    example: addDatasource(plant, 'Example Data', 'Time Series CSV Files', 'Example Data'),
    historian: addDatasource(plant, 'Plant Historian', 'Simulated Historian', 'historian-1'),
    special: addDatasource(plant, 'Special Cases', 'Simulated Cases', 'special-cases'),
  };
  addCoolingTowers(parts);
  addUtilities(parts);
  const reactors = addPackaging(parts);
  const special = plant.add({ type: 'Asset', name: 'Special Cases', datasource: parts.special, dataId: 'special' });
  addSpecialSignals(parts, special);
  addSpecialConditions(parts, special);
  addSpecialItems(parts, special);
  addInterpolation(parts, special);
  addValues(parts, special);
  addWorkbooks(parts, reactors);
  addManyTags(parts, extraTags);
  return plant;
}

function addDatasource(plant: Plant, name: string, datasourceClass: string, datasourceId: string): Item {
  return plant.add({
    type: 'Datasource',
    name,
    description: `Data source of the simulated plant ${plant.name}`,
    properties: [
      { name: 'Datasource Class', value: datasourceClass },
      { name: 'Datasource ID', value: datasourceId },
    ],
  });
}
