/** Assets: found or browsed level by level, with what hangs below them; pages hold every asset exactly once. */
import { afterEach, describe, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import type { Attribute, FoundItem } from '../../../src/sources/source.ts';
import { allPages, type Answer, fqn, source, testDriver, violations, type WholeSource } from '../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

/** A regular tree: `width` children each, `height` levels; ids are paths such as `0/2/1`. */
function forest(name: string, width: number, height: number, methods: Partial<WholeSource> = {}): WholeSource {
  const asset = (id: string): FoundItem => ({
    id,
    name: `Asset ${id}`,
    path: id.split('/').slice(0, -1),
    hasChildren: id.split('/').length < height,
  });
  const children: WholeSource['children'] = (id, call) =>
    call.run(async () => ({
      assets: Array.from({ length: width }, (_unused, n) => asset(id === undefined ? `${n}` : `${id}/${n}`)),
      attributes: [],
    }));
  return source(name, { children, ...methods });
}

const ids = (pages: Answer[]) => pages.flatMap(({ items }) => items.map((item) => item.fqn as string));

describe('browsing', () => {
  it('gives the roots of every server, each with its parent and depth', async () => {
    const answer = await testDriver([forest('a', 2, 2), forest('b', 1, 1)]).ask('elementsearch', { parent: '' });
    expect(answer.items).toEqual([
      {
        fqn: fqn('a', 'asset', '0'),
        displayName: 'a: Asset 0',
        name: 'Asset 0',
        path: [],
        hasChildren: true,
        parent: '',
        depth: 1,
      },
      {
        fqn: fqn('a', 'asset', '1'),
        displayName: 'a: Asset 1',
        name: 'Asset 1',
        path: [],
        hasChildren: true,
        parent: '',
        depth: 1,
      },
      {
        fqn: fqn('b', 'asset', '0'),
        displayName: 'b: Asset 0',
        name: 'Asset 0',
        path: [],
        hasChildren: false,
        parent: '',
        depth: 1,
      },
    ]);
    expect(answer.meta).not.toHaveProperty('cursor');
  });

  it('goes level by level to the depth asked for', async () => {
    const { ask } = testDriver([forest('a', 2, 4)]);
    const { items } = await ask('elementsearch', { parent: fqn('a', 'asset', '0'), depth: 2, limit: 100 });
    expect(items.map((item) => [item.name, item.depth])).toEqual([
      ['Asset 0/0', 1],
      ['Asset 0/1', 1],
      ['Asset 0/0/0', 2],
      ['Asset 0/0/1', 2],
      ['Asset 0/1/0', 2],
      ['Asset 0/1/1', 2],
    ]);
    expect(items[4]?.parent).toBe(fqn('a', 'asset', '0/1'));
  });

  it.each([1, 2, 5, 7, 100])('in pages of %i gives every asset once and in order', async (limit) => {
    const { ask } = testDriver([forest('a', 3, 3), forest('b', 2, 2)]);
    const whole = await ask('elementsearch', { parent: '', depth: 5, limit: 1000 });
    expect(whole.items).toHaveLength(39 + 6);
    const pages = await allPages((cursor) =>
      ask('elementsearch', { parent: '', depth: 5, limit, ...(cursor === undefined ? {} : { cursor }) }),
    );
    expect(ids(pages)).toEqual(ids([whole]));
    for (const { items } of pages) expect(items.length).toBeLessThanOrEqual(limit);
  });

  it('repeats and loses nothing when a server fails on one page', async () => {
    let calls = 0;
    const inner = forest('a', 3, 3);
    const flaky = forest('a', 3, 3, {
      children: (id, call) =>
        ++calls === 7 ? Promise.reject(new DriverError('sourceUnavailable', 'down')) : inner.children(id, call),
    });
    const { ask } = testDriver([flaky, forest('b', 9, 3)]);
    const pages = await allPages((cursor) =>
      ask('elementsearch', { parent: '', depth: 3, limit: 10, ...(cursor === undefined ? {} : { cursor }) }),
    );
    const found = ids(pages).filter((text) => (text as string | undefined) !== undefined);
    expect(pages.filter(({ status }) => status === 'partial')).toHaveLength(1);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toHaveLength(39 + 819);
  });

  it('is bound to its question', async () => {
    const { ask } = testDriver([forest('a', 3, 3)]);
    const { cursor } = (await ask('elementsearch', { parent: '', limit: 1 })).meta;
    expect((await ask('elementsearch', { parent: '', depth: 2, limit: 1, cursor })).error).toMatchObject({
      code: 'badRequest',
    });
    expect((await ask('elementsearch', { parent: 'x' })).error).toMatchObject({ code: 'badRequest' });
  });
});

describe('what hangs below an asset', () => {
  const attributes: Attribute[] = [
    { name: 'Level', type: 'tag', fqn: { scheme: 'seeq', host: 'a', kind: 'signal', id: 's' }, unit: '%' },
    { name: 'Limit', type: 'scalar', fqn: { scheme: 'seeq', host: 'a', kind: 'scalar', id: 'k' } },
    { name: 'Batches', type: 'timeframes', fqn: { scheme: 'seeq', host: 'a', kind: 'condition', id: 'c' } },
  ];
  const reactor: FoundItem = { id: 'r', name: 'Reactor/1', path: ['Line'], hasChildren: true };
  const plant = (methods: Partial<WholeSource> = {}) =>
    source('a', {
      search: async () => ({ found: [reactor, { ...reactor, id: 'q', name: 'Other' }], total: 2, more: false }),
      children: async () => ({ assets: [], attributes }),
      properties: async () => ({ name: 'Reactor/1', properties: [{ name: 'Maker & Co', value: 'X' }] }),
      snapshot: async () => ({ value: 6, unit: 'bar', time: null, status: 'Good' }),
      ...methods,
    });
  const include = ['attributes', 'properties'];

  it('is shown with names that stay the same when the asset is swapped', async () => {
    const { items } = await testDriver([plant()]).ask('elementsearch', { include });
    expect(items[0]).toMatchObject({ name: 'Reactor/1', hasChildren: true, path: ['Line'] });
    expect(items[0]?.attributes).toEqual([
      {
        name: 'Level',
        type: 'tag',
        unit: '%',
        fqn: fqn('a', 'signal', 's'),
        attributeFqn: 'seeq:a/asset/r/attribute/Level',
      },
      {
        name: 'Limit',
        type: 'scalar',
        fqn: fqn('a', 'scalar', 'k'),
        attributeFqn: 'seeq:a/asset/r/attribute/Limit',
        value: 6,
        unit: 'bar',
      },
      {
        name: 'Batches',
        type: 'timeframes',
        fqn: fqn('a', 'condition', 'c'),
        attributeFqn: 'seeq:a/asset/r/attribute/Batches',
      },
      { name: 'Maker & Co', type: 'property', fqn: 'seeq:a/asset/r/property/Maker%20%26%20Co', value: 'X' },
    ]);
  });

  it('is not read unless it is asked for', async () => {
    let calls = 0;
    const counting = plant({ children: () => Promise.reject(new Error(`call ${++calls}`)) });
    const { items } = await testDriver([counting]).ask('elementsearch', { include: ['properties'] });
    expect(items[0]?.attributes).toHaveLength(1);
    expect(calls).toBe(0);
  });

  it('fails for one scalar without hiding the asset', async () => {
    const unreadable = plant({ snapshot: () => Promise.reject(new DriverError('forbidden', 'not for you')) });
    const answer = await testDriver([unreadable]).ask('elementsearch', { include });
    expect(answer.status).toBe('ok');
    expect((answer.items[0]?.attributes as object[])[1]).toMatchObject({
      name: 'Limit',
      error: { code: 'forbidden', message: 'not for you' },
    });
  });

  it.each([{}, { parent: '' }])('fails for one asset without failing the others (%j)', async (how) => {
    const half = plant({
      children: async (id) => {
        if (id === undefined) return { assets: [reactor, { ...reactor, id: 'q' }], attributes: [] };
        if (id === 'r') throw new DriverError('forbidden', 'not for you');
        return { assets: [], attributes };
      },
    });
    const answer = await testDriver([half]).ask('elementsearch', { include, ...how });
    expect(answer.status).toBe('partial');
    expect(answer.items).toMatchObject([
      { host: 'a', fqn: fqn('a', 'asset', 'r'), error: { code: 'forbidden' } },
      { fqn: fqn('a', 'asset', 'q') },
    ]);
  });
});
