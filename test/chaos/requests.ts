/** The mixed requests of the run. All ask for fixed times, so each has one right answer. */
import type { Request } from '../../src/contract/request.ts';
import type { PlantEntry } from '../../simulators/seeq/control.ts';

export type PlantName = 'plant-a' | 'plant-b';

/** A request without its id and budget, and how its answers are compared. */
export interface Question {
  readonly request: Pick<Request, 'function' | 'params' | 'host'>;
  /**
   * `items`: every item must be the right one. `status`: the answer tells of the moment, such as a latency, so only its
   * form is compared.
   */
  readonly compare: 'items' | 'status';
}

const RANGE = { start: '2026-01-01T00:00:00Z', end: '2026-01-01T06:00:00Z' };
const TIME = '2026-01-01T03:00:00Z';
const AREAS = ['Area A', 'Area B', 'Area C'];
const NAMES = ['Temperature', 'Wet Bulb', 'Compressor Power'];

/** The questions for these plants. */
export function questionsFor(plants: Record<PlantName, readonly PlantEntry[]>): Question[] {
  const names = Object.keys(plants) as PlantName[];
  const ids = (plant: PlantName, type: RegExp, path: (path: string) => boolean): string[] =>
    plants[plant].filter((entry) => type.test(entry.type) && path(entry.path)).map(({ id }) => id);
  const tags = (plant: PlantName): string[] =>
    AREAS.flatMap((area) =>
      NAMES.flatMap((name) =>
        ids(plant, /signal/i, (path) => path.endsWith(`Cooling Tower 1 >> ${area} >> ${name}`)).map(
          (id) => `seeq:${plant}/signal/${id}`,
        ),
      ),
    );
  const conditions = (plant: PlantName): string[] =>
    ids(plant, /condition/i, () => true)
      .slice(0, 4)
      .map((id) => `seeq:${plant}/condition/${id}`);
  const assets = (plant: PlantName): string[] =>
    ids(plant, /asset/i, (path) => path.endsWith('Cooling Tower 1')).map((id) => `seeq:${plant}/asset/${id}`);

  const all = names.flatMap(tags);
  const questions: Question[] = [];
  const add = (name: string, params: Record<string, unknown>, more: Partial<Question['request']> = {}): void => {
    questions.push({ request: { function: name, params, ...more }, compare: 'items' });
  };
  for (const item of all) {
    add('snapshot', { items: [item], time: TIME });
    add('discrete', { items: [item], ...RANGE });
    add('plotted', { items: [item], ...RANGE, count: 50 });
  }
  add('snapshot', { items: all, time: TIME });
  add('interpolated', { items: all, ...RANGE, count: 25 });
  add('aggregated', { items: all.slice(0, 6), ...RANGE, intervalMs: 3_600_000, methods: ['average', 'count', 'max'] });
  add('discrete', { items: all, ...RANGE, boundary: 'outside' });
  add('describe', { items: all });
  // An item that does not exist fails alone, in quiet times as well.
  add('snapshot', { items: [all[0] ?? '', `seeq:plant-a/signal/0F1941DE-ED51-7360-A6C1-BCD2BD948BF8`], time: TIME });
  for (const plant of names) {
    add('tagsearch', { query: 'Temperature', limit: 1000 }, { host: plant });
    add('elementsearch', { query: 'Area*', limit: 1000 }, { host: plant });
    add('elementsearch', { parent: '', depth: 2 }, { host: plant });
    add('timeframesearch', { conditions: conditions(plant), ...RANGE, limit: 1000 }, { host: plant });
    add('describe', { items: [...assets(plant), ...conditions(plant)] });
  }
  add('tagsearch', { query: 'Wet Bulb', limit: 1000 });
  add('elementsearch', { parent: '', depth: 1 });
  for (const name of ['version', 'hosts', 'functions'])
    questions.push({ request: { function: name, params: {} }, compare: 'status' });
  return questions;
}
