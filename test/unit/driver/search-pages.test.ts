/** Searches over several servers and kinds: merged in order, and all pages together hold every hit exactly once. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { DriverError } from '../../../src/contract/errors.ts';
import type { FoundItem, SearchKind, SearchQuery } from '../../../src/sources/source.ts';
import { allPages, type Answer, fqn, source, testDriver, violations, type WholeSource } from '../../support/driver.ts';
import { propertyRuns } from '../../support/property-runs.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const hit = (id: string, name: string, more: Partial<FoundItem> = {}): FoundItem => ({
  id,
  name,
  path: [],
  hasChildren: false,
  ...more,
});

/** Answers searches from a list, in pages no longer than its own limit. */
function library(
  name: string,
  hits: Partial<Record<SearchKind, FoundItem[]>>,
  ownLimit = Infinity,
): WholeSource & { asked: SearchQuery[] } {
  const asked: SearchQuery[] = [];
  const search: WholeSource['search'] = async (query, call) =>
    call.run(async () => {
      asked.push(query);
      const all = hits[query.kind] ?? [];
      const found = all.slice(query.offset, query.offset + Math.min(query.limit, ownLimit));
      return { found, total: all.length, more: query.offset + found.length < all.length };
    });
  return { ...source(name, { search }), asked };
}

const names = (pages: Answer[]) => pages.flatMap(({ items }) => items.map(({ name }) => name as string));

describe('all pages together', () => {
  const name = fc.string({ unit: fc.constantFrom('a', 'B', 'c', 'ä', '1'), minLength: 1, maxLength: 3 });
  const shelf = fc
    .array(name, { maxLength: 25 })
    .map((list) => [...list].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)));
  const server = fc.record({ signal: shelf, scalar: shelf, ownLimit: fc.constantFrom(1, 2, 7, Infinity) });

  it('hold every hit exactly once and in order, whatever the servers and the size of the pages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(server, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 12 }),
        async (servers, limit) => {
          const sources = servers.map(({ signal, scalar, ownLimit }, n) =>
            library(
              `plant-${n}`,
              {
                signal: signal.map((text, at) => hit(`s${at}`, text)),
                scalar: scalar.map((text, at) => hit(`k${at}`, text)),
              },
              ownLimit,
            ),
          );
          const { ask } = testDriver(sources);
          const pages = await allPages((cursor) =>
            ask('tagsearch', { limit, ...(cursor === undefined ? {} : { cursor }) }),
          );
          const fqns = pages.flatMap(({ items }) => items.map((item) => item.fqn as string));
          const expected = servers.flatMap(({ signal, scalar }, n) => [
            ...signal.map((_unused, at) => fqn(`plant-${n}`, 'signal', `s${at}`)),
            ...scalar.map((_unused, at) => fqn(`plant-${n}`, 'scalar', `k${at}`)),
          ]);
          expect([...fqns].sort()).toEqual([...expected].sort());
          const keys = names(pages).map((text) => text.toLowerCase());
          expect(keys).toEqual([...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
          expect(pages[0]?.meta.total).toBe(expected.length);
          for (const { items, meta, status } of pages) {
            expect(status).toBe('ok');
            expect(items.length).toBeLessThanOrEqual(limit);
            expect(meta.truncated).toBe(meta.cursor === undefined ? undefined : true);
          }
        },
      ),
      { numRuns: propertyRuns(60) },
    );
  });

  it('of a search without hits are one empty answer', async () => {
    const { ask } = testDriver([library('a', {})]);
    expect(await ask('tagsearch')).toMatchObject({ status: 'ok', items: [], meta: { total: 0, hosts: ['a'] } });
  });
});

