/** Searching: every pattern against names that break careless clients, and every way to narrow a search. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SearchQuery, TextPattern } from '../../../../../src/sources/source.ts';
import { readPattern } from '../../../../../src/driver/search/pattern.ts';
import { trimmed } from '../../../../../src/lib/text.ts';
import { UNICODE_NAMES } from '../../../../../simulators/seeq/plant/special-values.ts';
import { AWKWARD_NAMES } from '../../../../../simulators/seeq/plant/special-signals.ts';
import { type SeeqSimulator, startSeeqSimulator } from '../../../../../simulators/seeq/simulator.ts';
import { answering } from '../misbehaving-server.ts';
import { freeCall, idOf, NOW, openSource, query, readable, rejection } from '../support.ts';
import { plantItemId } from '../../../../../simulators/seeq/plant/plant.ts';

let seeq: SeeqSimulator;
beforeAll(async () => {
  seeq = await startSeeqSimulator({ port: 0, extraTags: 60 }, () => NOW);
});
afterAll(() => seeq.stop());

const search = async (changes: Partial<SearchQuery> = {}) => {
  const page = await openSource(seeq.url).search(query(changes), freeCall());
  return { ...page, found: readable(page.found) };
};
const namesOf = async (changes: Partial<SearchQuery>) => (await search(changes)).found.map(({ name }) => name);
const pattern = (kind: 'contains' | 'glob' | 'regex', text: string): TextPattern => ({ kind, text });

describe.each(UNICODE_NAMES)('a signal named %j', (name) => {
  it.each<[string, (text: string) => string]>([
    ['as it is', (text) => text],
    ['composed', (text) => text.normalize('NFC')],
    ['decomposed', (text) => text.normalize('NFD')],
    ['in capitals', (text) => Array.from(text, (letter) => one(letter.toUpperCase(), letter)).join('')],
    ['with blanks', (text) => ` \u00a0\ufeff${text}\u200b\n`],
  ])('is found by its name %s, and by a pattern for the whole of it', async (_how, change) => {
    const text = change(name);
    expect(await namesOf({ pattern: readPattern(text) })).toContain(name);
    expect(await namesOf({ pattern: readPattern(`?${trimmed(text).slice(1)}*`) })).toContain(name);
  });
});

const one = (upper: string, letter: string): string => (upper.length === letter.length ? upper : letter);

describe.each(AWKWARD_NAMES)('a signal named %s', (name) => {
  it('is found by its whole name as plain text, wildcards meaning themselves', async () => {
    expect(await namesOf({ pattern: pattern('contains', name) })).toEqual([name]);
  });

  it('is found whatever the case of its letters', async () => {
    // Letter by letter: "ß" has no capital of its own.
    const upper = Array.from(name, (letter) => (letter.toUpperCase().length === 1 ? letter.toUpperCase() : letter));
    expect(await namesOf({ pattern: pattern('contains', upper.join('')) })).toContain(name);
    expect(await namesOf({ pattern: pattern('contains', name.toLowerCase()) })).toContain(name);
  });

  it('is found by a part of its name', async () => {
    expect(await namesOf({ pattern: pattern('contains', Array.from(name).slice(1, -1).join('')) })).toContain(name);
  });

  it('is found by a pattern with a wildcard in place of each end', async () => {
    const inner = Array.from(name).slice(1, -1).join('');
    expect(await namesOf({ pattern: pattern('glob', `?${inner}*`) })).toContain(name);
    expect(await namesOf({ pattern: pattern('glob', `${name}*`) })).toContain(name);
  });

  it('is found by its name as a regular expression', async () => {
    const source = name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
    expect(await namesOf({ pattern: pattern('regex', `^${source}$`) })).toEqual([name]);
  });
});

describe('patterns', () => {
  it('with a wildcard stand for the whole name, plain text for a part', async () => {
    expect(await namesOf({ kind: 'asset', pattern: pattern('glob', 'Area') })).toEqual([]);
    expect(await namesOf({ kind: 'asset', pattern: pattern('glob', 'area ?'), limit: 3 })).toEqual(
      Array(3).fill(expect.stringMatching(/^Area \w$/)),
    );
    expect(await namesOf({ kind: 'asset', pattern: pattern('contains', 'area a') })).toEqual(['Area A']);
  });

  it('that are regular expressions heed the case and match a part', async () => {
    expect(await namesOf({ pattern: pattern('regex', 'ourly') })).toHaveLength(2);
    expect(await namesOf({ pattern: pattern('regex', 'OURLY') })).toEqual([]);
  });

  it.each(['A && B', 'A &{2} B', '[&&] B'])('may hold the sign that joins clauses: /%s/', async (text) => {
    expect(await namesOf({ pattern: pattern('regex', text) })).toEqual(['A && B']);
  });

  it('that the server refuses are reported with its own text', async () => {
    const error = await rejection(search({ pattern: pattern('regex', '(?<=a)b(?<n') }));
    expect(error).toMatchObject({ code: 'sourceError', details: { status: 400 } });
    expect(error.message).toContain('is not valid');
  });

  it('with half a character find nothing and break nothing', async () => {
    expect(await namesOf({ pattern: pattern('contains', 'x\ud83c') })).toEqual([]);
  });
});

describe('the field', () => {
  const text = pattern('contains', 'nine digits');
  it('description finds by description only', async () => {
    expect(await namesOf({ pattern: text, field: 'description' })).toEqual(['Nanoseconds']);
    expect(await namesOf({ pattern: text, field: 'name' })).toEqual([]);
  });

  it('any finds by either', async () => {
    expect(await namesOf({ pattern: text, field: 'any' })).toEqual(['Nanoseconds']);
    expect(await namesOf({ pattern: pattern('contains', 'nanosec'), field: 'any' })).toEqual(['Nanoseconds']);
  });

  it('any keeps the other conditions for both', async () => {
    const inHistorian = await search({
      pattern: pattern('contains', 'level'),
      field: 'any',
      datasource: 'Plant Historian',
    });
    expect(inHistorian.found.map(({ name }) => name)).toEqual(['Level', 'Level', 'Level']);
  });
});

describe('a search can be narrowed', () => {
  const historian = () => plantItemId('Example', 'Plant Historian', 'datasource');

  it.each([
    ['its name', () => 'Plant Historian'],
    ['its name in another case', () => 'plant HISTORIAN'],
    ['its own id, which has a hyphen', () => 'historian-1'],
    ['its id in Seeq', historian],
    ['its id in lower case', () => historian().toLowerCase()],
  ])('to a datasource by %s', async (_how, datasource) => {
    const { found } = await search({ datasource: datasource(), limit: 1000 });
    expect(found).toHaveLength(68);
    expect(new Set(found.map((hit) => hit.datasource))).toEqual(new Set(['Plant Historian']));
  });

  it('but not to a datasource that is not there', async () => {
    expect(await rejection(search({ datasource: 'no "such" && source' }))).toMatchObject({
      code: 'notFound',
      message: 'Server "plant" has no datasource "no \\"such\\" && source".',
      details: { field: 'datasource' },
    });
  });

  it('to a workbook and the global items, without what is scoped to others', async () => {
    const scoped = { pattern: pattern('contains', 'Scoped Signal') };
    const id = plantItemId('Example', 'Energy Review', 'workbook');
    // Without a workbook, Seeq looks in all of them.
    expect(await namesOf(scoped)).toEqual(['Scoped Signal']);
    for (const workbook of ['Energy Review', 'energy review', id, id.toLowerCase()]) {
      expect(await namesOf({ ...scoped, workbook })).toEqual(['Scoped Signal']);
    }
    expect(await namesOf({ ...scoped, workbook: 'Shift Report' })).toEqual([]);
    expect(await rejection(search({ workbook: 'Nobody' }))).toMatchObject({ code: 'notFound' });
  });

  it('to what is anywhere below an asset', async () => {
    const assetId = idOf('Packaging');
    expect(new Set(await namesOf({ assetId, limit: 1000 }))).toEqual(new Set(['Level', 'Agitator']));
    expect(await rejection(search({ assetId: '../users/me' }))).toMatchObject({ code: 'badRequest' });
    expect(await rejection(search({ assetId: idOf('nothing') }))).toMatchObject({ code: 'notFound' });
  });

  it('to one kind', async () => {
    const scalars = await search({ kind: 'scalar', assetId: idOf('Special Cases >> Scalars') });
    expect(scalars.found.map(({ name }) => name)).toEqual(['Invalid', 'Ratio', 'Setpoint', 'Setpoint Doubled', 'Site']);
    expect(await namesOf({ kind: 'condition', pattern: pattern('glob', 'Shift?') })).toEqual(['Shifts']);
    expect(await namesOf({ kind: 'asset', pattern: pattern('glob', 'Line*') })).toEqual(['Line 1', 'Line 2']);
  });
});

describe('a hit', () => {
  const temperature = {
    pattern: pattern('contains', 'Temperature'),
    assetId: () => idOf('Example >> Cooling Tower 1 >> Area A'),
  };

  it.each(['absent', 'null'] as const)('has its path, unit and interpolation, with %s members', async (absent) => {
    await seeq.control.set({ absent });
    const { found } = await search({ pattern: temperature.pattern, assetId: temperature.assetId() });
    expect(found[0]).toEqual({
      id: idOf('Example >> Cooling Tower 1 >> Area A >> Temperature'),
      name: 'Temperature',
      description: 'Air temperature in Area A',
      path: ['Example', 'Cooling Tower 1', 'Area A'],
      hasChildren: false,
      unit: '°F',
      valueType: 'number',
      interpolation: 'Linear',
      datasource: 'Example Data',
    });
    await seeq.control.set({ absent: 'absent' });
  });

  it('of text is recognized by its value type', async () => {
    const { found } = await search({ pattern: pattern('contains', 'Bad Text') });
    expect(found[0]).toMatchObject({ valueType: 'string' });
    expect(found[0]).not.toHaveProperty('unit');
  });

  it('has a value type if it is a signal, also one without a unit', async () => {
    const { found } = await search({ pattern: { kind: 'all' }, limit: 500 });
    expect(found.length).toBeGreaterThan(100);
    for (const hit of found) expect(hit.valueType, hit.name).toMatch(/^(?:number|string)$/);
    expect(found.some(({ unit, valueType }) => unit === undefined && valueType === 'number')).toBe(true);
  });

  it('has the properties asked for and no others', async () => {
    const tower = { kind: 'asset', pattern: pattern('glob', 'Chiller 1') } as const;
    const some = await search({ ...tower, properties: ['Manufacturer', 'No Such Property'] });
    expect(some.found[0]?.properties).toEqual({ Manufacturer: { value: 'Nordkühl & Söhne' } });
    const all = await search({ ...tower, properties: 'all' });
    expect(all.found[0]?.properties).toMatchObject({ Installed: { value: 1998 }, Archived: { value: false } });
    expect((await search(tower)).found[0]).not.toHaveProperty('properties');
  });
});

describe('pages', () => {
  it.each([1, 7, 40, 500])('of %i hits give every hit once and in order', async (limit) => {
    const whole = await search({ limit: 500 });
    const ids: string[] = [];
    for (let offset = 0, more = true; more;) {
      const page = await search({ offset, limit });
      expect(page.total).toBe(whole.total);
      ids.push(...page.found.map(({ id }) => id));
      offset += page.found.length;
      more = page.more;
    }
    expect(ids).toEqual(whole.found.map(({ id }) => id));
    expect(ids).toHaveLength(whole.total ?? -1);
  });

  it('beyond the last hit are empty', async () => {
    expect(await search({ offset: 10_000 })).toMatchObject({ found: [], more: false });
  });

  it('come in the order asked for', async () => {
    for (const orderBy of ['id', 'description'] as const) {
      const { found } = await search({ orderBy, limit: 500 });
      const keys = found.map((hit) => (orderBy === 'id' ? hit.id : (hit.description ?? '')));
      expect(keys).toEqual([...keys].sort());
    }
  });
});

it('sends a long filter in a body, with the same result', async () => {
  const long = `Fast${'.{0}'.repeat(600)}`;
  await seeq.control.clearRequests();
  expect(await namesOf({ pattern: pattern('regex', long) })).toEqual(['Fast']);
  expect(await namesOf({ pattern: pattern('regex', 'Fast') })).toEqual(['Fast']);
  const methods = (await seeq.control.requests())
    .filter(({ path }) => path === '/api/items')
    .map(({ method }) => method);
  expect(methods).toEqual(['POST', 'GET']);
});

describe('an ambiguous name', () => {
  const twice = (more: object) => [
    { id: idOf('1'), name: 'Twin', type: 'Datasource', ...more },
    { id: idOf('2'), name: 'Twin', type: 'Datasource', ...more },
  ];

  it('is refused with advice', async () => {
    const source = openSource(await answering(() => ({ body: { items: twice({}), totalResults: 2 } })));
    for (const narrowing of [{ datasource: 'Twin' }, { workbook: 'Twin' }]) {
      const error = await rejection(source.search(query(narrowing), freeCall()));
      expect(error).toMatchObject({ code: 'badRequest' });
      expect(error.message).toMatch(/has several (datasource|workbook)s "Twin"; give the id/);
    }
  });

  it('nor its class and id is an error, not a search of everything', async () => {
    const source = openSource(await answering(() => ({ body: { items: twice({}).slice(1), totalResults: 1 } })));
    expect(await rejection(source.search(query({ datasource: 'Twin' }), freeCall()))).toMatchObject({
      code: 'sourceError',
    });
  });
});

it('takes an answer without totals and with shorter pages than asked for', async () => {
  const items = Array.from({ length: 7 }, (_unused, n) => ({
    id: idOf(`${n}`),
    name: `Tag ${n}`,
    type: 'StoredSignal',
  }));
  const url = await answering(({ query: asked }) => {
    const offset = Number(asked.get('offset'));
    return { body: { items: items.slice(offset, offset + 3), limit: 3, totalResults: -1 } };
  });
  const source = openSource(url);
  const pages = await Promise.all([0, 3, 6].map((offset) => source.search(query({ offset }), freeCall())));
  expect(pages.map(({ found, more, total }) => [found.length, more, total])).toEqual([
    [3, true, undefined],
    [3, true, undefined],
    [1, false, undefined],
  ]);
  expect(pages[0]?.found[0]).toEqual({
    id: idOf('0'),
    name: 'Tag 0',
    path: [],
    hasChildren: false,
    valueType: 'number',
  });
});
