/** Plots and values between samples of the simulated plant, by whole requests, at any zoom. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { joinSeries } from '../../../../src/client/answer.ts';
import { compareUtc } from '../../../../src/contract/time/instant.ts';
import type { SeriesChunk } from '../../../../src/contract/series.ts';
import { idOf, plant } from '../../sources/seeq/support.ts';
import { fqn, NOW, testDriver, violations } from '../../../support/driver.ts';

type Series = SeriesChunk & { step?: boolean; gaps?: [string, string][]; holdsUntil?: string; reducedBy?: string };
type Ask = ReturnType<typeof testDriver>['ask'];

const RAW = 3000;
let source: Awaited<ReturnType<typeof plant>>['source'];
let ask: Ask;
let patient: Ask;

beforeEach(async () => {
  ({ source } = await plant({}, { pageSamples: 1000 }));
  ask = testDriver([source], { limits: { plottedRawSamples: RAW } }).ask;
  // Reads everything.
  patient = testDriver([source]).ask;
});
afterEach(() => {
  expect(violations).toEqual([]);
});

const signal = (path: string): string => fqn('plant', 'signal', idOf(`Special Cases >> ${path}`));

async function series(asking: Ask, name: string, path: string, params: object): Promise<Series> {
  const { items, status, error } = await asking(name, { items: [signal(path)], ...params });
  expect([status, error]).toEqual(['ok', undefined]);
  return (joinSeries(items) as Series[])[0] ?? expect.fail('no series');
}

/** The samples that have a value. */
const good = ({ times, values }: Series) =>
  times.map((time, n) => ({ time, value: values[n] })).filter(({ value }) => value !== null);

describe('a plot, reduced by the server or by the driver', () => {
  const HOURS = [1, 24, 24 * 7, 24 * 20];

  it.each(['Signals >> Gappy', 'Signals >> Step', 'Signals >> Bad and Uncertain', 'Interpolation >> Step with Bad'])(
    '%s: has the newest sample, the one before the range and both ends at every zoom',
    async (path) => {
      const reducedBy = new Set<string | undefined>();
      for (const hours of HOURS) {
        const range = { start: `*-${hours}h`, end: '*' };
        const plot = await series(ask, 'plotted', path, { ...range, count: 50 });
        const all = await series(patient, 'discrete', path, { ...range, boundary: 'outside' });
        reducedBy.add(plot.reducedBy);
        expect(plot.times.length).toBeLessThanOrEqual(5 * 50 + 2);
        expect([plot.times.at(0), plot.values.at(0)]).toEqual([all.times.at(0), all.values.at(0)]);
        expect([plot.times.at(-1), plot.values.at(-1)]).toEqual([all.times.at(-1), all.values.at(-1)]);
        expect(good(plot).at(-1)).toEqual(good(all).at(-1));
        const numbers = good(all).map(({ value }) => Number(value));
        const drawn = good(plot).map(({ value }) => Number(value));
        expect([Math.min(...drawn), Math.max(...drawn)]).toEqual([Math.min(...numbers), Math.max(...numbers)]);
        expect(plot.step).toBe(path.includes('Step') ? true : undefined);
      }
      expect(reducedBy).toEqual(new Set([undefined, 'driver', 'server']));
    },
  );

  it.each([
    ['Signals >> Gappy', 20, 400, 30],
    ['Signals >> Gappy', 20, 5, 30],
    ['Signals >> Bad and Uncertain', 5, 400, 500],
  ])('%s: draws no line over a gap or a bad sample', async (path, days, count, least) => {
    const range = { start: `*-${days}d`, end: '*' };
    const plot = await series(ask, 'plotted', path, { ...range, count });
    expect(plot.reducedBy).toBe('server');
    const all = await series(patient, 'plotted', path, { ...range, count: 20_000 });
    expect(all).not.toHaveProperty('reducedBy');
    const bad = all.times.filter((_time, n) => all.values[n] === null).map((time): [string, string] => [time, time]);
    const gaps = [...(all.gaps ?? []), ...bad];
    expect(gaps.length).toBeGreaterThan(least);
    // Two neighbours with a line between them never have a gap between them.
    const told = new Set((plot.gaps ?? []).map(([from]) => from));
    for (const [n, from] of plot.times.entries()) {
      const to = plot.times[n + 1];
      if (to === undefined || plot.values[n] === null || plot.values[n + 1] === null || told.has(from)) continue;
      const hidden = gaps.filter(([left, right]) => compareUtc(from, left) <= 0 && compareUtc(right, to) <= 0);
      expect(hidden).toEqual([]);
    }
  });

  it('of a tag that is bad all the time shows that, and does not read all of its samples for it', async () => {
    const range = { start: '*-20d', end: '*' };
    const { items, meta } = await ask('plotted', { items: [signal('Newest >> Never Alive')], ...range, count: 50 });
    const [plot] = joinSeries(items) as Series[];
    const all = await series(patient, 'discrete', 'Newest >> Never Alive', { start: '*-1h', end: '*' });
    expect(plot?.reducedBy).toBe('server');
    expect(plot?.times.at(-1)).toBe(all.times.at(-1));
    expect(new Set(plot?.values)).toEqual(new Set([null]));
    // Pages of 1000 samples, of which there are more than 28,000.
    expect(meta.sourceRequests).toBeLessThan(15);
  });

  it('of text is of recorded values, however many there are', async () => {
    const plot = await series(ask, 'plotted', 'Text >> Many Texts', { start: '*-8h', end: '*', count: 100 });
    expect([plot.reducedBy, plot.step]).toEqual(['driver', true]);
    expect(plot.times.length).toBeLessThanOrEqual(502);
    expect(plot.values.at(-1)).toMatch(/^Phase \d+$/);
    // 480 changes, of which those that fit are shown.
    const changes = plot.values.filter((value, n) => n > 0 && value !== plot.values[n - 1]);
    expect(changes.length).toBeGreaterThan(150);
  });
});

