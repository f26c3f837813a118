import { describe, expect, it } from 'vitest';
import { parseRetryAfter, waitMs } from '../../../../src/net/availability/retry.ts';

const NOW = Date.parse('Fri, 27 Nov 2026 12:00:00 GMT');

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['1', 1000],
    [' 120 ', 120_000],
    ['1.5', 1500],
    ['0.0001', 1],
    ['Fri, 27 Nov 2026 12:00:30 GMT', 30_000],
    ['Friday, 27-Nov-26 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['99999999999999999999', 366 * 86_400_000],
    ['Fri, 31 Dec 9999 23:59:59 GMT', 366 * 86_400_000],
  ])('%j is a time', (header, ms) => {
    expect(parseRetryAfter(header, NOW)).toBe(ms);
  });

  it.each([null, '', 'soon', '-1', '1,5', '1e3', '0x10', '1.', '.5', 'NaN', 'Infinity', '12/27/2026', 'Fri'])(
    '%j is none',
    (header) => {
      expect(parseRetryAfter(header, NOW)).toBeUndefined();
    },
  );

  it('of any length costs nothing', () => {
    expect(parseRetryAfter('1'.repeat(1_000_000), NOW)).toBeUndefined();
    expect(parseRetryAfter(`Fri, ${' '.repeat(1_000_000)}27 Nov 2026 12:00:30 GMT`, NOW)).toBeUndefined();
  });
});

describe('the wait before another try', () => {
  const bounds = (tries: number, hint?: number) => [0, 1].map((random) => waitMs(tries, hint, () => random));

  it('doubles up to a second, half of it by chance', () => {
    expect([1, 2, 3, 4, 5, 1000].map((tries) => bounds(tries))).toEqual([
      [50, 100],
      [100, 200],
      [200, 400],
      [400, 800],
      [500, 1000],
      [500, 1000],
    ]);
  });

  it('is never shorter than the server asks for', () => {
    expect(bounds(1, 3000)).toEqual([3000, 3050]);
    expect(bounds(9, 3000)).toEqual([3000, 3500]);
  });

  it('is that of no hint where the hint is no time at all', () => {
    expect(bounds(1, 0)).toEqual([50, 100]);
  });
});
