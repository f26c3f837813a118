/**
 * Signals whose newest value, text or name is out of the ordinary, below `Special Cases >> Newest`, `>> Text`,
 * `>> Unicode Names` and `>> Twins`.
 */
import { gridSeries } from '../series/grid-series.ts';
import { DAY, HOUR, MINUTE, parseTime, SECOND } from '../series/time.ts';
import type { Item, SignalData } from './item.ts';
import type { PlantParts } from './parts.ts';

/** Names that look like another one, or are written in another direction. */
export const UNICODE_NAMES = [
  'Motör composed'.normalize('NFC'),
  'Motör decomposed'.normalize('NFD'),
  'מד לחץ 7',
  'مضخة المياه ٣',
  'Right \u202Eleft\u202C mark',
  'Zero\u200Bwidth',
  'No-break at the end\u00A0',
  'ﬁlter Ⅳ ＦＵＬＬ',
] as const;

/** When the signal `Dead Since 2019` has its newest sample. */
export const DEAD_SINCE = '2019-03-31T12:00:00Z';

/** Characters of each sample of the signal `Long Text`. */
export const LONG_TEXT = 20_000;

export function addValues({ plant, special }: PlantParts, root: Item): void {
  const folder = (name: string, parent = root, key?: string): Item =>
    plant.add({
      type: 'Asset',
      name,
      parent,
      datasource: special,
      dataId: `special/${key ?? name}`,
      ...(key === undefined ? {} : { key: `Special Cases >> ${key}` }),
    });
  const add = (parent: Item, name: string, description: string, signal: SignalData, key?: string): Item =>
    plant.add({
      type: 'StoredSignal',
      name,
      description,
      parent,
      datasource: special,
      dataId: `${parent.name}/${key ?? name}`,
      signal,
      ...(key === undefined ? {} : { key: `Special Cases >> ${key}` }),
    });
  const linear = { interpolation: 'Linear', maxInterpolation: HOUR } as const;
  const step = { interpolation: 'Step', maxInterpolation: DAY } as const;
  const end = plant.now;
  const minutes = { period: MINUTE, end, value: (k: number) => mod(k, 100) };

  const newest = folder('Newest');
  add(newest, 'Certain', 'One sample a minute; the newest is certain too', {
    ...linear,
    series: gridSeries({ ...minutes, newestIsCertain: true }),
  });
  add(newest, 'Dead Since 2019', `One sample a minute until ${DEAD_SINCE}`, {
    ...linear,
    series: gridSeries({ ...minutes, end: () => parseTime(DEAD_SINCE, 'plant'), newestIsCertain: true }),
  });
  add(newest, 'Never Alive', 'One sample a minute, none of them with a value', {
    ...linear,
    series: gridSeries({ ...minutes, value: () => undefined }),
  });
  add(newest, 'Bad Now', 'One sample a minute; those of the last hour have no value', {
    ...linear,
    series: gridSeries({ ...minutes, value: (k, key) => (key > end() - HOUR ? undefined : mod(k, 100)) }),
  });

  const texts = folder('Text');
  add(texts, 'Long Text', `One sample a minute, each of ${LONG_TEXT} characters`, {
    ...step,
    unit: 'string',
    series: gridSeries({ ...minutes, value: (k) => `${mod(k, 1000)} `.padEnd(LONG_TEXT, 'Größe ') }),
  });
  add(texts, 'Many Texts', 'One sample a second, which changes about every minute; a million samples are 11.6 days', {
    ...step,
    unit: 'string',
    series: gridSeries({ period: SECOND, end, value: (k) => `Phase ${mod(Math.floor(k / 60), 12)}` }),
  });

  const names = folder('Unicode Names');
  for (const name of UNICODE_NAMES) {
    add(names, name, 'Compare names as people read them', { ...linear, series: gridSeries(minutes) });
  }

  const twins = folder('Twins');
  add(twins, 'Twin', 'The first of two signals of one name', { ...linear, series: gridSeries(minutes) });
  add(
    twins,
    'Twin',
    'The second of two signals of one name',
    { ...linear, series: gridSeries({ ...minutes, value: (k) => -mod(k, 100) }) },
    'Twins >> Twin (2)',
  );
  for (const number of [1, 2]) {
    const pump = folder('Pump', twins, `Twins >> Pump (${number})`);
    const series = gridSeries({ ...minutes, value: () => number });
    add(pump, 'Number', `Always ${number}`, { ...linear, series }, `Twins >> Pump (${number}) >> Number`);
  }
}

function mod(k: number, n: number): number {
  return ((k % n) + n) % n;
}
