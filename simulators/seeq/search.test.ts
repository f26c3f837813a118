import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { plantItemId } from './plant/plant.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { call, caller, headersWith, idOf, login, NOW, type Caller, type CallOptions } from './testing.ts';

type Hits = Models['ItemSearchPreviewPaginatedListV1'];

describe('search of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const search = async (query: NonNullable<CallOptions['query']>): Promise<Hits> => {
    const answer = await get('/items', { query: { limit: 1000, ...query } });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as Hits;
  };
  /** Without the tags of the areas, whose names end like those in the tree. */
  const names = async (...filters: string[]): Promise<string[]> => {
    const { items } = await search({ filters, orderBy: ['Name'] });
    return [...new Set(items?.map(({ name }) => name).filter((name) => !/^Area [A-Z]_/.test(name)))];
  };

  it('takes spaces round the operator or none, and any property as a field', async () => {
    const one = ['Wet Bulb'];
    for (const filter of [
      'Name==Wet Bulb',
      'Name == Wet Bulb',
      'Name~=wet b',
      'Name ~= WET B',
      '  Name  ==  Wet Bulb  ',
    ])
      expect(await names(filter), filter).toEqual(one);
    expect(await names('Manufacturer==Nordkühl & Söhne')).toEqual(['Chiller 1', 'Chiller 2']);
    expect(await names('Installed==1998')).toEqual(['Chiller 1']);
    expect(await names('Data ID==R-101.LEVEL && Datasource Class==Simulated Historian')).toEqual(['Level']);
    expect(await names('Type==ThresholdMetric')).toEqual(['Minutes Metric']);
    expect(await names('Interpolation Method==PILinear')).toEqual(['PILinear with Bad']);
    expect(await names('No Such Property==x')).toEqual([]);
  });

  it('looks for a part of name or description whatever the case, and for exactly the whole value with case', async () => {
    expect(await names('MALMÖ')).toEqual([]);
    expect(await names('three SHIFTS a day')).toEqual(['Shifts']);
    expect(await names('Description~=THREE shifts')).toEqual(['Shifts']);
    expect(await names('Description==Three shifts')).toEqual([]);
    expect(await names('Name==shifts')).toEqual([]);
  });

  it('takes wildcards for any value after ~= and by themselves, but not after ==', async () => {
    expect(await names('Name~=Reactor ?')).toEqual(['Reactor 1', 'Reactor 2', 'Reactor 3']);
    expect(await names('Name~=*ulb')).toEqual(['Wet Bulb']);
    expect(await names('wet*')).toEqual(['Wet Bulb']);
    expect(await names('Name~=100 % of * and ?')).toEqual(['100 % of * and ?']);
    expect(await names('Name==Wet*')).toEqual([]);
    expect((await search({ filters: ['Name~=area ?_*'] })).totalResults).toBe(26 * 6);
  });

  it('takes regular expressions: whole after ==, a part after ~=, both with case, with && and slashes inside', async () => {
    expect(await names('Name==/Reactor [12]/')).toEqual(['Reactor 1', 'Reactor 2']);
    expect(await names('Name==/Reactor/')).toEqual([]);
    expect(await names('Name~=/^Reactor [1-2].*/')).toEqual(['Reactor 1', 'Reactor 2']);
    expect(await names('Name~=/^reactor/')).toEqual([]);
    expect(await names('Name==/A && B/ && Description~=signal')).toEqual(['A && B']);
    expect(await names('Name==/For\\/ward/')).toEqual(['For/ward']);
    expect(await names('Name==/For/ward/')).toEqual(['For/ward']);
  });

  it('joins by && and takes several filters as alternatives, with directives beside them', async () => {
    expect(await names('Name~=temp && Value Unit Of Measure==°F && Data ID~=*Tower 1*Area K*')).toEqual([
      'Temperature',
    ]);
    expect(await names('Name==Shifts', 'Name==Level', 'Name==Nothing')).toEqual(['Level', 'Shifts']);
    expect(await names('Name==Archived', '@includeUnsearchable')).toEqual(['Archived']);
    const found = await search({ filters: ['@includeUnsearchable'] });
    expect(found.totalResults).toBe((await search({ filters: [] })).totalResults + 1);
    expect((await search({ filters: ['*'] })).totalResults).toBe((await search({})).totalResults);
  });

  it('finds items by id in either case, together with other clauses and within an asset', async () => {
    const [level, shifts] = [idOf('Packaging >> Line 1 >> Reactor 1 >> Level'), idOf('Packaging >> Shifts')];
    expect(await names(`ID==${level}`, `ID==${shifts.toLowerCase()}`)).toEqual(['Level', 'Shifts']);
    expect(await names(`ID==${level} && Name==Shifts`)).toEqual([]);
    expect(await names(`ID==${level}`, 'Name==Wet Bulb')).toEqual(['Level', 'Wet Bulb']);
    expect(await names('ID==nothing')).toEqual([]);
    const within = await search({ filters: [`ID==${level}`], asset: idOf('Packaging') });
    expect(within.totalResults).toBe(1);
    expect((await search({ filters: [`ID==${level}`], asset: idOf('Example') })).totalResults).toBe(0);
  });

  it('finds what is in several trees below each of them, and refuses an asset that is none', async () => {
    for (const asset of ['Packaging', 'Maintenance'])
      expect((await search({ filters: ['Data ID==R-101.LEVEL'], asset: idOf(asset) })).totalResults, asset).toBe(1);
    expect((await get('/items', { query: { asset: idOf('Nothing') } })).status).toBe(404);
    expect((await get('/items', { query: { asset: 'BAD!' } })).status).toBe(400);
  });

  it('orders by several properties, either way, and pages in that order', async () => {
    const query = { types: ['StoredSignal'], filters: ['Example/Area', 'Name==Temperature', 'Name==Wet Bulb'] };
    const order = async (...orderBy: string[]) =>
      (await search({ ...query, orderBy, includeProperties: ['Data ID'] })).items?.map(
        ({ name, includedProperties }) => `${name} ${String(includedProperties?.['Data ID']?.value)}`,
      ) ?? [];
    const ascending = await order('Name', 'Data ID');
    expect(ascending).toEqual([...ascending].sort());
    expect(await order('Name desc', 'Data ID desc')).toEqual([...ascending].reverse());
    const pages: string[] = [];
    for (let offset = 0; offset < ascending.length; offset += 7) {
      const page = await search({ ...query, orderBy: ['Name', 'Data ID'], offset, limit: 7 });
      expect(page).toMatchObject({ offset, limit: 7, totalResults: ascending.length });
      pages.push(...(page.items ?? []).map(({ id }) => id));
    }
    expect(new Set(pages).size).toBe(ascending.length);
  });

  it('includes the properties that are named, and leaves out those that an item does not have', async () => {
    const query = {
      filters: ['Name==Temperature && Data ID==CH-1.TEMP', 'Name==Shifts'],
      includeProperties: ['Value Unit Of Measure', 'Location'],
    };
    const { items } = await search({ ...query, orderBy: ['Name'] });
    expect(items?.[0]?.includedProperties).toEqual({});
    expect(Object.keys(items?.[1]?.includedProperties ?? {})).toEqual(['Value Unit Of Measure', 'Location']);
  });

  it('refuses mixes of data and documents, unknown types and unreadable filters, with what is wrong', async () => {
    await expect(search({ types: ['Signal', 'Workbook'] })).rejects.toThrow('Workbook');
    for (const types of [['Signals'], ['constructor']])
      await expect(search({ types })).rejects.toThrow('Unknown item type');
    for (const filter of ['Name==/(/', '@all', 'Name==a &&', '&& Name==a', 'Name==/[z-a]/'])
      await expect(search({ filters: [filter] }), filter).rejects.toThrow('filter');
  });

  it('stops patterns that would run indefinitely', async () => {
    const long = await startSeeqSimulator({ port: 0 }, () => NOW);
    long.plant.add({ type: 'Asset', name: `${'a'.repeat(60)}!` });
    const headers = headersWith(await login(long.url));
    const ask = async (filter: string) => call(long.url, '/items', { headers, query: { filters: [filter] } });
    expect(await ask('Name~=/^(a+)+$/')).toMatchObject({
      status: 400,
      body: { statusMessage: expect.stringContaining('pattern') as string },
    });
    expect((await ask(`Name~=${' '.repeat(3000)}x`)).status).toBe(200);
    expect((await ask('Name==Shifts')).body).toMatchObject({ totalResults: 1 });
    await long.stop();
  });

  it('finds one of 100,000 tags, and pages through all of them in order', async () => {
    const large = await startSeeqSimulator({ port: 0, name: 'Large', extraTags: 100_000 }, () => NOW);
    const headers = headersWith(await login(large.url));
    const ask = async (query: NonNullable<CallOptions['query']>): Promise<Hits> =>
      (await call(large.url, '/items', { headers, query })).body as Hits;
    expect((await ask({ filters: ['Name==U042_TI_042001.PV'] })).items).toMatchObject([
      { id: plantItemId('Large', 'U042_TI_042001.PV') },
    ]);
    expect((await ask({ filters: ['Name~=U04?_TI*'] })).totalResults).toBe(2500);
    expect((await ask({ filters: ['Data ID~=_042'] })).totalResults).toBe(1000);
    const query = { types: ['StoredSignal'], orderBy: ['Name'], limit: 40_000 };
    const seen: string[] = [];
    for (let offset = 0; ; offset += 40_000) {
      const page = await ask({ ...query, offset });
      seen.push(...(page.items ?? []).map(({ name }) => name));
      if ((page.items ?? []).length < 40_000) break;
    }
    expect(seen.length).toBeGreaterThan(100_000);
    expect(seen.every((name, at) => at === 0 || (seen[at - 1] ?? '') <= name)).toBe(true);
    await large.stop();
  });
});
