/** Messages with several values: lists of records, and paths with wildcards. */
import { describe, expect, it } from 'vitest';
import { codes, mappingOf, only, read, readBy, RECEIVED, values, type RawEntry } from '../../../support/mapping.ts';

const byId = (records: string, more: RawEntry = {}): RawEntry => ({
  records,
  key: '$.id',
  values: [{ path: '$.v' }],
  ...more,
});

describe('records', () => {
  it('have names by their keys, and the key as an attribute', () => {
    const found = readBy(byId('$'), '[{"id":"a","v":1},{"id":7,"v":2},{"id":true,"v":3},{"id":" b ","v":4}]');
    expect(values(found)).toEqual([
      ['plant/a#a', 1],
      ['plant/a#7', 2],
      ['plant/a#true', 3],
      ['plant/a# b ', 4],
    ]);
    expect(found.measurements[1]).toMatchObject({ attributes: { key: '7' }, tag: { name: 'plant/a 7' } });
  });

  it.each([
    ['$.r', '{"r":[{"id":"a","v":1},{"id":"b","v":2}]}'],
    ['/r', '{"r":[{"id":"a","v":1},{"id":"b","v":2}]}'],
    ['$.r[*]', '{"r":[{"id":"a","v":1},{"id":"b","v":2}]}'],
    ['$.r', '{"r":{"x":{"id":"a","v":1},"y":{"id":"b","v":2}}}'],
    ['$.r[?@.ok == true]', '{"r":[{"id":"a","v":1,"ok":true},{"id":"b","v":2,"ok":true},{"id":"c","v":3}]}'],
    ['$.r[1:]', '{"r":[0,{"id":"a","v":1},{"id":"b","v":2}]}'],
    ['$..s[*]', '{"r":[{"s":[{"id":"a","v":1}]},{"s":[{"id":"b","v":2}]}]}'],
  ])('are found at %s in %s', (records, payload) => {
    const found = readBy(byId(records), payload);
    expect(values(found)).toEqual([
      ['plant/a#a', 1],
      ['plant/a#b', 2],
    ]);
    expect(found.rejects).toEqual([]);
  });

  it.each([
    ['$', '[]'],
    ['$.r', '{"r":[]}'],
    ['$.r[*]', '{"r":[]}'],
    ['$.r[?@.ok == true]', '{"r":[{"id":"a"}]}'],
    ['$.r[1:]', '{"r":[{"id":"a"}]}'],
    ['$..r[*]', '{}'],
  ])('may be none, at %s in %s', (records, payload) => {
    expect(readBy(byId(records), payload)).toEqual({ measurements: [], rejects: [] });
  });

  it.each([
    ['$.r', '{"q":[]}', 'missingValue'],
    ['$.r[*]', '{"q":[]}', 'missingValue'],
    ['$.r', '{"r":1}', 'wrongShape'],
    ['$.r', '{"r":null}', 'wrongShape'],
    ['$', '"text"', 'wrongShape'],
    ['$[*]', '7', 'wrongShape'],
    ['$.r[*]', '{"r":null}', 'wrongShape'],
    ['$.r[?@.ok == true]', '{"r":7}', 'wrongShape'],
    ['$[*].r[*]', '[{"s":[]}]', 'missingValue'],
    ['$..r[*]', '{"s":[]}', 'missingValue'],
  ])('must have a place, at %s in %s', (records, payload, code) => {
    const found = readBy(byId(records), payload);
    expect([found.measurements, codes(found)]).toEqual([[], [code]]);
  });

  it('without anything that distinguishes them become dead letters, the others readings', () => {
    const found = readBy(
      byId('$'),
      '[{"id":"a","v":1},{"v":2},{"id":null,"v":3},{"id":"","v":4},{"id":{},"v":5},{"id":"\\ud800","v":6},{"id":"n/a","v":8},{"id":"b","v":7}]',
    );
    expect(values(found)).toEqual([
      ['plant/a#a', 1],
      ['plant/a#b', 7],
    ]);
    expect(codes(found)).toEqual(Array(6).fill('badName'));
    expect(found.rejects[0]?.about).toEqual({ topic: 'plant/a', record: '1', text: '{"v":2}' });
  });

  it('with one key and one time are not two values of one thing', () => {
    const found = readBy(byId('$'), '[{"id":"a","v":1},{"id":"a","v":2},{"id":"a","v":1}]');
    expect(values(found)).toEqual([['plant/a#a', 1]]);
    expect(codes(found)).toEqual(['badName']);
    expect(found.rejects[0]?.reason).toContain('the first was taken');
    const apart = readBy(
      byId('$', { time: { path: '$.t' } }),
      '[{"id":"a","v":1,"t":1772366398},{"id":"a","v":2,"t":1772366399}]',
    );
    expect(values(apart)).toEqual([
      ['plant/a#a', 1],
      ['plant/a#a', 2],
    ]);
  });

  it('may be distinguished by their locations', () => {
    const entry = { records: '$', key: 'location' };
    expect(values(readBy(entry, '[21.5,"x",null]'))).toEqual([
      ['plant/a#0', 21.5],
      ['plant/a#1', 'x'],
      ['plant/a#2', null],
    ]);
    expect(values(readBy(entry, '{"t":21.5,"a/b":2,"":3,"a#b%":4}'))).toEqual([
      ['plant/a#t', 21.5],
      ['plant/a#a~1b', 2],
      ['plant/a#', 3],
      ['plant/a#a%23b%25', 4],
    ]);
    expect(codes(readBy(entry, '[{"v":1},2]'))).toEqual(['wrongShape']);
  });

  it('keep whole numbers beyond 2^53 in keys and values', () => {
    const found = readBy(byId('$'), '[{"id":9007199254740993,"v":9007199254740995},{"id":9007199254740992,"v":1}]');
    expect(values(found)).toEqual([
      ['plant/a#9007199254740993', '9007199254740995'],
      ['plant/a#9007199254740992', 1],
    ]);
    expect(values(readBy({ records: '$', key: 'location' }, '[9007199254740993]'))).toEqual([
      ['plant/a#0', '9007199254740993'],
    ]);
  });

  it('have several values each, with key and field in the name', () => {
    const entry = byId('$', { values: ['t', 'h'].map((field) => ({ field, path: `$.${field}` })) });
    const found = readBy(entry, '[{"id":"a","t":1,"h":2},{"id":"b","t":3}]');
    expect(values(found)).toEqual([
      ['plant/a#a#t', 1],
      ['plant/a#a#h', 2],
      ['plant/a#b#t', 3],
    ]);
    expect(found.rejects.map(({ code, about }) => [code, about])).toEqual([
      ['missingValue', { topic: 'plant/a', record: '1', text: '{"id":"b","t":3}', field: 'h', path: '$.h' }],
    ]);
  });
});

