import { describe, expect, it } from 'vitest';
import { Spread, Sum } from '../../../../src/driver/history/sum.ts';

const sumOf = (terms: number[]): Sum => {
  const sum = new Sum();
  for (const term of terms) sum.add(term);
  return sum;
};

const spreadOf = (numbers: number[]): Spread => {
  const spread = new Spread();
  for (const number of numbers) spread.add(number);
  return spread;
};

describe('a sum', () => {
  it('keeps what rounding loses', () => {
    expect(sumOf([1, 1e100, 1, -1e100]).value).toBe(2);
  });

  it('may be too large for a number for a while', () => {
    const { MAX_VALUE } = Number;
    expect(sumOf([MAX_VALUE, MAX_VALUE, -MAX_VALUE, -MAX_VALUE, -MAX_VALUE]).value).toBe(-MAX_VALUE);
    expect(sumOf([MAX_VALUE, MAX_VALUE, MAX_VALUE]).over(3)).toBe(MAX_VALUE);
    expect(sumOf([MAX_VALUE, MAX_VALUE]).value).toBe(Infinity);
    expect(sumOf([MAX_VALUE, 9.28e291, 9.28e291]).over(4)).toBe(2 ** 1022);
  });
});

describe('a spread', () => {
  it.each([
    [[1e15, 1e15 + 0.125], 0.08838834764831845],
    [[1e15 + 4, 1e15 + 7, 1e15 + 13, 1e15 + 16], Math.sqrt(30)],
    [[3e-200, 5e-200, 7e-200], 2e-200],
    [[-3e200, -5e200, -7e200], 2e200],
    [[0, 1e-200, 3e200, 6e200], Math.sqrt(8.25) * 1e200],
  ])('of %j has all digits', (numbers, right) => {
    expect(Number(spreadOf(numbers).deviation) / right).toBeCloseTo(1, 15);
  });

  it('of opposite largest numbers is a number', () => {
    const { MAX_VALUE } = Number;
    expect(spreadOf([MAX_VALUE, -MAX_VALUE]).deviationOfAll).toBe(MAX_VALUE);
    expect(spreadOf([MAX_VALUE, -MAX_VALUE]).deviation).toBe(Infinity);
  });

  it('of a first part that is almost nothing beside the next one is not lost', () => {
    const spread = new Spread();
    spread.add(0, 1e-17);
    spread.add(8, 1);
    expect(Number(spread.deviationOfAll) / (8 * Math.sqrt(1e-17))).toBeCloseTo(1, 14);
  });
});
