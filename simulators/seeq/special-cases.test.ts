import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Models } from './answers/shapes.ts';
import { RATES, SPELLINGS } from './plant/special-interpolation.ts';
import { DEAD_SINCE, LONG_TEXT, UNICODE_NAMES } from './plant/special-values.ts';
import { startSeeqSimulator, type SeeqSimulator } from './simulator.ts';
import { caller, idOf, NOW, type Caller } from './testing.ts';

const INTERPOLATION = 'Special Cases >> Interpolation';
const NEWEST = 'Special Cases >> Newest';

describe('special cases of the plant', () => {
  let simulator: SeeqSimulator;
  let get: Caller;
  beforeAll(async () => {
    simulator = await startSeeqSimulator({ port: 0 }, () => NOW);
    get = await caller(simulator.url);
  });
  afterAll(async () => simulator.stop());

  /** The value at a time by the signal's own interpolation; undefined where there is none. */
  const valueAt = async (path: string, time: number): Promise<unknown> => {
    const answer = await get(`/signals/${idOf(path)}/sample/${new Date(time).toISOString()}`);
    return (answer.body as Models['GetSampleOutputV1']).sample?.value;
  };
  const newest = async (path: string) =>
    (
      (await get(`/signals/${idOf(path)}/sample/${new Date(NOW).toISOString()}`, { query: { lookup: 'AtOrBefore' } }))
        .body as Models['GetSampleOutputV1']
    ).sample;

  const MINUTE = 60_000;
  const HALF = MINUTE / 2;
  /** A minute whose sample is good, with a bad one three minutes later. */
  const good = Math.floor(NOW / MINUTE / 4) * 4 * MINUTE - 40 * MINUTE;
  const number = (good / MINUTE) % 100;
  it.each([
    ['Linear with Bad', 0.5, undefined],
    ['PILinear with Bad', 0.5, 2],
    ['Step with Bad', 0, 2],
  ])('%s has its values between two samples, up to a bad one and after it', async (name, between, upToBad) => {
    const path = `${INTERPOLATION} >> ${name}`;
    expect(await valueAt(path, good + HALF)).toBe(number + between);
    const held = upToBad === undefined ? undefined : number + upToBad;
    expect(await valueAt(path, good + 2 * MINUTE + HALF)).toBe(held);
    expect(await valueAt(path, good + 3 * MINUTE + HALF)).toBeUndefined();
  });

  it.each([
    ['Within', 90, 'holds up to now'],
    ['Beyond', 180, 'has no value since its newest sample'],
  ])('Step %s Limit: a step whose newest sample is %i minutes old %s', async (name, age, _what) => {
    const path = `${INTERPOLATION} >> Step ${name} Limit`;
    const sample = NOW - age * MINUTE;
    const value = (sample / MINUTE) % 10;
    const held = name === 'Within' ? value : undefined;
    expect(await valueAt(path, sample)).toBe(value);
    expect(await valueAt(path, sample + HALF)).toBe(held);
    expect(await valueAt(path, NOW)).toBe(held);
    expect(await valueAt(path, NOW + HALF)).toBeUndefined();
    const timeOf = (time: number): string => new Date(time).toISOString().replace('.000', '');
    const [start, end] = [timeOf(sample + MINUTE), timeOf(NOW + 60 * MINUTE)];
    const run = async (formula: string) => {
      const query = { formula, parameters: `x=${idOf(path)}`, start, end, timeFormat: 'ISO8601' };
      return (await get('/formulas/run', { query })).body as Models['FormulaRunOutputV1'];
    };
    expect((await run(`$x.average(capsule('${start}','${end}'))`)).scalar?.value).toBe(held);
    const points = (await run('$x.resample(10min)')).samples?.samples ?? [];
    const later = points.filter(({ key, value: point }) => point !== undefined && Date.parse(String(key)) > sample);
    expect(later).toHaveLength(held === undefined ? 0 : 9);
    const capsules = (await run('$x >= 0')).capsules?.capsules ?? [];
    expect(capsules.map((capsule) => [capsule.end, capsule.isUncertain])).toEqual(
      held === undefined ? [] : [[timeOf(NOW), true]],
    );
  });

  it('has a discrete signal without values between its samples', async () => {
    const path = `${INTERPOLATION} >> Discrete`;
    const sample = Math.floor(NOW / MINUTE / 10) * 10 * MINUTE - 60 * MINUTE;
    expect(await valueAt(path, sample)).toBe((sample / MINUTE / 10) % 100);
    expect(await valueAt(path, sample + HALF)).toBeUndefined();
    const formula = "$x.average(capsule('2026-05-20T08:00:00Z','2026-05-20T09:00:00Z'))";
    const query = { formula, parameters: `x=${idOf(path)}` };
    const first = Date.UTC(2026, 4, 20, 8) / MINUTE / 10;
    const mean = [0, 1, 2, 3, 4, 5].map((k) => (first + k) % 100).reduce((sum, value) => sum + value / 6, 0);
    const { scalar } = (await get('/formulas/run', { query })).body as Models['FormulaRunOutputV1'];
    expect(scalar?.value).toBeCloseTo(mean, 9);
  });

  it('spells a maximum interpolation in every way, the same in the signal and its property', async () => {
    for (const [text] of SPELLINGS) {
      const id = idOf(`${INTERPOLATION} >> Maximum ${text}`);
      expect((await get(`/signals/${id}`)).body).toMatchObject({ maximumInterpolation: text });
      expect((await get(`/items/${id}/properties/Maximum Interpolation`)).body).toMatchObject({ value: text });
    }
  });

  it('bridges twenty days with a month and 131 days with a year', async () => {
    const [early, late] = [Date.UTC(2025, 0, 11), Date.UTC(2025, 3, 1)];
    expect(await valueAt(`${INTERPOLATION} >> Maximum 1mo`, early)).toBe(10);
    expect(await valueAt(`${INTERPOLATION} >> Maximum 1mo`, late)).toBeUndefined();
    expect(await valueAt(`${INTERPOLATION} >> Maximum P1Y`, late)).toBeGreaterThan(20);
    expect(await valueAt(`${INTERPOLATION} >> Maximum PT36H`, early)).toBeUndefined();
  });

  it('has a certain newest sample, one of years ago, one without value and one that holds for days', async () => {
    expect(await newest(`${NEWEST} >> Certain`)).toMatchObject({ key: '2026-05-20T10:30:00Z', isUncertain: false });
    expect(await newest(`${NEWEST} >> Dead Since 2019`)).toMatchObject({ key: DEAD_SINCE, isUncertain: false });
    expect(await newest(`${NEWEST} >> Never Alive`)).toEqual({ key: '2026-05-20T10:30:00Z', isUncertain: true });
    expect((await newest(`${NEWEST} >> Bad Now`))?.value).toBeUndefined();
    const held = await newest(`${INTERPOLATION} >> Set Point`);
    expect(NOW - Date.parse(String(held?.key))).toBeGreaterThan(24 * 60 * MINUTE);
    expect(held).toMatchObject({ isUncertain: false });
  });

  it('has rates whose total over an hour is known', async () => {
    for (const [name, unit, value] of RATES) {
      const id = idOf(`Special Cases >> Rates >> ${name}`);
      const query = {
        formula: "$x.average(capsule('2026-05-20T08:00:00Z','2026-05-20T09:00:00Z'))",
        parameters: `x=${id}`,
      };
      expect((await get('/formulas/run', { query })).body).toMatchObject({ scalar: { value, uom: unit } });
    }
  });

  it('has long texts, and names that look alike', async () => {
    expect(String((await newest('Special Cases >> Text >> Long Text'))?.value)).toHaveLength(LONG_TEXT);
    const { children } = (await get(`/trees/assets/${idOf('Special Cases >> Unicode Names')}`))
      .body as Models['AssetTreeOutputV1'];
    expect(children?.map(({ name }) => name).sort()).toEqual([...UNICODE_NAMES].sort());
  });

  it('has two children of one name, with ids of their own', async () => {
    const { children } = (await get(`/trees/assets/${idOf('Special Cases >> Twins')}`))
      .body as Models['AssetTreeOutputV1'];
    expect(children?.map(({ name }) => name)).toEqual(['Pump', 'Pump', 'Twin', 'Twin']);
    expect(new Set(children?.map(({ id }) => id)).size).toBe(4);
  });

  it('has an event without end before others that ended, and one that ends before it starts', async () => {
    const capsules = async (name: string, start: string, end: string) =>
      (
        (await get(`/conditions/${idOf(`Special Cases >> Conditions >> ${name}`)}/capsules`, { query: { start, end } }))
          .body as Models['CapsulesOutputV1']
      ).capsules;
    const found = await capsules('Never Closed', '2026-05-18T00:00:00Z', '2026-05-20T10:30:00Z');
    expect(found.map(({ start, end }) => [start, end])).toEqual([
      ['2020-01-01T00:00:00Z', undefined],
      ['2026-05-18T08:00:00Z', '2026-05-18T16:00:00Z'],
      ['2026-05-19T08:00:00Z', '2026-05-19T16:00:00Z'],
    ]);
    const reversed = await capsules('Reversed', '2020-01-01T00:00:00Z', '2020-01-02T00:00:00Z');
    expect(reversed.map(({ start, end }) => [start, end])[1]).toEqual(['2020-01-01T02:00:00Z', '2020-01-01T01:00:00Z']);
  });
});
