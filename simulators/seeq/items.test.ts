import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { EMPTY_GUID } from './plant/guid.ts';
import { AWKWARD_NAMES } from './plant/special-signals.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, type Caller, type CallOptions } from './testing.ts';

type Hits = Models['ItemSearchPreviewPaginatedListV1'];
type Tree = Models['AssetTreeOutputV1'];

describe('items of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const search = async (query: NonNullable<CallOptions['query']>): Promise<Hits> => {
    const answer = await get('/items', { query });
    if (answer.status !== 200) throw new Error(answer.text);
    return answer.body as Hits;
  };
  const names = async (...filters: string[]): Promise<string[]> => {
    const hits = await search({ filters, limit: 1000, orderBy: ['Name'] });
    // Without the tags of the areas, whose names end like those in the tree.
    return [...new Set(hits.items?.map(({ name }) => name).filter((name) => !/^Area [A-Z]_/.test(name)))];
  };
  const tree = async (path: string, query: CallOptions['query'] = {}): Promise<Tree> =>
    (await get(path, { query })).body as Tree;

  it('finds by a part of name or description, whatever the case', async () => {
    expect(await names('relative hum')).toEqual(['Relative Humidity']);
    expect(await names('three shifts')).toEqual(['Shifts']);
    expect((await names('*')).length).toBeGreaterThan(50);
    expect(await names('no such thing')).toEqual([]);
  });

  it('finds by == exactly and with case, by ~= a part without case', async () => {
    expect(await names('Name==Wet Bulb')).toEqual(['Wet Bulb']);
    expect(await names('Name == Wet Bulb')).toEqual(['Wet Bulb']);
    expect(await names('Name==wet bulb')).toEqual([]);
    expect(await names('Name==Wet')).toEqual([]);
    expect(await names('Name~=WET')).toEqual(['Wet Bulb']);
  });

  it('finds by wildcards and by regular expressions', async () => {
    expect(await names('Name~=Area ?')).toHaveLength(11);
    expect(await names('Name~=compressor*')).toEqual([
      'Compressor A',
      'Compressor B',
      'Compressor Off',
      'Compressor Power',
      'Compressor Stage',
      'Compressors',
    ]);
    expect(await names('Name~=compressor ?ower')).toEqual(['Compressor Power']);
    expect(await names('Name==/Compressor (Power|Stage)/')).toEqual(['Compressor Power', 'Compressor Stage']);
    expect(await names('Name==/Compressor/')).toEqual([]);
    expect(await names('Name~=/ressor P/')).toEqual(['Compressor Power']);
    expect(await names('Name~=/ressor p/')).toEqual([]);
    expect(await names('Name==/A && B/')).toEqual(['A && B']);
    expect(await names('Data ID==/R\\-101\\.[K-M\\-]EVEL/')).toEqual(['Level']);
    expect(await names('Name==/plus\\ \\+\\ and\\ =\\ and\\ \\#\\ and\\ ;/')).toEqual(['plus + and = and # and ;']);
  });

  it('joins clauses by && and takes several filters as alternatives', async () => {
    expect(await names('Name~=compressor && Data ID~=tower 2 && Value Unit Of Measure==kW')).toEqual([
      'Compressor Power',
    ]);
    expect(await names('Name==Wet Bulb', 'Name==Shifts')).toEqual(['Shifts', 'Wet Bulb']);
    const ids = [idOf('Example'), idOf('Packaging')];
    expect(await names(...ids.map((id) => `ID==${id}`))).toEqual(['Example', 'Packaging']);
  });

  it('finds awkward names by regular expression and shows them unharmed', async () => {
    for (const name of AWKWARD_NAMES) {
      const escaped = name.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
      expect(await names(`Name==/${escaped}/`), name).toEqual([name]);
    }
  });

  it('leaves archived items out by default', async () => {
    expect(await names('Name==Archived')).toEqual([]);
    expect(await names('Name==Archived', '@includeUnsearchable')).toEqual(['Archived']);
  });

  it('keeps to the scope', async () => {
    const scope = [idOf('Energy Review', 'workbook')];
    const found = async (query: NonNullable<CallOptions['query']>) =>
      (await search({ filters: ['Name==Scoped Signal', 'Name==Shifts'], orderBy: ['Name'], ...query })).items?.map(
        ({ name }) => name,
      );
    expect(await found({})).toEqual(['Scoped Signal', 'Shifts']);
    expect(await found({ scope: [idOf('Shift Report', 'workbook')] })).toEqual(['Shifts']);
    expect(await found({ scope })).toEqual(['Scoped Signal', 'Shifts']);
    expect(await found({ scope: [EMPTY_GUID] })).toEqual(['Shifts']);
    const alone = { scope, filters: ['Name==Scoped Signal', 'Name==Shifts', '@excludeGloballyScoped'] };
    expect(await found(alone)).toEqual(['Scoped Signal']);
  });

  it('keeps to types, by their parent type too, and refuses unknown ones and bad mixes', async () => {
    const types = new Set((await search({ types: ['Signal'], limit: 1000 })).items?.map(({ type }) => type));
    expect([...types].sort()).toEqual(['CalculatedSignal', 'StoredSignal']);
    expect((await search({ types: ['Workbook'] })).items).toHaveLength(2);
    expect((await search({ types: ['Chart'] })).items).toEqual([]);
    await expect(search({ types: ['Signals'] })).rejects.toThrow('Signals');
    await expect(search({ types: ['Asset', 'Workbook'] })).rejects.toThrow('together');
  });

  it('keeps to what is below an asset, at any depth', async () => {
    const hits = await search({
      asset: idOf('Example >> Cooling Tower 2'),
      filters: ['Name==Temperature'],
      limit: 100,
    });
    expect(hits.totalResults).toBe(2);
    for (const hit of hits.items ?? [])
      expect(hit.ancestors?.map(({ name }) => name).slice(0, 2)).toEqual(['Example', 'Cooling Tower 2']);
  });

  it('pages in the order asked for, without gap or repeat', async () => {
    const whole = await search({ types: ['StoredSignal'], limit: 1000, orderBy: ['ID'] });
    const parts: string[] = [];
    for (let offset = 0; ; offset += 40) {
      const part = await search({ types: ['StoredSignal'], offset, orderBy: ['ID'] });
      parts.push(...(part.items ?? []).map(({ id }) => id));
      if ((part.items?.length ?? 0) < (part.limit ?? 0)) break;
    }
    expect(parts).toEqual(whole.items?.map(({ id }) => id));
    expect(parts).toEqual([...parts].sort());
  });

  it('includes the properties asked for, typed, and the same by POST', async () => {
    const filters = ['Name==Chiller 1'];
    const answer = await get('/items', {
      method: 'POST',
      body: { filters, includeProperties: ['Installed', 'Nothing'] },
    });
    expect((answer.body as Hits).items?.[0]?.includedProperties).toEqual({
      Installed: { name: 'Installed', value: 1998, unitOfMeasure: '' },
    });
    const all = (await search({ filters, includeProperties: ['@allProperties'] })).items?.[0]?.includedProperties;
    expect(Object.keys(all ?? {})).toEqual(expect.arrayContaining(['Name', 'Datasource Class', 'Manufacturer']));
  });

  it('refuses filters that cannot be read', async () => {
    for (const filter of ['Name==/[/', '@nothing', 'Name==a && '])
      await expect(search({ filters: [filter] }), filter).rejects.toThrow();
  });

  it('gives all properties of an item as text, and one by its name', async () => {
    const id = idOf('Example >> Cooling Tower 1 >> Area A >> Temperature');
    const whole = (await get(`/items/${id}`)).body as Models['ItemOutputV1'];
    expect(whole.properties.find(({ name }) => name === 'Value Unit Of Measure')?.value).toBe('°F');
    const one = await get(`/items/${id}/properties/${encodeURIComponent('Datasource Class')}`);
    expect(one.body).toMatchObject({ value: 'Time Series CSV Files' });
    expect((await get(`/items/${id}/properties/Nothing`)).status).toBe(404);
    expect((await get(`/items/${id}/preview`)).body).toMatchObject({ name: 'Temperature', valueUnitOfMeasure: '°F' });
  });

  it('shows the roots of the trees, and the asset group in the scope of its workbook', async () => {
    const roots = async (query: CallOptions['query'] = {}) =>
      (await tree('/trees/assets', query)).children?.map(({ name }) => name);
    const global = ['Example', 'Maintenance', 'Packaging', 'Special Cases', 'Utilities'];
    expect(await roots()).toEqual(['Critical Compressors', ...global]);
    expect(await roots({ scope: [EMPTY_GUID] })).toEqual(global);
    expect(await roots({ scope: [idOf('Energy Review', 'workbook')], excludeGloballyScoped: true })).toEqual([
      'Critical Compressors',
    ]);
    expect(await roots({ properties: ['Name=Packaging'] })).toEqual(['Packaging']);
    expect(await roots({ properties: ['Name!=Packaging'] })).toHaveLength(5);
  });

  it('shows a node with its path and its children, page by page', async () => {
    const area = await tree(`/trees/assets/${idOf('Example >> Cooling Tower 1 >> Area A')}`);
    expect(area.item?.ancestors?.map(({ name }) => name)).toEqual(['Example', 'Cooling Tower 1']);
    const chiller = await tree(`/trees/assets/${idOf('Utilities >> Chiller 1')}`);
    expect(chiller.children?.map(({ type }) => type)).toEqual([
      'StoredCondition',
      'StoredSignal',
      'CalculatedSignal',
      'LiteralScalar',
    ]);
    const path = `/trees/assets/${idOf('Example >> Cooling Tower 1')}`;
    const first = await tree(path, { limit: 5 });
    const second = await tree(path, { limit: 5, offset: 5 });
    expect([...(first.children ?? []), ...(second.children ?? [])].map(({ name }) => name)).toEqual(
      Array.from('ABCGHIJK', (letter) => `Area ${letter}`),
    );
  });

  it('gives all descendants at once, or refuses when there are more than the limit', async () => {
    const path = `/trees/assets/${idOf('Packaging')}`;
    expect((await get(path, { query: { includeDescendants: true, limit: 5 } })).status).toBe(400);
    const whole = await tree(path, { includeDescendants: true, limit: 1000 });
    const line = whole.children?.find(({ name }) => name === 'Line 1');
    expect(line?.children?.find(({ name }) => name === 'Reactor 1')?.children?.length).toBeGreaterThan(2);
  });

  it('has an asset in two trees', async () => {
    const critical = await tree(`/trees/assets/${idOf('Maintenance >> Critical Equipment')}`);
    expect(critical.children?.[0]?.id).toBe(idOf('Packaging >> Line 1 >> Reactor 1'));
  });

  it('gives scalars, valid and invalid, of numbers and text', async () => {
    const value = async (name: string) =>
      (await get(`/scalars/${idOf(`Special Cases >> Scalars >> ${name}`)}/getValue`)).body;
    expect(await value('Setpoint')).toMatchObject({ value: 21.5, uom: '°C' });
    expect(await value('Site')).toMatchObject({ value: 'Malmö', uom: 'string' });
    expect(await value('Invalid')).not.toHaveProperty('value');
  });

  it('gives data sources, workbooks, worksheets and folders', async () => {
    expect(((await get('/datasources')).body as Models['DatasourceOutputListV1']).datasources).toHaveLength(3);
    const workbook = idOf('Energy Review', 'workbook');
    expect((await get(`/workbooks/${workbook}`)).body).toMatchObject({ name: 'Energy Review' });
    expect(
      ((await get(`/workbooks/${workbook}/worksheets`)).body as Models['WorksheetOutputListV1']).worksheets,
    ).toHaveLength(2);
    expect((await get('/folders/mine')).body).toMatchObject({ type: 'Folder' });
  });
});
