/** The newest value of whatever has one. */
import { describe, expect, it } from 'vitest';
import type { Fqn } from '../../../../../src/contract/fqn.ts';
import { parseInstant } from '../../../../../src/contract/time/instant.ts';
import { answering } from '../misbehaving-server.ts';
import { freeCall, idOf, openSource, plant, rejection, signalFqn } from '../support.ts';
import type { SeeqSource } from '../../../../../src/sources/seeq/source.ts';

const at = (time: string) => parseInstant(time) ?? 0n;
const NOON = '2026-03-14T12:00:30Z';
const signal = (name: string) => signalFqn(`Special Cases >> Signals >> ${name}`);
const scalar = (name: string): Fqn => ({ ...signalFqn(`Special Cases >> Scalars >> ${name}`), kind: 'scalar' });
const attribute = (asset: string, name: string): Fqn => ({
  ...signalFqn(asset),
  kind: 'asset',
  part: { type: 'attribute', name },
});
const property = (fqn: Fqn, name: string): Fqn => ({ ...fqn, part: { type: 'property', name } });
const snapshot = (source: SeeqSource, fqn: Fqn, time = NOON) => source.snapshot(fqn, at(time), freeCall());

describe.each(['absent', 'null'] as const)('with members without value %s', (absent) => {
  const open = async () => (await plant({ behaviour: { absent } })).source;

  it('a signal has its newest sample at or before the time', async () => {
    const source = await open();
    expect(await snapshot(source, signal('Three Samples'), '2020-01-01T00:01:00Z')).toEqual({
      value: 2,
      time: '2020-01-01T00:01:00Z',
      status: 'Good',
    });
    expect(await snapshot(source, signal('Three Samples'), '2020-01-01T00:00:59.999999999Z')).toMatchObject({
      value: 1,
    });
    expect(await snapshot(source, signal('Three Samples'), '2026-01-01T00:00:00Z')).toMatchObject({ value: 3 });
  });

  it('a key keeps its nanoseconds', async () => {
    const { time } = await snapshot(await open(), signal('Nanoseconds'));
    expect(time).toMatch(/^2026-03-14T12:00:\d\d\.\d{9}Z$/);
  });

  it('an enumeration has name and number, text has no unit, a number has one', async () => {
    const source = await open();
    const state = await snapshot(source, signal('Enumeration'));
    expect([
      ['OFF', 0],
      ['ON', 1],
      ['LOCAL | REMOTE', 2],
      ['Störung', -3],
    ]).toContainEqual([state.value, state.state]);
    expect(state).not.toHaveProperty('unit');
    expect(await snapshot(source, signal('Slow'))).toMatchObject({ unit: 'm³' });
  });

  it('a sample without value is bad, one that may change is questionable', async () => {
    const source = await open();
    const statuses = new Set<string>();
    for (let minute = 0; minute < 8; minute++) {
      const point = await snapshot(source, signal('Bad and Uncertain'), `2026-03-14T00:0${minute}:00Z`);
      statuses.add(point.status);
      expect(point.value === null).toBe(point.status === 'Bad Data');
      expect(point.time).toBe(`2026-03-14T00:0${minute}:00Z`);
    }
    expect(statuses).toEqual(new Set(['Good', 'Bad Data', 'Questionable']));
  });

  it('a scalar has a value at any time', async () => {
    const source = await open();
    expect(await snapshot(source, scalar('Setpoint'))).toEqual({ value: 21.5, time: null, status: 'Good', unit: '°C' });
    expect(await snapshot(source, scalar('Ratio'))).toEqual({ value: 0.85, time: null, status: 'Good' });
    expect(await snapshot(source, scalar('Site'))).toEqual({ value: 'Malmö', time: null, status: 'Good' });
    expect(await snapshot(source, scalar('Setpoint Doubled'))).toMatchObject({ value: 43 });
    expect(await snapshot(source, scalar('Invalid'))).toMatchObject({ value: null, status: 'Bad Data' });
  });

  it('an attribute is the item behind it', async () => {
    const source = await open();
    const reactor = 'Packaging >> Reactor 1';
    const line = 'Packaging >> Line 1 >> Reactor 1';
    expect(await snapshot(source, attribute(line, 'Level'))).toEqual(
      await snapshot(source, signalFqn(`${line} >> Level`)),
    );
    expect(await snapshot(source, attribute(line, 'Design Pressure'))).toMatchObject({ value: 6, unit: 'bar' });
    expect(await rejection(snapshot(source, attribute(reactor, 'Level')))).toMatchObject({ code: 'notFound' });
    expect((await rejection(snapshot(source, attribute(line, 'Batches')))).message).toContain('no value of its own');
  });

  it('a property has its text', async () => {
    const source = await open();
    const tower: Fqn = { ...signalFqn('Utilities >> Chiller 1'), kind: 'asset' };
    expect(await snapshot(source, property(tower, 'Manufacturer'))).toEqual({
      value: 'Nordkühl & Söhne',
      time: null,
      status: 'Good',
    });
    expect(await snapshot(source, property(signal('Slow'), 'Value Unit Of Measure'))).toMatchObject({ value: 'm³' });
    expect(await rejection(snapshot(source, property(tower, 'Nothing')))).toMatchObject({ code: 'notFound' });
  });
});

