import { describe, expect, it } from 'vitest';
import { sparkline, trendLine } from '../../../../../src/cli/output/plot/index.ts';
import { series, timeOf } from './series.ts';

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

describe('the trend of a series', () => {
  const options = { width: 12, from: timeOf(0), to: timeOf(60) };

  it('has cells that are equal in time, whatever the samples', () => {
    expect(trendLine([series([0, 1, 2, 3, 60], [0, 0, 0, 0, 12])], options)).toBe('▁▁▂▃▃▄▅▆▆▇██');
  });

  it('shows a gap as wide as it is, also where two chunks meet', () => {
    const gaps: [string, string][] = [[timeOf(10), timeOf(50)]];
    const chunks = [series([0, 10], [1, 1], { more: true }), series([50, 60], [2, 2], { gaps })];
    expect(trendLine(chunks, options)).toBe('▁▁▁       ██');
  });

  it('holds a step, and ends where its value does', () => {
    const step = series([0, 30], [1, 2], { step: true, holdsUntil: timeOf(44) });
    expect(trendLine([step], options)).toBe('▁▁▁▁▁▁███   ');
  });

  it('is empty without a number in the range', () => {
    expect(trendLine([series([], [])], options)).toBe('');
    expect(trendLine([series([0, 60], ['ON', 'OFF'])], options)).toBe('');
    expect(trendLine([], options)).toBe('');
  });
});
