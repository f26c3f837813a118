/** The content of a message, and the value that it becomes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codes, only, readBy, type RawEntry } from '../../../support/mapping.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const one = (value: RawEntry, more: RawEntry = {}): RawEntry => ({ ...more, values: [{ path: '$.v', ...value }] });
const reading = (value: RawEntry, json: string, more?: RawEntry) => only(readBy(one(value, more), `{"v":${json}}`));

describe('a value', () => {
  it.each([
    ['auto', '21.5', 21.5],
    ['auto', '-0.0', 0],
    ['auto', 'true', true],
    ['auto', '"on"', 'on'],
    ['auto', '"21.5"', '21.5'],
    ['auto', '"0x10"', '0x10'],
    ['auto', '9007199254740991', 9007199254740991],
    ['auto', '9007199254740993', '9007199254740993'],
    ['auto', '-12345678901234567890', '-12345678901234567890'],
    ['auto', '0.1234567890123456789', 0.12345678901234568],
    ['auto', '1.5e20', 1.5e20],
    ['number', '"21.5"', 21.5],
    ['number', '" 21.5 "', 21.5],
    ['number', '"-1e-3"', -0.001],
    ['number', '"0"', 0],
    ['number', '"007"', 7],
    ['number', '"9007199254740993"', '9007199254740993'],
    ['number', '21', 21],
    ['text', '"a\\nb"', 'a\nb'],
    ['text', '21.5', '21.5'],
    ['text', '9007199254740993', '9007199254740993'],
    ['text', 'false', 'false'],
    ['boolean', 'true', true],
    ['boolean', '0', false],
    ['boolean', '"ON"', true],
    ['boolean', '"no"', false],
  ])('of type %s is read from %s', (type, json, value) => {
    const found = reading({ type }, json);
    expect([found.value, found.status, found.reason]).toEqual([value, 'Good', undefined]);
  });

  it.each([
    ['auto', 'null', 'null'],
    ['auto', '""', 'not a value'],
    ['text', '"N/A"', 'not a value'],
    ['number', '" not available "', 'not a value'],
    ['number', '"NaN"', 'not a value'],
    ['auto', 'NaN', 'null'],
    ['number', 'Infinity', 'null'],
    ['number', '"Infinity"', 'is no number'],
    ['number', '"0x10"', 'is no number'],
    ['number', '"21,5"', 'is no number'],
    ['number', '"21.5 C"', 'is no number'],
    ['number', '"1e400"', 'beyond the range'],
    ['auto', '1e400', 'beyond the range'],
    ['auto', '-1e400', 'beyond the range'],
    ['auto', '1e-400', 'beyond the range'],
    ['number', '"1e-400"', 'beyond the range'],
    ['auto', '1e9999999', 'is no number'],
    ['boolean', '2', 'neither true nor false'],
    ['boolean', '"maybe"', 'neither true nor false'],
  ])('of type %s that cannot be read from %s is Bad Data, and null', (type, json, reason) => {
    const found = reading({ type }, json);
    expect([found.value, found.status]).toEqual([null, 'Bad Data']);
    expect(found.reason).toContain(reason);
  });

  it.each([
    ['auto', '{"x":1}', 'wrongShape'],
    ['number', '[1]', 'wrongShape'],
    ['text', '[]', 'wrongShape'],
    ['number', 'true', 'badValue'],
  ])('of type %s is not made of %s', (type, json, code) => {
    const found = readBy(one({ type }), `{"v":${json}}`);
    expect(found.measurements).toEqual([]);
    expect(codes(found)).toEqual([code]);
    expect(found.rejects[0]?.about).toMatchObject({ topic: 'plant/a' });
  });

  it('is a number only where the JSON has one, if so configured', () => {
    const entry = one({ type: 'number' }, { numbersAsText: false });
    expect(codes(readBy(entry, '{"v":"21.5"}'))).toEqual(['badValue']);
    expect(only(readBy(entry, '{"v":21.5}')).value).toBe(21.5);
    expect(only(readBy(entry, '{"v":"N/A"}')).status).toBe('Bad Data');
  });

  it('is missing by the texts that are configured', () => {
    const missing = { missing: ['---'] };
    expect(reading({}, '"---"', missing).status).toBe('Bad Data');
    expect(reading({}, '""', missing)).toMatchObject({ value: '', status: 'Good' });
    expect(reading({ type: 'number' }, '""', { missing: [] })).toMatchObject({ value: null, status: 'Bad Data' });
  });

  it('is scaled in decimals', () => {
    expect(reading({ scale: 0.1 }, '3').value).toBe(0.3);
    // Nothing passes that was not calculated.
    expect(reading({ scale: 1.8, offset: 32 }, '"21.5"').value).toBe(70.7);
    expect(reading({ offset: 1 }, '"err"')).toMatchObject({ value: null, status: 'Bad Data' });
    expect(reading({ type: 'number', scale: 1.8, offset: 32 }, '"21.5"').value).toBe(70.7);
    expect(reading({ offset: -273.15 }, '300').value).toBe(26.85);
    expect(reading({ scale: 1e300 }, '1e300').status).toBe('Bad Data');
    expect(reading({ scale: 2 }, '9007199254740993').value).toBe('18014398509481986');
    expect(reading({ scale: 0.5 }, '9007199254740993').value).toBe(2 ** 52);
  });

  it('has the name of its state, and keeps what the sender wrote', () => {
    const states = { '0': 'OFF', '1': 'ON', true: 'ON', down: 'DOWN' };
    expect(reading({ states }, '1')).toMatchObject({ value: 'ON', status: 'Good', attributes: { state: 1 } });
    expect(reading({ states }, 'true')).toMatchObject({ value: 'ON', attributes: { state: true } });
    expect(reading({ states }, '"down"')).toMatchObject({ value: 'DOWN', attributes: { state: 'down' } });
    expect(reading({ states, type: 'number' }, '"1.0"').value).toBe('ON');
    expect(reading({ states }, 'null')).toMatchObject({ value: null, status: 'Bad Data' });
    const unknown = reading({ states }, '7');
    expect(unknown).toMatchObject({ value: '7', status: 'Questionable' });
    expect(unknown.reason).toContain('"7" has no name');
    // No names but those that are configured.
    expect(reading({ states }, '"constructor"').status).toBe('Questionable');
  });

  it('that is absent gives a dead letter, or nothing if it may be', () => {
    const absent = readBy(one({}), '{"w":1}');
    expect([absent.measurements, codes(absent)]).toEqual([[], ['missingValue']]);
    expect(readBy(one({ optional: true }), '{"w":1}')).toEqual({ measurements: [], rejects: [] });
    // Not what objects have by nature.
    expect(codes(readBy({ values: [{ path: '$.toString' }] }, '{}'))).toEqual(['missingValue']);
    expect(codes(readBy({ values: [{ path: '$.__proto__' }] }, '{}'))).toEqual(['missingValue']);
    expect(codes(readBy({ values: [{ path: '$.length' }] }, '[1]'))).toEqual(['missingValue']);
    expect(codes(readBy({ values: [{ path: '/length' }] }, '[1]'))).toEqual(['missingValue']);
  });

  it('does not take the good ones with it if it is bad', () => {
    const entry = { values: ['a', 'b', 'c', 'd'].map((field) => ({ field, path: `$.${field}`, type: 'number' })) };
    const found = readBy(entry, '{"a":1,"b":{},"d":"x"}');
    expect(found.measurements.map(({ tag, value }) => [tag.id, value])).toEqual([
      ['plant/a#a', 1],
      ['plant/a#d', null],
    ]);
    expect(codes(found)).toEqual(['wrongShape', 'missingValue']);
    expect(found.rejects.map(({ about }) => about?.field)).toEqual(['b', 'c']);
  });

  it('is 0 only of what says 0', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.constantFrom('', ' ', '\t', '-', '.', '0x0', '0b0', '0n', '١', '⁰', '0,0', '0 0', '1e-999', '[]', '{}'),
          fc.stringMatching(/^[-+ 0.eExX]{1,8}$/),
        ),
        (text) => {
          const entry = one({ type: 'number' });
          const { measurements } = readBy(entry, JSON.stringify({ v: text }));
          const zero = measurements.some(({ value }) => value === 0 || value === '0');
          expect(zero).toBe(/^\s*[-+]?(?:0+\.?0*|\.0+)(?:[eE][-+]?\d{1,4})?\s*$/.test(text));
        },
      ),
      { numRuns: propertyRuns(3000) },
    );
  });
});

describe('a unit', () => {
  const entry = one({ unitPath: '$.u' });

  it('is the configured one, or the one in the message', () => {
    expect(reading({ unit: '°C' }, '1').unit).toBe('°C');
    expect(only(readBy(entry, '{"v":1,"u":" K "}'))).toMatchObject({ unit: 'K', status: 'Good' });
    expect(only(readBy(one({ unitPath: '$.u', unit: '°C' }), '{"v":1}'))).toMatchObject({ unit: '°C', status: 'Good' });
  });

  it.each(['{"v":1}', '{"v":1,"u":null}', '{"v":1,"u":""}', '{"v":1,"u":7}', '{"v":1,"u":"a\\nb"}', '{"v":1,"u":{}}'])(
    'that should stand in the message and does not makes the value Questionable: %s',
    (payload) => {
      const found = only(readBy(entry, payload));
      expect([found.value, found.unit, found.status]).toEqual([1, undefined, 'Questionable']);
      expect(found.reason).toContain('unit');
    },
  );

  it('that cannot be read is not replaced by the configured one', () => {
    const found = only(readBy(one({ unitPath: '$.u', unit: '°C' }), '{"v":1,"u":7}'));
    expect([found.unit, found.status]).toEqual([undefined, 'Questionable']);
  });
});

describe('a payload', () => {
  it.each([
    ['json', '21.5', 21.5],
    ['json', '"21.5"', '21.5'],
    ['json', 'true', true],
    ['json', '\ufeff21.5', 21.5],
    ['text', 'hello\n', 'hello\n'],
    ['text', '21.5', '21.5'],
    ['text', '{"v":1}', '{"v":1}'],
    ['text', '/9j/4AAQSkZJRg==', '/9j/4AAQSkZJRg=='],
    ['text', 'grün 温度', 'grün 温度'],
    ['number', '21.5\n', 21.5],
    ['number', '9007199254740993', '9007199254740993'],
  ])('of kind %s is a value itself: %j', (payload, text, value) => {
    expect(only(readBy({ payload }, text))).toMatchObject({ value, status: 'Good', tag: { id: 'plant/a' } });
  });

  it.each([
    ['text', ''],
    ['number', ''],
    ['number', 'N/A'],
    ['number', '0x10'],
    ['json', 'null'],
  ])('of kind %s that holds no value is Bad Data: %j', (payload, text) => {
    expect(only(readBy({ payload }, text))).toMatchObject({ value: null, status: 'Bad Data' });
  });

  it.each([
    ['json', '', 'notJson'],
    ['json', 'hello', 'notJson'],
    ['json', '{"v":1', 'notJson'],
    ['json', '{"v":1}', 'wrongShape'],
    ['json', '[1,2]', 'wrongShape'],
  ])('of kind %s that cannot be understood is a dead letter: %j', (payload, text, code) => {
    const found = readBy({ payload }, text);
    expect([found.measurements, codes(found)]).toEqual([[], [code]]);
  });

  it('that is empty is a dead letter with that reason', () => {
    expect(readBy({}, '').rejects[0]?.reason).toBe('The payload is empty.');
    expect(codes(readBy({}, ' '))).toEqual(['notJson']);
  });

  it('says what to configure for an object', () => {
    expect(readBy({}, '{"t":1}').rejects[0]?.reason).toContain('configure values');
    expect(readBy({}, '[{"t":1}]').rejects[0]?.reason).toContain('configure records and values');
  });

  it.each(['json', 'text', 'number'])('of kind %s must be UTF-8', (payload) => {
    for (const bytes of [[0xff], [0x22, 0xc3, 0x22], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
      const raw = Uint8Array.from(bytes);
      const found = readBy({ payload }, raw);
      expect([found.measurements, codes(found), found.rejects[0]?.payload]).toEqual([[], ['notUtf8'], raw]);
    }
  });

  it('may give its one value a name, a unit and states, without a path', () => {
    const values = [{ field: 'door', states: { '0': 'OPEN', '1': 'SHUT' } }];
    expect(only(readBy({ payload: 'number', values }, '0'))).toMatchObject({
      tag: { id: 'plant/a#door' },
      value: 'OPEN',
    });
    expect(only(readBy({ payload: 'text', values: [{ type: 'number', unit: 'V' }] }, '3.3'))).toMatchObject({
      value: 3.3,
      unit: 'V',
    });
  });
});
