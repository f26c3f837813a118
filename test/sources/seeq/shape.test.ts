/** How a signal goes on between its samples, as its server tells it. */
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../src/sources/seeq/duration.ts';
import { answering } from './rude-server.ts';
import { freeCall, idOf, openSource, plant, rejection, signalFqn } from './support.ts';

const MINUTE = 60_000_000_000n;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
const AREA = 'Example >> Cooling Tower 1 >> Area A';

describe('durations', () => {
  it.each([
    ['1d', DAY],
    ['40h', 40n * HOUR],
    ['5.4d', (54n * DAY) / 10n],
    ['1min', MINUTE],
    [' 30 days ', 30n * DAY],
    ['1 hour', HOUR],
    ['20minutes', 20n * MINUTE],
    ['100ms', 100_000_000n],
    ['2 Hours 30 min', 2n * HOUR + 30n * MINUTE],
    ['250000ns', 250_000n],
    ['0s', 0n],
    ['2wk', 14n * DAY],
    ['0.000000001s', 1n],
  ])('%j is understood', (text, nanoseconds) => {
    expect(parseDuration(text)).toBe(nanoseconds);
  });

  it.each(['', 'd', '12', '1 fortnight', '1d and more', '-1d', '1month', '1 d,2 h', '1e3s'])(
    '%j is no duration',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});

describe('the shape', () => {
  it('of a signal has its interpolation, its bound and its unit', async () => {
    const { source } = await plant();
    const shape = (path: string) => source.shape(signalFqn(path), freeCall());
    expect(await shape('Special Cases >> Signals >> Gappy')).toEqual({
      fqn: signalFqn('Special Cases >> Signals >> Gappy'),
      interpolation: 'linear',
      maximumInterpolation: 10n * MINUTE,
      valueType: 'number',
      unit: 'm³/h',
    });
    expect(await shape('Special Cases >> Signals >> Step')).toMatchObject({ interpolation: 'step' });
    const text = await shape('Special Cases >> Signals >> Enumeration');
    expect(text).toMatchObject({ interpolation: 'step', valueType: 'string' });
    expect(text).not.toHaveProperty('unit');
  });

  it('of an attribute is that of the signal behind it', async () => {
    const { source } = await plant();
    const part = { type: 'attribute', name: 'Temperature' } as const;
    const attribute = { scheme: 'seeq', host: 'plant', kind: 'asset', id: idOf(AREA), part } as const;
    const direct = await source.shape(signalFqn(`${AREA} >> Temperature`), freeCall());
    expect(await source.shape(attribute, freeCall())).toEqual(direct);
  });

  it('of what has no samples is refused', async () => {
    const { source } = await plant();
    const asset = { scheme: 'seeq', host: 'plant', kind: 'asset', id: idOf(AREA) } as const;
    expect(await rejection(source.shape(asset, freeCall()))).toMatchObject({ code: 'unsupported' });
  });

  it.each([
    [{ interpolationMethod: 'PILinear', maximumInterpolation: '40h' }, 'pilinear', 40n * HOUR],
    [{ interpolationMethod: 'Discrete', valueUnitOfMeasure: 'string' }, 'discrete', undefined],
    [{ interpolationMethod: 'Linear', valueUnitOfMeasure: 'string' }, 'step', undefined],
    [{ interpolationMethod: 'Splines', maximumInterpolation: 'long' }, 'linear', undefined],
    [{ interpolationMethod: null, maximumInterpolation: null, valueUnitOfMeasure: null }, 'linear', undefined],
    [{}, 'linear', undefined],
  ])('that a server tells as %j is taken as %s', async (body, interpolation, maximumInterpolation) => {
    const source = openSource(await answering(() => ({ body: { id: 'x', name: 'x', type: 'x', ...body } })));
    expect(await source.shape(signalFqn('x'), freeCall())).toMatchObject({ interpolation, maximumInterpolation });
  });

  it('that is no object is the fault of the server', async () => {
    const source = openSource(await answering(() => ({ body: 'null' })));
    expect(await rejection(source.shape(signalFqn('x'), freeCall()))).toMatchObject({ code: 'sourceError' });
  });
});
