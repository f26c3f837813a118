import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, type Caller, type CallOptions } from './testing.ts';

type Tree = Models['AssetTreeOutputV1'];

describe('trees of the Seeq simulator', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  const node = async (path?: string, query: CallOptions['query'] = {}): Promise<Tree> =>
    (await get(path === undefined ? '/trees/assets' : `/trees/assets/${idOf(path)}`, { query })).body as Tree;
  const names = (tree: Tree) => tree.children?.map(({ name }) => name);

  it('resolves every path level by level to the same ids as the plant has', async () => {
    let level = await node();
    for (const name of ['Packaging', 'Line 1', 'Reactor 1', 'Level']) {
      const child = level.children?.find((candidate) => candidate.name === name);
      expect(child, name).toBeDefined();
      if (child?.type !== 'Asset') {
        expect(child?.id).toBe(idOf('Packaging >> Line 1 >> Reactor 1 >> Level'));
        break;
      }
      level = (await get(`/trees/assets/${child.id}`)).body as Tree;
    }
  });

  it('has no item at the roots, and the path of a node, root first, at every other', async () => {
    expect((await node()).item).toBeUndefined();
    const reactor = await node('Packaging >> Line 1 >> Reactor 1');
    expect(reactor.item).toMatchObject({ name: 'Reactor 1', hasChildren: true, hasActiveChildren: true });
    expect(reactor.item?.ancestors?.map(({ name }) => name)).toEqual(['Packaging', 'Line 1']);
  });

  it('shows an asset in each of its trees with the same children', async () => {
    const [critical, line] = [await node('Maintenance >> Critical Equipment'), await node('Packaging >> Line 1')];
    const id = idOf('Packaging >> Line 1 >> Reactor 1');
    for (const tree of [critical, line]) expect(tree.children?.map((child) => child.id)).toContain(id);
  });

  it('hides archived children, and shows redacted ones as such', async () => {
    const hidden = await node('Special Cases >> Hidden');
    expect(hidden.children).toMatchObject([
      { name: 'Redacted', isRedacted: true, effectivePermissions: { read: false } },
    ]);
    expect(hidden.item).toMatchObject({ hasActiveChildren: true });
    const archived = await get(`/items/${idOf('Special Cases >> Hidden >> Archived')}`);
    expect(archived.body).toMatchObject({ isArchived: true });
  });

  it('shows an asset group in the scope of its workbook, marked as made by a user', async () => {
    const scope = [idOf('Energy Review', 'workbook')];
    expect(names(await node(undefined, { scope }))).toContain('Critical Compressors');
    const group = await node('Critical Compressors', { scope });
    expect(group.children?.[0]).toMatchObject({ name: 'Compressor A', scopedTo: scope[0], manuallyAdded: 'true' });
    const hits = await get('/items', { query: { filters: ['Name==Compressor A'], scope } });
    expect(hits.body).toMatchObject({ items: [{ isAssetGroupItem: true }] });
    const power = await get(`/signals/${idOf('Critical Compressors >> Compressor A >> Power')}`);
    expect(power.body).toMatchObject({ formula: '$signal', valueUnitOfMeasure: 'kW' });
  });

  it('matches properties of roots with case', async () => {
    expect(names(await node(undefined, { properties: ['Data ID=packaging'] }))).toEqual(['Packaging']);
    expect(names(await node(undefined, { properties: ['Data ID=PACKAGING'] }))).toEqual([]);
    expect((await get('/trees/assets', { query: { properties: ['Name'] } })).status).toBe(400);
  });

  it('refuses a node with more descendants than the limit, and pages children', async () => {
    const path = `/trees/assets/${idOf('Example')}`;
    expect((await get(path, { query: { includeDescendants: true } })).status).toBe(400);
    expect((await get(path, { query: { includeDescendants: true, limit: 1000 } })).status).toBe(200);
    const first = await node('Example', { limit: 1 });
    expect(first).toMatchObject({ limit: 1, offset: 0, next: expect.any(String) as string });
    expect(names(await node('Example', { limit: 1, offset: 1 }))).toEqual(['Cooling Tower 2']);
  });

  it('answers 404 for what is in no tree and 400 for what is no id', async () => {
    expect((await get(`/trees/assets/${idOf('Nothing')}`)).status).toBe(404);
    expect((await get('/trees/assets/x')).status).toBe(400);
  });
});
