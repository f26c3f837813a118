/** What the driver does not ask of a source: help of its server with a history, and ids of any particular form. */
import { afterEach, expect, it } from 'vitest';
import type { HistoryReader, SamplePage, Source } from '../../../src/sources/source.ts';
import { fqn, source, testDriver, violations } from '../../support/driver.ts';

afterEach(() => {
  expect(violations).toEqual([]);
});

const SECONDS = 600;
const range = { start: '2026-03-15T11:00:00Z', end: '2026-03-15T11:10:00Z' };
const items = [fqn('a', 'signal', 'x')];

/** Ten pages, and neither a count nor a reduction by the server. */
const plain: HistoryReader = {
  async *samples() {
    for (let at = 0; at < SECONDS; at += SECONDS / 10) yield page(at, at + SECONDS / 10);
  },
  shape: async (asked) => ({
    fqn: asked,
    interpolation: 'linear',
    maximumInterpolation: undefined,
    valueType: 'number',
  }),
};

function page(from: number, to: number): SamplePage {
  const seconds = Array.from({ length: to - from }, (_unused, n) => from + n);
  const times = seconds.map((second) => new Date(Date.parse(range.start) + second * 1000).toISOString());
  return { times, values: seconds };
}

const recorder = (history: HistoryReader): Source => ({ ...source('a'), abilities: { history } });

it('a plot of many samples is reduced by the driver where the server cannot', async () => {
  const { ask } = testDriver([recorder(plain)], { limits: { plottedRawSamples: 100 } });
  const { status, items: plots } = await ask('plotted', { items, ...range, count: 5 });
  expect(status).toBe('ok');
  expect(plots).toMatchObject([{ reducedBy: 'driver' }]);
  expect(Math.max(...(plots[0]?.values as number[]))).toBe(SECONDS - 1);
});

it('too many samples are found out by reading them where the server cannot count', async () => {
  const { ask } = testDriver([recorder(plain)], { limits: { samplesPerItem: 200 } });
  const { error } = await ask('discrete', { items, ...range });
  expect(error).toMatchObject({ code: 'tooLarge', details: { limit: 200 } });
  expect(error?.details).not.toHaveProperty('samples');
});

it('ids are those of the source, letter case included', async () => {
  const found = (id: string) => ({ id, kind: 'signal' as const, name: `The ${id}`, path: [], hasChildren: false });
  const zoo = source('a', { describe: async (ids) => new Map(ids.map((id) => [id, found(id)])) });
  const { items: described } = await testDriver([zoo]).ask('describe', {
    items: ['duck', 'Duck'].map((id) => fqn('a', 'signal', id)),
  });
  expect(described.map(({ index, name }) => [index, name])).toEqual([
    [0, 'The duck'],
    [1, 'The Duck'],
  ]);
});
