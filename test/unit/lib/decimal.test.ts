import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDecimal, scaled, toNumber, wholeAt } from '../../../src/lib/decimal.ts';

const decimal = (text: string) => {
  const found = parseDecimal(text);
  if (found === undefined) throw new Error(`${text} is no number`);
  return found;
};

describe('numbers as they are written', () => {
  it.each([
    ['0', 0],
    ['-0', 0],
    ['21.5', 21.5],
    ['+21.5', 21.5],
    ['-.5', -0.5],
    ['5.', 5],
    ['007', 7],
    ['1e3', 1000],
    ['1.5E-2', 0.015],
    ['0e9999', 0],
  ])('reads %s', (text, number) => {
    expect(toNumber(decimal(text))).toBe(number);
  });

  it.each([
    '',
    ' ',
    '.',
    '-',
    '+-1',
    '0x10',
    '0b1',
    '1_000',
    '1,5',
    '1 000',
    'e5',
    '1e',
    '1e+',
    'NaN',
    'Infinity',
    'ten',
  ])('does not read %j', (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  it('does not work on a text of any length', () => {
    expect(parseDecimal('9'.repeat(100_000))).toBeUndefined();
    expect(parseDecimal('1e99999')).toBeUndefined();
  });

  it('does not make infinity or 0 of what lies beyond the range', () => {
    expect(toNumber(decimal('1e400'))).toBeUndefined();
    expect(toNumber(decimal('1e-400'))).toBeUndefined();
    expect(toNumber(decimal('0e-400'))).toBe(0);
  });

  it('gives every number back', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(toNumber(decimal(String(number)))).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  it('calculates without the noise of binary fractions', () => {
    expect(3 * 0.1).not.toBe(0.3);
    expect(toNumber(scaled(decimal('3'), decimal('0.1'), decimal('0')))).toBe(0.3);
    expect(toNumber(scaled(decimal('50'), decimal('1.8'), decimal('32')))).toBe(122);
    expect(toNumber(scaled(decimal('1e3'), decimal('1'), decimal('0.001')))).toBe(1000.001);
  });

  it.each([
    ['1609561222.123456789', 9, 1_609_561_222_123_456_789n],
    ['1609561222.1234567899', 9, 1_609_561_222_123_456_789n],
    ['1.609561222e9', 9, 1_609_561_222_000_000_000n],
    ['-0.5', 0, -1n],
    ['-2', 0, -2n],
    ['7', 0, 7n],
  ])('%s times 10^%i is %s and no more', (text, power, whole) => {
    expect(wholeAt(decimal(text), power)).toBe(whole);
  });
});
