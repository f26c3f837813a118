import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, DIRECTORY_USER, idOf, NOW, USER, type Caller } from './testing.ts';

describe('catalogue of the Seeq simulator: users, folders, sources, metrics', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  it('gives every operation of the description an answer', async () => {
    const { HANDLERS } = await import('./answers/all.ts');
    const { OPERATIONS } = await import('./http/description.ts');
    expect(OPERATIONS.map(({ id }) => id).filter((id) => HANDLERS[id] === undefined)).toEqual([]);
  });

  it('lists users, without access keys, and finds them by name, by id and by the first letters', async () => {
    const list = async (query = {}) =>
      ((await get('/users', { query })).body as Models['UserOutputListV1']).users?.map(({ username }) => username);
    expect(await list()).toEqual([USER.name, DIRECTORY_USER.name]);
    expect(await list({ usernameSearch: 'OPER' })).toEqual([DIRECTORY_USER.name]);
    expect(await list({ isAdmin: true })).toEqual([]);
    const me = (await get('/users/me')).body as Models['UserOutputV1'];
    expect((await get(`/users/${me.id}`)).body).toEqual(me);
    expect((await get(`/users/${idOf('Nobody')}`)).status).toBe(404);
    expect((await get('/users/autocomplete/op')).body).toMatchObject({
      totalResults: 1,
      items: [{ username: DIRECTORY_USER.name }],
    });
  });

  it('lists folders and workbooks, of one folder and by text', async () => {
    const list = async (query = {}) =>
      ((await get('/folders', { query })).body as Models['WorkbenchItemOutputListV1']).content?.map(({ name }) => name);
    expect(await list()).toEqual(['My Folder', 'Corporate', 'Energy Review', 'Shift Report']);
    expect(await list({ folderId: 'mine' })).toEqual(['Energy Review', 'Shift Report']);
    expect(await list({ folderId: 'OWNER', types: ['Analysis'] })).toEqual(['Energy Review', 'Shift Report']);
    expect(await list({ folderId: 'CORPORATE' })).toEqual([]);
    expect(await list({ textSearch: 'energy', types: ['Workbook'] })).toEqual(['Energy Review']);
    expect(await list({ textSearch: 'energy', isExact: true })).toEqual([]);
    expect((await get('/folders/mine')).body).toMatchObject({ type: 'Folder', name: 'My Folder' });
    expect((await get('/folders/corporate')).status).toBe(200);
    expect((await get(`/folders/${idOf('Example')}`)).status).toBe(404);
  });

  it('lists what came through a data source, and how the sources are', async () => {
    const source = idOf('Plant Historian', 'datasource');
    const all = (await get(`/datasources/${source}/items`)).body as Models['ItemPreviewListV1'];
    expect(all.totalResults).toBeGreaterThan(10);
    const one = await get(`/datasources/${source}/items`, { query: { dataId: 'R-101.LEVEL' } });
    expect(one.body).toMatchObject({ items: [{ id: idOf('Packaging >> Line 1 >> Reactor 1 >> Level') }] });
    expect((await get('/datasources/status')).body).toMatchObject({
      totalResults: 3,
      datasourceStatuses: [{ enabled: true }, { datasourceGuid: source }, { datasourceName: 'Special Cases' }],
    });
  });

  it('lists metrics and shows one', async () => {
    const { metrics } = (await get('/metrics')).body as Models['GetMetricsOutputV1'];
    expect(metrics?.map(({ name }) => name)).toEqual(['Minutes Metric']);
    expect((await get(`/metrics/${metrics?.[0]?.id ?? ''}`)).body).toMatchObject({
      measuredItem: { id: idOf('In No Tree') },
      processType: 'Simple',
    });
    expect((await get(`/metrics/${idOf('In No Tree')}`)).status).toBe(404);
  });

  it('reports where an item is used, and the names below an asset with their number', async () => {
    const usages = async (path: string, query = {}) =>
      ((await get(`/items/${idOf(path)}/usages`, { query })).body as Models['ItemPreviewListV1']).items?.map(
        ({ name }) => name,
      );
    expect(await usages('In No Tree')).toEqual(['Minutes Metric']);
    expect(await usages('Packaging >> Line 1 >> Reactor 1 >> Level')).toEqual(['Scoped Signal']);
    expect(await usages('Packaging >> Line 1 >> Reactor 1 >> Level', { scope: [] })).toEqual(['Scoped Signal']);
    const query = { asset: idOf('Utilities'), types: ['Signal'], filter: 'temp' };
    expect((await get('/items/asset-children-by-name', { query })).body).toMatchObject({
      items: [
        { name: 'Temperature', count: 2, types: ['StoredSignal'] },
        { name: 'Temperature Hourly', count: 2, types: ['CalculatedSignal'] },
      ],
    });
  });

  it('shows the formula of a calculated item, and refuses where there is none', async () => {
    const hourly = 'Utilities >> Chiller 1 >> Temperature Hourly';
    expect((await get(`/formulas/items/${idOf(hourly)}`)).body).toMatchObject({
      formula: '$t.resample(1h)',
      parameters: [{ name: 't', item: { name: 'Temperature' } }],
    });
    expect((await get(`/formulas/items/${idOf('Example')}`)).status).toBe(404);
    expect((await get(`/formulas/functions/${idOf(hourly)}`)).status).toBe(404);
  });
});