describe('no value', () => {
  it.each([
    ['of an item that is not there', signal('Nothing'), 'notFound'],
    ['that may not be read', signalFqn('Special Cases >> Hidden >> Redacted'), 'forbidden'],
    ['of an attribute that is not there', attribute('Special Cases >> Signals', 'fast'), 'notFound'],
    ['of an attribute of a signal', { ...signal('Fast'), part: { type: 'attribute', name: 'x' } }, 'unsupported'],
    ['of a condition', { ...signal('Fast'), kind: 'condition' }, 'unsupported'],
    ['of an asset', { ...signal('Fast'), kind: 'asset' }, 'unsupported'],
    [
      'of a property of a timeframe',
      property({ ...signal('Fast'), kind: 'capsule', capsuleId: 'x' }, 'x'),
      'unsupported',
    ],
    ['of something that has no id of Seeq', { ...signal('Fast'), id: 'BAD!' }, 'badRequest'],
  ] as const)('%s is its own error', async (_what, fqn, code) => {
    const { source } = await plant();
    expect(await rejection(snapshot(source, fqn, '2019-12-31T00:00:00Z'))).toMatchObject({ code });
  });

  it.each([
    ['before the first sample', signal('Three Samples')],
    ['of a signal without samples', signal('Empty')],
  ])('%s is bad and has no time, because one may come at any moment', async (_what, fqn) => {
    const { source } = await plant();
    expect(await snapshot(source, fqn, '2010-01-01T00:00:00Z')).toEqual({
      ...{ value: null, time: null, status: 'Bad Data' },
    });
  });

  it('of an attribute whose name two items have', async () => {
    const { seeq, source } = await plant();
    const parent = seeq.plant.find(idOf('Special Cases >> Scalars'));
    seeq.plant.add({
      type: 'LiteralScalar',
      name: 'Setpoint',
      key: 'twin',
      ...(parent ? { parent } : {}),
      scalar: { value: 1, unit: '' },
    });
    const error = await rejection(snapshot(source, attribute('Special Cases >> Scalars', 'Setpoint')));
    expect(error).toMatchObject({ code: 'badRequest' });
    expect(error.message).toContain('several attributes "Setpoint"');
  });
});

describe('odd answers', () => {
  const read = async (body: unknown, fqn: Fqn = signal('x')) =>
    snapshot(openSource(await answering(() => ({ body }))), fqn);

  it('with a whole number of nanoseconds keep every digit', async () => {
    expect(await read('{"sample":{"key":1773446400123456789,"value":true}}')).toMatchObject({
      time: '2026-03-14T00:00:00.123456789Z',
      value: true,
    });
  });

  it('with a sample of another time are the fault of the server', async () => {
    expect(await rejection(read({ sample: { key: '2026-03-14T12:00:31Z', value: 1 } }))).toMatchObject({
      code: 'sourceError',
    });
  });

  it.each([['null'], [{}], [{ statusMessage: 'Request canceled' }], [[]], [{ sample: 5 }]])(
    'without what every answer has (%j) are the fault of the server',
    async (body) => {
      expect(await rejection(read(body))).toMatchObject({ code: 'sourceError' });
      expect(await rejection(read(body, scalar('x')))).toMatchObject({ code: 'sourceError' });
    },
  );

  it.each([['"NaN"'], ['"Infinity"'], ['"-Infinity"'], ['1e400'], ['{}'], ['[1,2]']])(
    'with %s as the value of a number have bad data',
    async (value) => {
      const key = '"key":"2026-03-14T12:00:00Z"';
      for (const unit of ['', '°C']) {
        const bad = { value: null, status: 'Bad Data' };
        const sample = `{"sample":{${key},"value":${value}},"valueUnitOfMeasure":"${unit}"}`;
        expect(await read(sample)).toMatchObject(bad);
        expect(await read(`{"value":${value},"uom":"${unit}"}`, scalar('x'))).toMatchObject(bad);
      }
      if (value.startsWith('{') || value.startsWith('[')) return;
      const property = `{"name":"x","properties":[{"name":"p","value":${value},"unitOfMeasure":"°C"}]}`;
      const fqn = { ...signal('x'), part: { type: 'property', name: 'p' } } as const;
      expect(await read(property, fqn)).toMatchObject({ value: null, status: 'Bad Data' });
      const capsule = `{"capsules":[{"id":"1","start":"2026-03-14T11:00:00Z","properties":[{"name":"p","value":${value},"unitOfMeasure":"°C"}]}]}`;
      const attribute = { ...signal('x'), kind: 'condition', part: { type: 'attribute', name: 'p' } } as const;
      expect(await read(capsule, attribute)).toMatchObject({ value: null, status: 'Bad Data' });
    },
  );

  it.each([[{ keyUnitOfMeasure: 'ns' }], [{ sample: null }], [{ sample: {} }]])(
    'without a sample (%j) mean that there is none',
    async (body) => {
      expect(await read(body)).toEqual({ value: null, time: null, status: 'Bad Data' });
    },
  );

  it('of a scalar that cannot be computed say why', async () => {
    const error = await rejection(read({ errors: [{ message: 'unknown $x' }] }, scalar('x')));
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toContain('unknown $x');
  });

  it('of a scalar that is null are the fault of the server', async () => {
    expect(await rejection(read('null', scalar('x')))).toMatchObject({ code: 'sourceError' });
  });

  it('of a scalar may be uncertain', async () => {
    expect(await read({ value: 'on', uom: '', isUncertain: true }, scalar('x'))).toEqual({
      value: 'on',
      time: null,
      status: 'Questionable',
    });
  });
});
