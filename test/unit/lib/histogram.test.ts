import { expect, it } from 'vitest';
import { Histogram } from '../../../src/lib/histogram.ts';

it('a value counts in the first bucket whose bound it does not exceed', () => {
  const histogram = new Histogram([1, 10]);
  for (const value of [0, 1, 1.01, 10, 10.5, 1e9]) histogram.add(value);
  expect(histogram.counts).toEqual([2, 2, 2]);
});
