/** Every example of docs/statistics.md is what the driver answers. */
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { SeriesChunk } from '../../src/contract/series.ts';
import type { ScalarValue } from '../../src/contract/values.ts';
import type { SeriesShape } from '../../src/sources/source.ts';
import { flag } from '../../src/contract/series.ts';
import { fqn, source, testDriver } from '../support/driver.ts';

interface Example {
  signal: Partial<Omit<SeriesShape, 'maximumInterpolation'>> & { maximumInterpolation: string };
  samples: [time: string, value: ScalarValue][];
  interval: [string, string];
  basis?: string;
  status?: string;
  /** A value, a value with its unit, or the value of each state. */
  results: Record<string, ScalarValue | [ScalarValue, string] | Record<string, number>>;
}

const page = await readFile('docs/statistics.md', 'utf8');
const examples = [...page.matchAll(/```json\n(.*?)```/gs)]
  .map(([, text = '']) => JSON.parse(text) as object)
  .filter((block): block is Example => 'signal' in block);

const MINUTES: Record<string, bigint> = { min: 1n, h: 60n, d: 1440n };
const length = (text: string): bigint => {
  const [, amount = '', unit = ''] = /^(\d+)(\w+)$/.exec(text) ?? [];
  return BigInt(amount) * (MINUTES[unit] ?? 0n) * 60_000_000_000n;
};
const time = (text: string): string => `2026-03-14T${text}:00Z`;

type Series = SeriesChunk & { method: string; basis: string; inState?: string };

async function answer({ signal, samples, interval, results, basis = 'time' }: Example): Promise<Series[]> {
  const flags: NonNullable<SeriesChunk['flags']> = [];
  for (const [n, [, value]] of samples.entries()) if (value === null) flag(flags, n, 'Bad Data');
  const given = source('a', {
    shape: async (asked) => ({
      fqn: asked,
      interpolation: 'linear',
      valueType: 'number',
      ...signal,
      maximumInterpolation: length(signal.maximumInterpolation),
    }),
    async *samples() {
      yield { times: samples.map(([at]) => time(at)), values: samples.map(([, value]) => value), flags };
    },
  });
  const [start, end] = interval.map(time);
  const params = { items: [fqn('a', 'signal', 's')], start, end, count: 1, basis, methods: Object.keys(results) };
  const { items, error } = await testDriver([given]).ask('aggregated', params);
  expect(error).toBeUndefined();
  return items as unknown as Series[];
}

describe('docs/statistics.md', () => {
  it('has examples of both bases, and of every method', () => {
    expect(new Set(examples.map(({ basis = 'time' }) => basis))).toEqual(new Set(['time', 'samples']));
    const methods = [...page.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names = '']) => names.match(/\w+/g));
    const shown = new Set(examples.flatMap(({ results }) => Object.keys(results)));
    expect([...shown].filter((method) => !methods.includes(method))).toEqual([]);
    expect(shown.size).toBe(19);
  });

  it.each(examples.map((example, n) => [n + 1, example] as const))('example %i', async (_n, example) => {
    const series = await answer(example);
    for (const [method, expected] of Object.entries(example.results)) {
      const found = series.filter((one) => one.method === method);
      if (typeof expected === 'object' && expected !== null && !Array.isArray(expected)) {
        expect(Object.fromEntries(found.map(({ inState = '', values }) => [inState, values[0]]))).toEqual(expected);
        continue;
      }
      const [value, unit] = Array.isArray(expected) ? expected : [expected, example.signal.unit];
      const [only] = found;
      if (typeof value === 'number') expect([method, only?.values[0]]).toEqual([method, expect.closeTo(value, 12)]);
      else expect([method, only?.values[0]]).toEqual([method, value]);
      if (Array.isArray(expected)) expect([method, only?.unit]).toEqual([method, unit]);
      const status = value === null ? 'Bad Data' : (example.status ?? 'Good');
      expect([method, only?.flags?.[0]?.[2] ?? 'Good']).toEqual([method, status]);
    }
  });
});
