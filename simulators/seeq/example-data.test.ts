/** The data source `Example Data`, as the vendor's documentation and tests show it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, type Caller, type CallOptions } from './testing.ts';

type Hits = Models['ItemSearchPreviewPaginatedListV1'];

const SIX = ['Compressor Power', 'Compressor Stage', 'Optimizer', 'Relative Humidity', 'Temperature', 'Wet Bulb'];

describe('the Example Data of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const search = async (query: NonNullable<CallOptions['query']>): Promise<Hits> =>
    (await get('/items', { query: { limit: 1000, ...query } })).body as Hits;
  const ofSource = async (...types: string[]) =>
    (await search({ filters: ['Datasource Class==Time Series CSV Files && Datasource ID==Example Data'], types }))
      .items;

  it('holds 230 to 330 signals and 5 to 20 assets, and nothing else', async () => {
    const signals = (await ofSource('Signal'))?.length ?? 0;
    const assets = (await ofSource('Asset'))?.length ?? 0;
    expect(signals).toBeGreaterThan(230);
    expect(signals).toBeLessThan(330);
    expect(assets).toBeGreaterThan(5);
    expect(assets).toBeLessThan(20);
    expect(signals + assets).toBeGreaterThan(250);
    // And itself.
    expect(await ofSource()).toHaveLength(signals + assets + 1);
    expect(new Set((await ofSource())?.map(({ type }) => type))).toEqual(
      new Set(['StoredSignal', 'Asset', 'Datasource']),
    );
  });

  it('has six tags of each of 26 areas, below no asset', async () => {
    const { items } = await search({ filters: ['Name~=Area ?_*'], includeProperties: ['Data ID'] });
    expect(items?.map(({ name }) => name).sort()).toEqual(
      Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ', (letter) => SIX.map((name) => `Area ${letter}_${name}`)).flat(),
    );
    expect(items?.every(({ ancestors }) => ancestors?.length === 0)).toBe(true);
    const one = items?.find(({ name }) => name === 'Area A_Temperature');
    expect(one?.includedProperties?.['Data ID']?.value).toBe('[Tag] Area A_Temperature.sim.ts.csv');
    expect(one).toMatchObject({ valueUnitOfMeasure: '°F', sourceValueUnitOfMeasure: '°F' });
  });

  it.each([
    ['Cooling Tower 1', 'ABCGHIJK'],
    ['Cooling Tower 2', 'DEF'],
  ])('has the areas of %s, each of exactly six signals, but for Area F', async (tower, letters) => {
    const children = async (path: string) =>
      ((await get(`/trees/assets/${idOf(path)}`)).body as Models['AssetTreeOutputV1']).children?.map(
        ({ name }) => name,
      );
    const path = `Example >> ${tower}`;
    expect(await children(path)).toEqual(Array.from(letters, (letter) => `Area ${letter}`));
    for (const letter of letters) {
      const missing = letter === 'F' ? ['Temperature', 'Relative Humidity'] : [];
      const wanted = SIX.filter((name) => !missing.includes(name));
      expect(await children(`${path} >> Area ${letter}`), letter).toEqual(wanted);
    }
  });

  const samples = async (path: string, start: string, end: string) => {
    const query = { start, end, boundaryValues: 'Inclusive' };
    return (
      ((await get(`/signals/${idOf(path)}/samples`, { query })).body as Models['GetSamplesOutputV1']).samples ?? []
    );
  };

  it('has no samples of the power of Area F in one hour of 2018', async () => {
    expect(await samples('Area F_Compressor Power', '2018-01-01T01:00:00Z', '2018-01-01T02:00:00Z')).toEqual([]);
    const around = await samples('Area F_Compressor Power', '2018-01-01T00:58:00Z', '2018-01-01T02:02:00Z');
    expect(around.map(({ key }) => key)).toEqual(['2018-01-01T00:58:00Z', '2018-01-01T02:02:00Z']);
  });

  it.each(SIX.filter((name) => name !== 'Optimizer'))('has a sample of %s every two minutes', async (name) => {
    const hour = ['2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z'] as const;
    const tag = await samples(`Area A_${name}`, ...hour);
    expect(tag).toHaveLength(31);
    expect(await samples(`Example >> Cooling Tower 1 >> Area A >> ${name}`, ...hour)).toEqual(tag);
  });
});
