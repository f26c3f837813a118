/** Scalars in every function that reads a history, asked of the simulated plant. */
import { afterEach, describe, expect, it } from 'vitest';
import { idOf, plant } from '../../sources/seeq/support.ts';
import { fqn, testDriver, violations } from '../../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const START = '2026-03-15T08:00:00Z';
const END = '2026-03-15T10:00:00Z';
const RANGE = { start: START, end: END };

const scalar = (name: string): string => fqn('plant', 'scalar', idOf(`Special Cases >> Scalars >> ${name}`));

async function asking() {
  const { source } = await plant();
  return testDriver([source]).ask;
}

const number = { index: 0, fqn: scalar('Setpoint'), unit: '°C' };
const both = { times: [START, END], values: [21.5, 21.5] };

describe('a scalar', () => {
  it('is recorded at the start and at the end, whatever the boundary', async () => {
    const ask = await asking();
    for (const boundary of ['inside', 'outside', 'interpolated']) {
      const { items } = await ask('discrete', { items: [number.fqn], ...RANGE, boundary });
      expect(items).toEqual([{ ...number, ...both }]);
    }
    const { items } = await ask('discrete', { items: [number.fqn], start: END, end: END });
    expect(items).toEqual([{ ...number, times: [END], values: [21.5] }]);
  });

  it('is paged like other series', async () => {
    const ask = await asking();
    const params = { items: [number.fqn], ...RANGE, limit: 1 };
    const first = await ask('discrete', params);
    expect(first.items).toEqual([{ ...number, times: [START], values: [21.5], truncated: true }]);
    const second = await ask('discrete', { ...params, cursor: first.meta.cursor });
    expect(second.items).toEqual([{ ...number, times: [END], values: [21.5] }]);
    expect(second.meta).not.toHaveProperty('cursor');
  });

  it('has its value at every instant, also in the future', async () => {
    const ask = await asking();
    const { items } = await ask('interpolated', { items: [number.fqn], start: START, end: '*+1y', count: 3 });
    expect(items).toMatchObject([{ ...number, values: [21.5, 21.5, 21.5] }]);
    expect(items[0]).not.toHaveProperty('flags');
  });

  it('is drawn as a step from border to border', async () => {
    const ask = await asking();
    const { items } = await ask('plotted', { items: [number.fqn], ...RANGE });
    expect(items).toEqual([{ ...number, ...both, step: true }]);
  });

  it('has statistics', async () => {
    const ask = await asking();
    const methods = ['average', 'min', 'max'];
    const { items } = await ask('aggregated', { items: [number.fqn], ...RANGE, intervalMs: 7_200_000, methods });
    expect(items.map(({ method, values }) => [method, values])).toEqual(methods.map((method) => [method, [21.5]]));
  });

  it('has statistics in the future too, by time, and no samples', async () => {
    const ask = await asking();
    const methods = ['first', 'count', 'percentGood', 'durationBad'];
    const params = { items: [number.fqn], start: START, end: '*+1d', count: 3, methods, basis: 'samples' };
    const { items } = await ask('aggregated', params);
    expect(items.map(({ method, basis, values, flags }) => [method, basis, values, flags])).toEqual([
      ['first', 'time', [21.5, 21.5, 21.5], undefined],
      ['count', 'time', [0, 0, 0], undefined],
      ['percentGood', 'time', [100, 100, 100], undefined],
      ['durationBad', 'time', [0, 0, 0], undefined],
    ]);
  });

  it('may be text, calculated, or without a value', async () => {
    const ask = await asking();
    const items = ['Site', 'Setpoint Doubled', 'Invalid'].map(scalar);
    const { items: series } = await ask('interpolated', { items, ...RANGE, count: 2 });
    const byIndex = [...series].sort((a, b) => Number(a.index) - Number(b.index));
    expect(byIndex).toMatchObject([
      { values: ['Malmö', 'Malmö'] },
      { values: [43, 43] },
      { values: [null, null], flags: [[0, 1, 'Bad Data']] },
    ]);
    const text = await ask('aggregated', { items: [scalar('Site')], ...RANGE, intervalMs: 7_200_000 });
    expect(text.error?.code).toBe('unsupported');
  });

  it('may be an attribute of an asset', async () => {
    const ask = await asking();
    const folder = fqn('plant', 'asset', idOf('Special Cases >> Scalars'));
    const item = `${folder}/attribute/Setpoint`;
    for (const name of ['plotted', 'discrete']) {
      const { items } = await ask(name, { items: [item], ...RANGE });
      expect(items).toMatchObject([{ index: 0, fqn: item, ...both }]);
    }
  });

  it('has no history as a property', async () => {
    const ask = await asking();
    const { error } = await ask('interpolated', { items: [`${number.fqn}/property/Name`], ...RANGE, count: 2 });
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('no history') as string });
  });
});
