import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../../../src/contract/time/instant.ts';
import type { Span } from '../../../../../src/cli/output/plot/curve.ts';
import { rangeText, timeTicks } from '../../../../../src/cli/output/plot/time-axis.ts';

function span(from: string, to: string): Span {
  const [start, end] = [parseInstant(from) ?? 0n, parseInstant(to) ?? 0n];
  return { start, end, length: Number(end - start) };
}

const shown = (from: string, to: string, timeZone: string, most = 6): string[] =>
  timeTicks(span(from, to), timeZone, most).map(({ label, below }) => [label, below].filter(Boolean).join(' | '));

describe('the axis of time', () => {
  it('counts the hour that occurs twice twice, with the new offset', () => {
    expect(shown('2026-10-24T22:00:00Z', '2026-10-25T03:00:00Z', 'Europe/Berlin')).toEqual([
      '00:00 | 2026-10-25',
      '01:00',
      '02:00',
      '02:00 | UTC+01:00',
      '03:00',
      '04:00',
    ]);
  });

  it('leaves out the hour that the clock skips', () => {
    expect(shown('2026-03-28T23:00:00Z', '2026-03-29T03:00:00Z', 'Europe/Berlin')).toEqual([
      '00:00 | 2026-03-29',
      '01:00',
      '03:00 | UTC+02:00',
      '04:00',
      '05:00',
    ]);
  });

  it('keeps to the clock of the zone after a change', () => {
    expect(shown('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', 'Europe/Berlin', 5)).toEqual([
      '00:00 | 2026-10-25',
      '06:00 | UTC+01:00',
      '12:00',
      '18:00',
      '00:00 | 2026-10-26',
    ]);
  });

  it('has its days at midnight of the zone, across a change of the clock', () => {
    const ticks = timeTicks(span('2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z'), 'Europe/Berlin', 4);
    expect(ticks.map(({ label }) => label)).toEqual(['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31']);
    expect(ticks.map(({ position }) => Math.round(position * 71))).toEqual([0, 24, 47, 71]);
  });

  it('names the new day where it begins', () => {
    expect(shown('2026-01-01T22:00:00Z', '2026-01-02T02:00:00Z', 'UTC')).toEqual([
      '22:00 | 2026-01-01',
      '23:00',
      '00:00 | 2026-01-02',
      '01:00',
      '02:00',
    ]);
  });

  it.each([
    ['2026-01-01T00:00:00.000000001Z', '2026-01-01T00:00:00.000000009Z', '.000000002 | 2026-01-01 00:00:00'],
    ['2026-01-01T00:00:00.5Z', '2026-01-01T00:00:01.5Z', '.6 | 2026-01-01 00:00:00'],
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:50Z', '00:00:00 | 2026-01-01'],
    ['2025-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '2025-01'],
    ['1026-01-01T00:00:00Z', '2026-01-01T00:00:00Z', '1200'],
    ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '5000'],
  ])('has round ticks from %s to %s', (from, to, first) => {
    const ticks = shown(from, to, 'UTC');
    expect(ticks).toContain(first);
    expect(ticks.length).toBeLessThanOrEqual(8);
  });

  it('names the zone and its offsets at both ends', () => {
    expect(rangeText(span('2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z'), 'Europe/Berlin')).toBe(
      '2026-10-25 00:00:00 to 2026-10-26 00:00:00 Europe/Berlin (UTC+02:00, at the end UTC+01:00)',
    );
    expect(rangeText(span('2026-10-24T22:00:00.5Z', '2026-10-25T23:00:00Z'), 'UTC')).toBe(
      '2026-10-24 22:00:00.5 to 2026-10-25 23:00:00 UTC',
    );
  });
});