describe('the newest sample of a step', () => {
  it.each([
    ['Within', true],
    ['Beyond', false],
  ])('%s its maximum interpolation, holds in every function or in none', async (name, holds) => {
    const path = `Interpolation >> Step ${name} Limit`;
    const { times, values } = await series(ask, 'discrete', path, { start: '*-4h', end: '*' });
    const [newest, value] = [times.at(-1) ?? '', values.at(-1) ?? null];
    const params = { start: newest, end: '*', count: 3 };
    const between = await series(ask, 'interpolated', path, params);
    expect(between.values).toEqual([value, holds ? value : null, holds ? value : null]);
    expect(between.flags?.at(-1)?.[2]).toBe(holds ? 'Questionable' : 'Bad Data');
    const plot = await series(ask, 'plotted', path, { start: '*-4h', end: '*+1h' });
    expect(plot.times.at(-1)).toBe(newest);
    expect(plot.holdsUntil).toBe(holds ? NOW : undefined);
    const average = await series(ask, 'aggregated', path, { start: '*-10m', end: '*', count: 1 });
    expect(average.values).toEqual([holds ? value : null]);
  });
});

describe('a maximum interpolation', () => {
  it.each([
    ['1mo', true, false],
    ['1 month', true, false],
    ['3 months', true, false],
    ['1M', true, false],
    ['P1M', true, false],
    ['1y', true, true],
    ['1yr', true, true],
    ['P1Y', true, true],
    ['PT36H', false, false],
    ['2 wk', false, false],
    ['quite long', false, false],
  ])('written as %s bridges 20 days: %s, and 131 days: %s', async (text, short, long) => {
    const days = { start: '2025-01-11T00:00:00Z', end: '2025-01-11T00:00:00Z', count: 1 };
    const months = { ...days, start: '2025-04-01T00:00:00Z', end: '2025-04-01T00:00:00Z' };
    const path = `Interpolation >> Maximum ${text}`;
    const values = [
      (await series(ask, 'interpolated', path, days)).values[0],
      (await series(ask, 'interpolated', path, months)).values[0],
    ];
    expect(values.map((value) => value !== null)).toEqual([short, long]);
  });
});
