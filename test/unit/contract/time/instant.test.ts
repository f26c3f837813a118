import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  compareUtc,
  formatInstant,
  MAX_INSTANT,
  MIN_INSTANT,
  parseInstant,
  parseIso,
} from '../../../../src/contract/time/instant.ts';

const instant = fc.bigInt({ min: MIN_INSTANT, max: MAX_INSTANT });

describe('instants', () => {
  it('survive text with every nanosecond', () => {
    fc.assert(
      fc.property(instant, (value) => {
        expect(parseInstant(formatInstant(value))).toBe(value);
      }),
    );
  });

  it('are ordered as text as they are as numbers', () => {
    const near = fc.tuple(instant, fc.bigInt({ min: -2_000_000_000n, max: 2_000_000_000n }));
    fc.assert(
      fc.property(near, ([a, distance]) => {
        const b = a + distance;
        fc.pre(b >= MIN_INSTANT && b <= MAX_INSTANT);
        expect(Math.sign(compareUtc(formatInstant(a), formatInstant(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  it.each([
    ['2026-01-31T08:00:00Z', '2026-01-31T08:00:00Z'],
    ['2026-01-31T08:00:00.1Z', '2026-01-31T08:00:00.100Z'],
    ['2026-01-31T08:00:00.123456789+05:30', '2026-01-31T02:30:00.123456789Z'],
    ['1969-12-31T23:59:59.999999999Z', '1969-12-31T23:59:59.999999999Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    ['2024-02-29T00:00:00-0330', '2024-02-29T03:30:00Z'],
  ])('reads %s', (text, utc) => {
    const value = parseInstant(text);
    expect(value === undefined ? undefined : formatInstant(value)).toBe(utc);
  });

  it.each([
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:00:60Z',
    '2026-01-01T00:00:00+19:00',
    '2026-1-1',
    'x',
    '',
    '2026-01-01T00:00:00.1234567890Z',
  ])('refuses %s', (text) => {
    expect(parseIso(text)).toBeUndefined();
  });

  it('knows no instant for a time without an offset', () => {
    expect(parseInstant('2026-01-31T08:00:00')).toBeUndefined();
  });
});
