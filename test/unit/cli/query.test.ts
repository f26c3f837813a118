/** Times and values as tables show them. */
import { Temporal } from 'temporal-polyfill';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { durationText, localTime } from '../../../src/cli/query/times.ts';
import { valueText } from '../../../src/cli/query/value-text.ts';

describe('a time of a table', () => {
  it.each([
    ['2026-06-01T00:00:00Z', 'UTC', '2026-06-01 00:00:00Z'],
    ['2026-06-01T00:00:00.123456789Z', 'Europe/Berlin', '2026-06-01 02:00:00.123456789+02:00'],
    // The repeated hour.
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00+02:00'],
    ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00+01:00'],
    ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00+02:00'],
    ['1890-01-01T00:00:00Z', 'Europe/Berlin', '1890-01-01 00:53:28+00:53'],
    ['2026-06-01T00:00:00Z', 'Asia/Kolkata', '2026-06-01 05:30:00+05:30'],
  ])('%s in %s is %s', (instant, timeZone, text) => {
    expect(localTime(instant, timeZone)).toMatch(text);
  });

  it('is that of the calendar in any order', () => {
    const zones = ['Europe/Berlin', 'Australia/Lord_Howe', 'America/St_Johns', 'Africa/Casablanca', 'UTC'];
    fc.assert(
      fc.property(fc.constantFrom(...zones), fc.integer({ min: 0, max: 2 ** 31 }), (timeZone, seconds) => {
        const instant = Temporal.Instant.fromEpochMilliseconds(seconds * 1000);
        const local = instant.toZonedDateTimeISO(timeZone);
        const offset = local.offset === '+00:00' ? 'Z' : local.offset;
        const expected = `${local.toPlainDateTime().toString().replace('T', ' ')}${offset}`;
        expect(localTime(instant.toString(), timeZone)).toBe(expected);
      }),
    );
  });

  it('that is missing is a dash', () => {
    expect([localTime(null, 'UTC'), localTime(undefined, 'UTC')]).toEqual(['-', '-']);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0s'],
    [1500, '1.5s'],
    [60_000, '1min'],
    [90_061_001, '1d 1h 1min 1.001s'],
    [null, '-'],
  ])('of %j ms is %s', (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
  });
});

describe('a value of a table', () => {
  it('has all digits of a number, and shows where a text is cut', () => {
    expect([0.1 + 0.2, 1e21, true, null, ''].map((value) => valueText(value))).toEqual([
      '0.30000000000000004',
      '1e+21',
      'true',
      '-',
      '',
    ]);
    expect(valueText('x'.repeat(1000))).toBe(`${'x'.repeat(200)}… (1000 characters)`);
  });
});
