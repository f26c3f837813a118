/** Trees: roots, children of every kind, attributes by name, and a level of more children than one page holds. */
import { describe, expect, it } from 'vitest';
import { freeCall, idOf, plant, readable, rejection } from '../support.ts';
import { answering } from '../misbehaving-server.ts';
import { openSource } from '../support.ts';

describe('the roots', () => {
  it('are assets without a path', async () => {
    const { source } = await plant();
    const { assets, attributes } = await source.children(undefined, freeCall());
    expect(assets.map(({ name }) => name)).toEqual([
      'Critical Compressors',
      'Example',
      'Maintenance',
      'Packaging',
      'Special Cases',
      'Utilities',
    ]);
    expect(readable(assets).every(({ path, hasChildren }) => path.length === 0 && hasChildren)).toBe(true);
    expect(attributes).toEqual([]);
  });
});

describe('children', () => {
  it.each(['absent', 'null'] as const)(
    'are assets with their path, and attributes of every kind (%s)',
    async (absent) => {
      const { source } = await plant({ behaviour: { absent } });
      const area = await source.children(idOf('Utilities >> Chiller 1'), freeCall());
      expect(area.assets).toEqual([]);
      const fqn = (kind: string, name: string) => ({
        scheme: 'seeq',
        host: 'plant',
        kind,
        id: idOf(`Utilities >> Chiller 1 >> ${name}`),
      });
      expect(area.attributes).toContainEqual({
        name: 'Temperature',
        type: 'tag',
        description: 'Air temperature at Chiller 1',
        unit: '°F',
        fqn: fqn('signal', 'Temperature'),
      });
      expect(area.attributes).toContainEqual({
        name: 'Temperature Hourly',
        type: 'tag',
        description: expect.any(String) as string,
        unit: '°F',
        fqn: fqn('signal', 'Temperature Hourly'),
      });
      expect(area.attributes).toContainEqual({
        name: 'Temperature Limit',
        type: 'scalar',
        fqn: fqn('scalar', 'Temperature Limit'),
      });
      expect(area.attributes).toContainEqual({
        name: 'Compressor Off',
        type: 'timeframes',
        fqn: fqn('condition', 'Compressor Off'),
      });
      const towers = await source.children(idOf('Example'), freeCall());
      expect(readable(towers.assets).map(({ name, path }) => [name, path])).toEqual([
        ['Cooling Tower 1', ['Example']],
        ['Cooling Tower 2', ['Example']],
      ]);
      expect(towers.assets[0]).toMatchObject({ hasChildren: true });
      const { assets: chillers } = await source.children(idOf('Utilities'), freeCall());
      expect(chillers[0]).toMatchObject({ description: 'Chiller 1 behind the cooling towers', hasChildren: true });
    },
  );

  it('leave out what is archived and what the contract has no word for', async () => {
    const { source } = await plant();
    const hidden = await source.children(idOf('Special Cases >> Hidden'), freeCall());
    expect(hidden.attributes.map(({ name }) => name)).toEqual(['Redacted']);
    const scalars = await source.children(idOf('Special Cases >> Scalars'), freeCall());
    expect(scalars.attributes.map(({ name }) => name)).not.toContain('Minutes Metric');
  });

  it('of an asset in two trees are the same below both', async () => {
    const { source } = await plant();
    const line = await source.children(idOf('Packaging >> Line 1'), freeCall());
    const critical = await source.children(idOf('Maintenance >> Critical Equipment'), freeCall());
    const reactor = readable(line.assets).find(({ name }) => name === 'Reactor 1');
    expect(critical.assets.map(({ id }) => id)).toEqual([reactor?.id]);
    expect(reactor?.path).toEqual(['Packaging', 'Line 1']);
    expect(readable(critical.assets)[0]?.path).toEqual(['Maintenance', 'Critical Equipment']);
  });

  it('are complete where there are more than a page of them', async () => {
    const { seeq, source } = await plant();
    const parent = seeq.plant.find(idOf('Special Cases >> Hidden'));
    for (let n = 0; n < 2345; n++) {
      const name = `Child ${String(n).padStart(4, '0')}`;
      seeq.plant.add({
        type: n % 2 === 0 ? 'Asset' : 'LiteralScalar',
        name,
        ...(parent ? { parent } : {}),
        scalar: { value: n, unit: '' },
      });
    }
    const { assets, attributes } = await source.children(idOf('Special Cases >> Hidden'), freeCall());
    const names = [...assets, ...attributes].map(({ name }) => name).filter((name) => name.startsWith('Child'));
    expect(names).toHaveLength(2345);
    expect(new Set(names).size).toBe(2345);
    const pages = (await seeq.control.requests()).filter(({ operation }) => operation === 'get_tree');
    expect(pages).toHaveLength(3);
  });

  it('are complete where the server gives shorter pages than asked for', async () => {
    const children = Array.from({ length: 25 }, (_unused, n) => ({
      id: idOf(`${n}`),
      name: `Child ${n}`,
      type: 'Asset',
    }));
    const url = await answering(({ query }) => {
      const offset = Number(query.get('offset'));
      return { body: { limit: 10, offset, children: children.slice(offset, offset + 10) } };
    });
    const { assets } = await openSource(url).children(undefined, freeCall());
    expect(assets.map(({ id }) => id)).toEqual(children.map(({ id }) => id));
  });

  it('of what is no asset or no id are refused', async () => {
    const { source } = await plant();
    expect(await rejection(source.children('BAD!', freeCall()))).toMatchObject({ code: 'badRequest' });
    expect(await rejection(source.children(idOf('nothing'), freeCall()))).toMatchObject({ code: 'notFound' });
  });
});

describe('properties', () => {
  it('have numbers where there is a unit, and text as it is', async () => {
    const { source } = await plant();
    const id = idOf('Special Cases >> Scalars >> Setpoint').toLowerCase();
    expect((await source.properties(id, freeCall())).name).toBe('Setpoint');
    const tower = await source.properties(idOf('Utilities >> Chiller 1'), freeCall());
    expect(tower.properties).toContainEqual({ name: 'Manufacturer', value: 'Nordkühl & Söhne' });
    expect(tower.properties).toContainEqual({ name: 'Installed', value: '1998' });
  });

  it('of a server with units are numbers, those without a value are null', async () => {
    const url = await answering(() => ({
      body: {
        id: idOf('x'),
        name: 'Pump',
        type: 'Asset',
        properties: [
          { name: 'Power', value: '7.5', unitOfMeasure: 'kW' },
          { name: 'Text', value: '7 pumps', unitOfMeasure: 'string' },
          { name: 'Odd', value: '7 or 8', unitOfMeasure: 'kW' },
          { name: 'Nothing' },
          { name: 'Null', value: null, unitOfMeasure: null },
        ],
      },
    }));
    const { properties } = await openSource(url).properties(idOf('x'), freeCall());
    expect(properties).toEqual([
      { name: 'Power', value: 7.5, unit: 'kW' },
      { name: 'Text', value: '7 pumps' },
      { name: 'Odd', value: '7 or 8', unit: 'kW' },
      { name: 'Nothing', value: null },
      { name: 'Null', value: null },
    ]);
  });
});
