import { expect, it } from 'vitest';
import { integerValue } from '../../../src/lib/decimal.ts';
import { withDigits } from '../../../src/lib/json-digits.ts';

it('a reviver gets the digits of each number as written, and of nothing else', () => {
  const seen: [string, string | undefined][] = [];
  const note = withDigits((key, value, digits) => {
    seen.push([key, digits]);
    return digits ?? value;
  });
  expect(JSON.parse('{"a":12345678901234567890,"b":"1","c":[1.10]}', note)).toEqual({
    a: '12345678901234567890',
    b: '1',
    c: ['1.10'],
  });
  expect(seen.filter(([, digits]) => digits === undefined).map(([key]) => key)).toEqual(['b', 'c', '']);
});

it('an integer keeps every digit', () => {
  expect([integerValue(7n), integerValue(-9_007_199_254_740_991n)]).toEqual([7, -9_007_199_254_740_991]);
  expect(integerValue(9_007_199_254_740_993n)).toBe('9007199254740993');
});