describe('a server that fails', () => {
  const good = library('good', { signal: ['a', 'b', 'c'].map((text) => hit(text, text)) });
  const flaky = (failing: (query: SearchQuery) => boolean) => {
    const inner = library('flaky', { signal: ['aa', 'bb', 'cc'].map((text) => hit(text, text)) });
    return source('flaky', {
      search: (query, call) =>
        failing(query) ? Promise.reject(new DriverError('sourceUnavailable', 'down')) : inner.search(query, call),
    });
  };

  it('is an item of the answer beside the hits of the others', async () => {
    const { ask } = testDriver([flaky(() => true), good]);
    const answer = await ask('tagsearch', { kinds: ['signal'] });
    expect(answer.status).toBe('partial');
    expect(answer.items[0]).toEqual({
      host: 'flaky',
      error: { code: 'sourceUnavailable', message: 'down', retryable: true },
    });
    expect(names([answer]).slice(1)).toEqual(['a', 'b', 'c']);
    expect(answer.meta).not.toHaveProperty('total');
    expect(answer.meta.hosts).toEqual(['flaky', 'good']);
  });

  it('is an error of the whole when it is alone', async () => {
    const { ask } = testDriver([flaky(() => true)]);
    expect(await ask('tagsearch')).toMatchObject({ status: 'error', error: { code: 'sourceUnavailable' } });
  });

  it('on one page is asked again on the next, and loses nothing', async () => {
    let calls = 0;
    const { ask } = testDriver([flaky(() => ++calls === 2), good]);
    const pages = await allPages((cursor) =>
      ask('tagsearch', { kinds: ['signal'], limit: 1, ...(cursor === undefined ? {} : { cursor }) }),
    );
    expect(
      names(pages)
        .filter((text) => (text as string | undefined) !== undefined)
        .sort(),
    ).toEqual(['a', 'aa', 'b', 'bb', 'c', 'cc']);
    expect(pages.map(({ status }) => status).filter((status) => status === 'partial')).toHaveLength(1);
  });

  it('for one kind of two gives the hits of the other kind all the same', async () => {
    const { ask } = testDriver([flaky(({ kind }) => kind === 'scalar')]);
    const answer = await ask('tagsearch');
    expect(answer.items).toMatchObject([{ host: 'flaky', error: {} }, { name: 'aa' }, { name: 'bb' }, { name: 'cc' }]);
  });
});