describe('a path with wildcards', () => {
  it('gives a reading for each place', () => {
    expect(values(readBy({ values: [{ path: '$.s.*' }] }, '{"s":{"t":1,"h":2}}'))).toEqual([
      ['plant/a#t', 1],
      ['plant/a#h', 2],
    ]);
    const named = { values: [{ path: '$.c[*].t', field: 'channel {location}' }] };
    expect(values(readBy(named, '{"c":[{"t":1},{"t":"x"},{"u":3}]}'))).toEqual([
      ['plant/a#channel 0', 1],
      ['plant/a#channel 1', 'x'],
    ]);
    expect(values(readBy({ values: [{ path: '$[*][*]' }] }, '[[1,2],[3]]'))).toEqual([
      ['plant/a#0/0', 1],
      ['plant/a#0/1', 2],
      ['plant/a#1/0', 3],
    ]);
    expect(values(readBy({ values: [{ path: '$["t","h"]' }] }, '{"t":1,"h":9007199254740993,"x":3}'))).toEqual([
      ['plant/a#t', 1],
      ['plant/a#h', '9007199254740993'],
    ]);
    expect(values(readBy({ values: [{ path: '$..t' }] }, '{"a":{"t":1},"b":[{"t":2}]}'))).toEqual([
      ['plant/a#a/t', 1],
      ['plant/a#b/0/t', 2],
    ]);
  });

  it('puts a name in as it is, and names nothing twice', () => {
    const entry = { values: [{ path: '$.*', field: 'x {location}' }] };
    expect(values(readBy(entry, '{"$&":1,"{location}":2}'))).toEqual([
      ['plant/a#x $&', 1],
      ['plant/a#x {location}', 2],
    ]);
    const two = { values: [{ path: '$.a.*' }, { path: '$.b.*', field: '{location}' }] };
    expect(() => mappingOf(two)).toThrow('must differ');
    const clash = {
      values: [
        { path: '$.a.*', field: 'x{location}' },
        { path: '$.b', field: 'x1' },
      ],
    };
    const found = readBy(clash, '{"a":[1,2],"b":3}');
    expect(values(found)).toEqual([
      ['plant/a#x0', 1],
      ['plant/a#x1', 2],
    ]);
    expect(codes(found)).toEqual(['badName']);
  });

  it('must find something, unless it is optional', () => {
    expect(codes(readBy({ values: [{ path: '$.s.*' }] }, '{"s":{}}'))).toEqual(['missingValue']);
    expect(readBy({ values: [{ path: '$.s.*', optional: true }] }, '{}')).toEqual({ measurements: [], rejects: [] });
  });

  it('names nothing by text that is not Unicode', () => {
    const found = readBy({ values: [{ path: '$.*' }] }, '{"\\ud800":1,"\\udfff":2,"a":3}');
    expect([values(found), codes(found)]).toEqual([[['plant/a#a', 3]], ['badName', 'badName']]);
  });
});

