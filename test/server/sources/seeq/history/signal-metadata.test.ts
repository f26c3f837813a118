/** How a signal goes on between its samples, as its server tells it. */
import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../../../src/sources/seeq/duration.ts';
import { TestLog } from '../../../../support/driver.ts';
import { answering } from '../misbehaving-server.ts';
import { freeCall, idOf, openSource, plant, rejection, signalFqn } from '../support.ts';

const MINUTE = 60_000_000_000n;
const HOUR = 60n * MINUTE;
const DAY = 24n * HOUR;
const MONTH = (365n * DAY) / 12n;
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
    ['2.5h', (5n * HOUR) / 2n],
    ['15 min', 15n * MINUTE],
    ['15 m', 15n * MINUTE],
    ['1.000000 d', DAY],
    ['3w', 21n * DAY],
    ['1mo', MONTH],
    ['1 month', MONTH],
    ['1M', MONTH],
    ['2 Months', 2n * MONTH],
    ['1y', 365n * DAY],
    ['1 yr', 365n * DAY],
    ['P1M', MONTH],
    ['P1Y', 365n * DAY],
    ['PT1M', MINUTE],
    ['P1DT2H30M', DAY + 2n * HOUR + 30n * MINUTE],
    ['P0.5D', DAY / 2n],
    ['PT0,5S', 500_000_000n],
    ['P2W', 14n * DAY],
  ])('%j is understood', (text, nanoseconds) => {
    expect(parseDuration(text)).toBe(nanoseconds);
  });

  it.each(['', 'd', '12', '1 fortnight', '1d and more', '-1d', '1 d,2 h', '1e3s', 'P', 'PT', 'P1', 'P1H', 'P1DT'])(
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

  it.each([
    ['1 fortnight', { value: 2, uom: 'h' }, 2n * HOUR, /has "1 fortnight" as maximum interpolation.*server's, 2 h/],
    [{ value: 1 }, { value: 1.5, uom: 'd' }, 36n * HOUR, /has an object as maximum interpolation/],
    [true, { value: 2, uom: 'h' }, 2n * HOUR, /has true as maximum/],
    [undefined, { value: 2, uom: 'h' }, 2n * HOUR, undefined],
    ['', { value: '2', uom: 'h' }, 2n * HOUR, undefined],
    ['soon', { value: 2, uom: 'fortnights' }, 40n * HOUR, /Seeq's usual default, 40 h/],
    [undefined, undefined, 40n * HOUR, /names no maximum interpolation.*usual default, 40 h/],
  ])('whose bound is given as %j has the default of the server (%j)', async (told, byDefault, bound, line) => {
    const log = new TestLog();
    const url = await answering(({ path }) => ({
      body: path.includes('server-status')
        ? { version: '66.1.0', defaultMaxInterpolation: byDefault }
        : { id: 'x', name: 'x', type: 'x', maximumInterpolation: told },
    }));
    const shape = await openSource(url, { log }).shape(signalFqn('x'), freeCall());
    expect(shape.maximumInterpolation).toBe(bound);
    expect(log.lines.map(({ level }) => level)).toEqual(line ? ['warn'] : []);
    if (line) expect(log.lines[0]?.message).toMatch(line);
  });

  it('of a scalar is that of a constant', async () => {
    const { source } = await plant();
    const shape = (name: string) =>
      source.shape({ ...signalFqn(`Special Cases >> Scalars >> ${name}`), kind: 'scalar' }, freeCall());
    expect(await shape('Setpoint')).toMatchObject({
      interpolation: 'step',
      maximumInterpolation: undefined,
      constant: { value: 21.5, status: 'Good' },
      valueType: 'number',
      unit: '°C',
    });
    expect(await shape('Site')).toMatchObject({ valueType: 'string', constant: { value: 'Malmö' } });
  });

  it('of what has no samples is refused', async () => {
    const { source } = await plant();
    const asset = { scheme: 'seeq', host: 'plant', kind: 'asset', id: idOf(AREA) } as const;
    expect(await rejection(source.shape(asset, freeCall()))).toMatchObject({ code: 'unsupported' });
  });

  it.each([
    [{ interpolationMethod: 'PILinear', maximumInterpolation: '40h' }, 'pilinear', 40n * HOUR],
    [{ interpolationMethod: 'Step', maximumInterpolation: { value: 3, uom: 'mo' } }, 'step', 3n * MONTH],
    [{ interpolationMethod: 'Discrete', valueUnitOfMeasure: 'string' }, 'discrete', 40n * HOUR],
    [{ interpolationMethod: 'Linear', valueUnitOfMeasure: 'string' }, 'step', 40n * HOUR],
    [{ interpolationMethod: 'Splines', maximumInterpolation: 'long' }, 'linear', 40n * HOUR],
    [{ interpolationMethod: null, maximumInterpolation: null, valueUnitOfMeasure: null }, 'linear', 40n * HOUR],
    [{}, 'linear', 40n * HOUR],
  ])('that a server gives as %j is read as %s', async (body, interpolation, maximumInterpolation) => {
    const source = openSource(await answering(() => ({ body: { id: 'x', name: 'x', type: 'x', ...body } })));
    expect(await source.shape(signalFqn('x'), freeCall())).toMatchObject({ interpolation, maximumInterpolation });
  });

  it('that is no object is the fault of the server', async () => {
    const source = openSource(await answering(() => ({ body: 'null' })));
    expect(await rejection(source.shape(signalFqn('x'), freeCall()))).toMatchObject({ code: 'sourceError' });
  });
});
