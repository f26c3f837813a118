import { describe, expect, it } from 'vitest';
import { sparkline } from '../../../../../src/cli/output/plot/index.ts';

describe('the sparkline', () => {
  it('has a cell for each value, and a blank for one that is missing', () => {
    expect(sparkline([1, 2, null, 3, 'bad', NaN, 8], { width: 20 })).toBe('▁▂ ▃  █');
    expect(sparkline([1, 8], { width: 20, unicode: false })).toBe('_#');
  });

  it('keeps a single peak of a long series', () => {
    const values = Array.from({ length: 1000 }, (_, at) => (at === 500 ? 100 : at === 501 ? -1 : 0));
    expect(sparkline(values, { width: 10 })).toMatch(/^▁{5}█▁{4}$/);
  });

  it('shows a constant in the middle, and nothing without a number', () => {
    expect(sparkline([5, 5], { width: 5 })).toBe('▄▄');
    expect(sparkline([-Number.MAX_VALUE, Number.MAX_VALUE], { width: 5 })).toBe('▁█');
    expect(sparkline([null, 'x'], { width: 5 })).toBe('');
    expect(sparkline([], { width: 5 })).toBe('');
  });
});