describe('the question', () => {
  it.each([
    ['', { kind: 'all' }],
    ['**', { kind: 'all' }],
    ['Pump', { kind: 'contains', text: 'Pump' }],
    ['P?mp*', { kind: 'glob', text: 'P?mp*' }],
    ['/^P.mp$/', { kind: 'regex', text: '^P.mp$' }],
    ['//', { kind: 'contains', text: '//' }],
    ['/a', { kind: 'contains', text: '/a' }],
  ])('%j is understood', async (query, pattern) => {
    const shelf = library('a', {});
    await testDriver([shelf]).ask('tagsearch', { query, kinds: ['signal'] });
    expect(shelf.asked[0]?.pattern).toEqual(pattern);
  });

  it('that is no regular expression is refused, one of another dialect is not', async () => {
    const shelf = library('a', {});
    const { ask } = testDriver([shelf]);
    expect((await ask('tagsearch', { query: '/a(/' })).error).toMatchObject({
      code: 'badRequest',
      details: { field: 'query' },
    });
    expect((await ask('tagsearch', { query: '/a\\-b/' })).status).toBe('ok');
  });

  it('goes to the servers that it names, and to that of its asset', async () => {
    const [a, b] = [library('a', {}), library('b', {})];
    const { ask } = testDriver([a, b]);
    await ask(
      'tagsearch',
      { kinds: ['scalar'], properties: ['x'], workbook: 'w', datasource: 'd', field: 'any', orderBy: 'id' },
      { host: ['b', 'b'] },
    );
    expect([a.asked.length, b.asked.length]).toEqual([0, 1]);
    expect(b.asked[0]).toMatchObject({
      kind: 'scalar',
      properties: ['x'],
      workbook: 'w',
      datasource: 'd',
      field: 'any',
      orderBy: 'id',
      offset: 0,
      limit: 100,
    });
    await ask('tagsearch', { kinds: ['scalar'], asset: fqn('a', 'asset', 'x'), properties: ['x', '*'] });
    expect(a.asked[0]).toMatchObject({ assetId: 'x', properties: 'all' });
    expect(b.asked).toHaveLength(1);
  });

  it.each([
    ['of a signal', fqn('a', 'signal', 'x'), 'badRequest', 'must be the FQN of an asset'],
    ['of a part of an asset', `${fqn('a', 'asset', 'x')}/property/y`, 'badRequest', 'must be the FQN of an asset'],
    ['that is none', 'Area A', 'badRequest', 'not a fully qualified name'],
    ['of an unknown host', fqn('z', 'asset', 'x'), 'unknownHost', 'known here: a and b'],
    ['of another host than the request names', fqn('b', 'asset', 'x'), 'badRequest', 'leaves out'],
    ['of another scheme', fqn('a', 'asset', 'x').replace('seeq:', 'mqtt:'), 'badRequest', 'start with "seeq:"'],
  ])('with an asset %s is refused', async (_what, asset, code, text) => {
    const { ask } = testDriver([library('a', {}), library('b', {})]);
    const { error } = await ask('tagsearch', { asset }, { host: 'a' });
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(text);
  });

  it('binds its cursors: another one is refused', async () => {
    const { ask } = testDriver([library('a', { signal: [hit('1', 'a'), hit('2', 'b')] })]);
    const { cursor } = (await ask('tagsearch', { limit: 1 })).meta;
    expect((await ask('tagsearch', { limit: 1, query: 'x', cursor })).error).toMatchObject({ code: 'badRequest' });
    expect((await ask('elementsearch', { limit: 1, cursor })).error).toMatchObject({ code: 'badRequest' });
    expect((await ask('tagsearch', { limit: 5, cursor })).items).toMatchObject([{ fqn: fqn('a', 'signal', '2') }]);
  });
});

it('finds conditions as definitions', async () => {
  const shelf = library('a', { condition: [hit('1', 'Batches', { datasource: 'Historian' })] });
  const answer = await testDriver([shelf]).ask('timeframesearch', { definitions: true, query: 'B*' });
  expect(answer.items).toEqual([
    { fqn: fqn('a', 'condition', '1'), displayName: 'a: Batches', name: 'Batches', path: [], datasource: 'Historian' },
  ]);
});

describe('between two pages', () => {
  const tags = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, n) => `tag ${String(from + n).padStart(3, '0')}`);

  it.each<[string, (all: string[]) => string[], string[]]>([
    ['nothing changes', (all) => all, tags(30, 60)],
    ['items before the place come', (all) => ['a new one', 'another new one', ...all], tags(30, 60)],
    ['items before the place go', (all) => all.slice(5), tags(30, 60)],
    ['the last item given goes', (all) => all.filter((name) => name !== 'tag 029'), tags(30, 60)],
    ['the last two items given go', (all) => all.filter((name) => !/^tag 02[89]$/.test(name)), tags(30, 60)],
    ['items behind the place go', (all) => all.filter((name) => name !== 'tag 030'), tags(31, 60)],
  ])('%s: no hit is lost or repeated', async (_what, change, rest) => {
    const signal = tags(0, 60).map((name) => hit(name, name));
    const shelf = { signal };
    const { ask } = testDriver([library('a', shelf)]);
    const params = { kinds: ['signal'], limit: 30 };
    const first = await ask('tagsearch', params);
    expect(names([first])).toEqual(tags(0, 30));
    shelf.signal = change(tags(0, 60)).map((name) => hit(name, name));
    const others = await allPages((cursor) => ask('tagsearch', { ...params, cursor: cursor ?? first.meta.cursor }));
    expect(names(others)).toEqual(rest);
  });
});