describe('a path', () => {
  it.each([
    ['$.a.b', 1],
    ["$['a']['b']", 1],
    ['/a/b', 1],
    ['$.l[0]', 2],
    ['$.l[-1]', 3],
    ['/l/1', 3],
    ['$["x.y"]', 4],
    ['/x.y', 4],
    ['/p~1q~0', 5],
    ["$['p/q~']", 5],
    ['/7', 6],
    ['$["7"]', 6],
  ])('%s leads to its value', (path, value) => {
    const payload = '{"a":{"b":1},"l":[2,3],"x.y":4,"p/q~":5,"7":6}';
    expect(only(readBy({ values: [{ path }] }, payload)).value).toBe(value);
  });

  it.each([
    '$.l[2]',
    '$.l[-3]',
    '/l/2',
    '/l/-',
    '/l/01',
    '/l/-1',
    '$.l.x',
    '$.a[0]',
    '$.t[0]',
    '/t/0',
    '$.n.x',
    '/a/x',
  ])('%s leads nowhere', (path) => {
    const payload = '{"a":{"b":1},"l":[2,3],"t":"text","n":null}';
    expect(codes(readBy({ values: [{ path }] }, payload))).toEqual(['missingValue']);
  });
});

describe('a hostile message', () => {
  it('gives a bounded number of readings, and says that there were more', () => {
    const payload = JSON.stringify(Array.from({ length: 10_050 }, (_, id) => ({ id, v: id })));
    const found = readBy(byId('$'), payload);
    expect(found.measurements).toHaveLength(10_000);
    expect(codes(found)).toEqual(['tooLarge']);
    const wide = readBy({ values: [{ path: '$[*].v' }] }, payload);
    expect([wide.measurements.length, codes(wide)]).toEqual([10_000, ['tooLarge']]);
    const entry = { records: '$', key: '$.id', values: ['a', 'b'].map((field) => ({ field, path: '$.v' })) };
    const both = readBy(entry, payload);
    expect(both.measurements).toHaveLength(10_000);
    expect(codes(both)).toEqual(['tooLarge', 'tooLarge']);
  });

  it('gives a bounded number of dead letters, and counts the others', () => {
    const found = readBy(byId('$'), JSON.stringify(Array.from({ length: 5000 }, () => ({}))));
    expect(found.rejects).toHaveLength(100);
    expect(found.rejects.at(-1)?.reason).toContain('And 4900 further parts');
    expect(found.rejects.at(-2)?.reason).not.toContain('further');
  });

  it('is not read at all beyond a size', () => {
    const entry = { payload: 'text', maxPayloadBytes: 5 };
    expect(only(readBy(entry, '12345')).value).toBe('12345');
    const found = readBy(entry, '123456');
    expect([found.measurements, codes(found)]).toEqual([[], ['tooLarge']]);
    expect(codes(readBy({ payload: 'text' }, new Uint8Array(1024 * 1024 + 1)))).toEqual(['tooLarge']);
  });

  it('cannot make names of any length', () => {
    const long = 'x'.repeat(1025);
    const entry = { records: '$', key: 'location', values: [{ path: '$.*' }] };
    const found = readBy(entry, JSON.stringify({ [long]: { a: 1 }, b: { [long]: 2, c: 3 } }));
    expect([values(found), codes(found)]).toEqual([[['plant/a#b#c', 3]], ['badName', 'badName']]);
    expect(codes(readBy({ payload: 'text' }, 'x', { topic: long }))).toEqual(['badName']);
  });

  it.each(['$', '$..v', '$.v', '/0/0', '$[*]'])('may be nested as deep as it will for the path %s', (path) => {
    for (const inside of ['1', '9007199254740993', '{"v":1}']) {
      const deep = '['.repeat(100_000) + inside + ']'.repeat(100_000);
      for (const entry of [{ values: [{ path }] }, { records: '$', key: 'location', values: [{ path }] }]) {
        const found = readBy(entry, deep);
        expect(found.measurements).toEqual([]);
        expect(found.rejects).toHaveLength(1);
      }
    }
  });

  it('does not take the good values with it by being nested', () => {
    const payload = `{"v":1,"deep":${'['.repeat(3000)}${']'.repeat(3000)}}`;
    const found = readBy(
      {
        values: [
          { field: 'v', path: '$.v' },
          { field: 'all {location}', path: '$..v' },
        ],
      },
      payload,
    );
    expect([values(found), codes(found)]).toEqual([[['plant/a#v', 1]], ['tooLarge']]);
  });

  it('cannot reach what objects have by nature', () => {
    const found = readBy({ records: '$', key: 'location' }, '{"__proto__":1,"constructor":2,"toString":3}');
    expect(values(found).map(([, value]) => value)).toEqual([1, 2, 3]);
    expect(found.measurements[0]?.received).toBe(RECEIVED);
    expect(({} as Record<string, unknown>).key).toBeUndefined();
  });

  it('leaves no trace in the next one', () => {
    const mapping = mappingOf(byId('$'));
    read(mapping, '[{"id":"a","v":1}]');
    expect(values(read(mapping, '[{"id":"a","v":2}]'))).toEqual([['plant/a#a', 2]]);
  });
});
