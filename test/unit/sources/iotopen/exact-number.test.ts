import { describe, expect, it } from 'vitest';
import { Numeral, parseExact } from '../../../../src/sources/iotopen/exact-number.ts';

describe('the time in a numeral', () => {
  it.each([
    ['1735732800', 1_735_732_800_000_000_000n],
    ['1735732800.1', 1_735_732_800_100_000_000n],
    ['1735732800.123456789', 1_735_732_800_123_456_789n],
    // Further digits are cut off, not rounded up into another second.
    ['1735732800.9999999999', 1_735_732_800_999_999_999n],
    ['1.7357328e9', 1_735_732_800_000_000_000n],
    ['1.7357328001234567e+09', 1_735_732_800_123_456_700n],
    ['17357328005e-1', 1_735_732_800_500_000_000n],
    ['1e-3', 1_000_000n],
    ['0', 0n],
    ['-1.5', -1_500_000_000n],
  ])('%s s', (text, instant) => {
    expect(new Numeral(text).instant).toBe(instant);
  });

  it.each(['1e400', '1e16', '99999999999999999', '1e-400'])('%s names no time', (text) => {
    expect(new Numeral(text).instant).toBeUndefined();
  });
});

describe('the value in a numeral', () => {
  it.each([
    ['21.5', 21.5],
    ['-0', -0],
    ['9007199254740991', 9_007_199_254_740_991],
    // Not 9007199254740992.
    ['9007199254740993', '9007199254740993'],
    ['-123456789012345678901', '-123456789012345678901'],
    ['1e400', undefined],
  ])('%s', (text, value) => {
    expect(new Numeral(text).value).toEqual(value);
  });

  it('is shown in the spelling that an echo of the platform has', () => {
    expect(new Numeral('1735732800.100').canonical).toBe(new Numeral('1.7357328001e9').canonical);
  });
});

it('parses JSON with the digits of times and values', () => {
  const said = parseExact('{"value": 21.50, "timestamp": 1735732800.123456789, "other": 1.50}') as {
    value: Numeral;
    timestamp: Numeral;
    other: number;
  };
  expect([said.value.text, said.timestamp.text, said.other]).toEqual(['21.50', '1735732800.123456789', 1.5]);
});
