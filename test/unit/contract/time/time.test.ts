import { describe, expect, it } from 'vitest';
import { DriverError } from '../../../../src/contract/errors.ts';
import { formatInstant, parseInstant } from '../../../../src/contract/time/instant.ts';
import { resolveRange, resolveTime, timeInput, timeZoneInput } from '../../../../src/contract/time/time.ts';

const at = (text: string) => parseInstant(text) ?? expect.fail(text);
const NOW = at('2026-07-15T10:20:30.5Z');

function resolve(input: string | number, timeZone = 'UTC', now = NOW): string {
  return formatInstant(resolveTime(input, { now, timeZone }, 'start'));
}

describe('relative times', () => {
  it.each([
    ['*', 'UTC', '2026-07-15T10:20:30.500Z'],
    ['now', 'UTC', '2026-07-15T10:20:30.500Z'],
    ['*-8h', 'UTC', '2026-07-15T02:20:30.500Z'],
    ['*-1h30m', 'UTC', '2026-07-15T08:50:30.500Z'],
    ['t', 'UTC', '2026-07-15T00:00:00Z'],
    ['y', 'UTC', '2026-07-14T00:00:00Z'],
    ['t+6h30m', 'UTC', '2026-07-15T06:30:00Z'],
    ['t-1d+30m', 'UTC', '2026-07-14T00:30:00Z'],
    ['t', 'Europe/Berlin', '2026-07-14T22:00:00Z'],
    ['t', 'America/New_York', '2026-07-15T04:00:00Z'],
    ['t', 'Asia/Kolkata', '2026-07-14T18:30:00Z'],
    ['*-1mo', 'UTC', '2026-06-15T10:20:30.500Z'],
    ['*-250ms', 'UTC', '2026-07-15T10:20:30.250Z'],
    ['-8h', 'UTC', '2026-07-15T02:20:30.500Z'],
    ['+1d', 'UTC', '2026-07-16T10:20:30.500Z'],
    ['-7d@d', 'Europe/Berlin', '2026-07-07T22:00:00Z'],
    ['@h', 'UTC', '2026-07-15T10:00:00Z'],
    ['@h', 'Asia/Kolkata', '2026-07-15T09:30:00Z'],
    ['*@m-5m', 'UTC', '2026-07-15T10:15:00Z'],
    ['@s', 'UTC', '2026-07-15T10:20:30Z'],
    ['@d+6h', 'Europe/Berlin', '2026-07-15T04:00:00Z'],
    ['@w', 'UTC', '2026-07-13T00:00:00Z'],
    ['-1mo@mo', 'UTC', '2026-06-01T00:00:00Z'],
    ['@y', 'Europe/Berlin', '2025-12-31T23:00:00Z'],
    ['yesterday@w', 'UTC', '2026-07-13T00:00:00Z'],
    ['@D-1D', 'UTC', '2026-07-14T00:00:00Z'],
  ])('%s in %s', (input, timeZone, expected) => {
    expect(resolve(input, timeZone)).toBe(expected);
  });

  it('gives a day of 23 hours where clocks go forward, and of 25 where they go back', () => {
    const spring = at('2026-03-29T12:00:00Z');
    expect(resolve('t', 'Europe/Berlin', spring)).toBe('2026-03-28T23:00:00Z');
    expect(resolve('t+1d', 'Europe/Berlin', spring)).toBe('2026-03-29T22:00:00Z');
    const autumn = at('2026-10-25T12:00:00Z');
    expect(resolve('t', 'Europe/Berlin', autumn)).toBe('2026-10-24T22:00:00Z');
    expect(resolve('t+1d', 'Europe/Berlin', autumn)).toBe('2026-10-25T23:00:00Z');
    expect(resolve('-1d@d', 'Europe/Berlin', autumn)).toBe('2026-10-23T22:00:00Z');
    expect(resolve('@w', 'Europe/Berlin', autumn)).toBe('2026-10-18T22:00:00Z');
    expect(resolve('@mo', 'Europe/Berlin', spring)).toBe('2026-02-28T23:00:00Z');
    // The repeated hour: each of both has its own start.
    expect(resolve('@h', 'Europe/Berlin', at('2026-10-25T00:30:00Z'))).toBe('2026-10-25T00:00:00Z');
    expect(resolve('@h', 'Europe/Berlin', at('2026-10-25T01:30:00Z'))).toBe('2026-10-25T01:00:00Z');
    // The southern hemisphere, and half an hour of daylight saving.
    expect(resolve('t+1d', 'Australia/Lord_Howe', at('2026-10-04T05:00:00Z'))).toBe('2026-10-04T13:00:00Z');
  });
});

