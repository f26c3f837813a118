import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatTime, parseDuration, parseTime } from './time.ts';

describe('times of the Seeq simulator', () => {
  it('writes as many fraction digits as needed', () => {
    expect(formatTime(parseTime('2016-01-01T19:51:32.49Z', 'x'))).toBe('2016-01-01T19:51:32.490Z');
    expect(formatTime(parseTime('2020-04-05T02:00:00+02:00', 'x'))).toBe('2020-04-05T00:00:00Z');
    expect(formatTime(1_600_000_000_000_000_001n)).toBe('2020-09-13T12:26:40.000000001Z');
    expect(formatTime(-1n)).toBe('1969-12-31T23:59:59.999999999Z');
    expect(formatTime(1_000_000n)).toBe('1970-01-01T00:00:00.001Z');
  });

  it('reads what it writes, for any nanosecond of some centuries', () => {
    const any = fc.bigInt({ min: parseTime('1700-01-01T00:00:00Z', 'x'), max: parseTime('2300-01-01T00:00:00Z', 'x') });
    fc.assert(
      fc.property(any, (ns) => {
        expect(parseTime(formatTime(ns), 'x')).toBe(ns);
        expect(parseTime(`${String(ns)} ns`, 'x')).toBe(ns);
      }),
    );
  });

  it('reads durations and writes them in the largest unit that fits', () => {
    for (const [text, same] of [
      ['15min', '15min'],
      ['30 days', '30d'],
      ['0.5h', '30min'],
      ['20minutes', '20min'],
      ['100ms', '100ms'],
      ['2wk', '14d'],
    ] as const) {
      expect(formatDuration(parseDuration(text, 'x'))).toBe(same);
    }
    for (const text of ['', '15', 'min', '-1h', '1 fortnight', '1e3s']) {
      expect(() => parseDuration(text, 'x')).toThrow('duration');
    }
  });
});
