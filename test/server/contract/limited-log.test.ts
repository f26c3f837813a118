/** Lines that somebody outside can cause: the first ones, and then their number. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { limited } from '../../../src/contract/log.ts';
import { TestLog } from '../bus/support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('writes ten lines of a kind, and then once a minute how many were left out and the last of them', () => {
  const log = new TestLog();
  const flood = (count: number): void => {
    for (let n = 1; n <= count; n++) limited(log).warn('kind', { n }, `line ${n}`);
  };
  flood(1000);
  expect(log.lines.map(({ message }) => message)).toEqual(Array.from({ length: 10 }, (_, n) => `line ${n + 1}`));
  vi.advanceTimersByTime(60_000);
  expect(log.lines.slice(10)).toEqual([
    {
      level: 'warn',
      facts: { kind: 'kind', leftOut: 990 },
      message: 'Log lines left out: 990, of which the last is: line 1000',
    },
  ]);
  flood(1000);
  vi.advanceTimersByTime(60_000);
  expect(log.lines).toHaveLength(12);
  expect(limited(log).leftOut).toBe(1990);

  vi.advanceTimersByTime(60_000);
  flood(1);
  expect(log.lines).toHaveLength(13);
});

it('bounds each kind for itself, and the kinds together', () => {
  const log = new TestLog();
  for (let n = 0; n < 20; n++) limited(log).error('one', {}, 'one');
  limited(log).info('two', {}, 'two');
  expect(log.lines).toHaveLength(11);
  for (let n = 0; n < 100_000; n++) limited(log).info(`kind ${n}`, {}, 'of many kinds');
  expect(log.lines.length).toBeLessThan(600);
  vi.advanceTimersByTime(60_000);
  expect(log.lines.at(-1)?.message).toMatch(/^Log lines left out: \d+, /);
});

it('reports what was left out at the highest of its levels', () => {
  const log = new TestLog();
  for (let n = 0; n < 10; n++) limited(log).info('kind', {}, 'well');
  limited(log).error('kind', {}, 'bad');
  limited(log).info('kind', {}, 'well again');
  limited(log).flush();
  expect(log.lines.at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('well again') as string });
});