describe('absolute times', () => {
  it('take a wall clock reading in the time zone', () => {
    expect(resolve('2026-07-01T08:00:00', 'Europe/Berlin')).toBe('2026-07-01T06:00:00Z');
    expect(resolve('2026-01-01', 'Asia/Kolkata')).toBe('2025-12-31T18:30:00Z');
    expect(resolve('2026-07-01T08:00:00.000000001', 'UTC')).toBe('2026-07-01T08:00:00.000000001Z');
  });

  it('take epoch milliseconds', () => {
    expect(resolve(1_795_810_537_123)).toBe('2026-11-27T20:15:37.123Z');
    expect(resolve(1e11)).toBe('1973-03-03T09:46:40Z');
    expect(resolve(-1e11)).toBe('1966-10-31T14:13:20Z');
    expect(resolve(253_402_300_799_999)).toBe('9999-12-31T23:59:59.999Z');
  });

  it.each([
    'yesterdayish',
    '*-8',
    '*-8x',
    '*-0.5mo',
    '8h',
    '@',
    '@x',
    '-@d',
    '-7d@',
    '@ms',
    '@1d',
    '@d@',
    '-7d @d',
    'd',
    '2026-02-30',
    '*-99999999y',
    '',
    1e17,
  ])('refuse %j and name the field', (input) => {
    expect(() => resolve(input)).toThrow(DriverError);
    expect(() => resolve(input)).toThrow(/"start"/);
  });

  it.each<[string | number, string]>([
    [1_795_810_537, 'epoch seconds: write 1795810537000'],
    [1_795_810_537.5, 'epoch seconds: write 1795810537500'],
    ['1795810537', 'epoch seconds: write 1795810537000'],
    [' 1795810537.25 ', 'epoch seconds: write 1795810537250'],
    [-86_400, 'epoch seconds: write -86400000, or "1969-12-31T23:58:33.600Z"'],
    [99_999_999_999, 'epoch seconds: write 99999999999000'],
    [1_795_810_537_000_001, 'epoch microseconds: write 1795810537000'],
    ['1795810537000001', 'epoch microseconds: write 1795810537000'],
    [1_795_810_537_000_000_000, 'epoch nanoseconds: write 1795810537000'],
    ['1.7958105370e9', 'epoch seconds: write 1795810537000'],
    [1_795_810_537_000.25, 'whole milliseconds; write 1795810537000.25 as "2026-11-27T20:15:37.000250Z"'],
    ['1795810537000', 'without quotes where it is epoch milliseconds: write 1795810537000'],
    [20_260_131, 'a date: write "2026-01-31"'],
    ['20260131', 'a date: write "2026-01-31"'],
    ['2026', 'not a year: write "2026-01-01"'],
    [0, 'write "1970-01-01T00:00:00Z"'],
    [9e200, 'within the years 1 to 9999'],
    [NaN, 'within the years 1 to 9999'],
  ])('refuse the number %j by what it looks like, with the right value', (input, text) => {
    expect(() => resolve(input)).toThrow(text);
    // Already when the parameters are read.
    const read = timeInput.safeParse(input);
    if (!Number.isNaN(input)) expect(read.error?.issues[0]?.message).toContain(text);
  });

  it('refuse an end before its start, naming the end', () => {
    const params = { start: '*', end: '*-1h' };
    expect(() => resolveRange(params, { now: NOW, timeZone: 'UTC' })).toThrow(/"end".*must not be before "start"/);
  });
});

it('time zones are IANA names', () => {
  expect(timeZoneInput.safeParse('Europe/Berlin').success).toBe(true);
  expect(timeZoneInput.safeParse('+02:00').success).toBe(false);
  // The system knows them, but with them no calendar can be calculated.
  for (const name of ['IST', 'CST', 'ACT', 'Etc/Unknown']) expect(timeZoneInput.safeParse(name).success).toBe(false);
  expect(timeZoneInput.safeParse('Mars/Olympus').success).toBe(false);
});
