/** Borders of intervals: at the edges of the calendar, and compared with the rule looked up minute by minute. */
import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import type { GridParams } from '../../../../src/contract/functions/grid.ts';
import { formatInstant, type Nanoseconds, parseInstant } from '../../../../src/contract/time/instant.ts';
import { instantsOf, intervalsOf } from '../../../../src/driver/history/grid.ts';
import { limits } from '../../../support/driver.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const at = (text: string): Nanoseconds => parseInstant(text) ?? 0n;
const MINUTE = 60_000_000_000n;

/** The local times of the borders, as the clock of the zone shows them. */
function shown(borders: Iterable<Nanoseconds>, timeZone: string): string[] {
  return Array.from(borders, (border) =>
    Temporal.Instant.fromEpochNanoseconds(border)
      .toZonedDateTimeISO(timeZone)
      .toString({ timeZoneName: 'never' })
      .replace(':00+', '+')
      .replace(':00-', '-'),
  );
}

const bars = (params: GridParams, start: string, end: string, timeZone: string): string[] =>
  shown(intervalsOf(params, { start: at(start), end: at(end) }, timeZone, limits).borders(), timeZone);

const hoursOf = (params: GridParams, start: string, end: string, timeZone: string): number[] => {
  const borders = [...intervalsOf(params, { start: at(start), end: at(end) }, timeZone, limits).borders()];
  return borders.slice(1).map((border, n) => Number(border - (borders[n] ?? 0n)) / 3.6e12);
};

describe('intervals on the clock', () => {
  it('are whole, and stay where they are when the range moves', () => {
    expect(bars({ interval: '1h' }, '2026-03-15T06:10:00Z', '2026-03-15T08:20:00Z', 'Europe/Berlin')).toEqual([
      '2026-03-15T07:00+01:00',
      '2026-03-15T08:00+01:00',
      '2026-03-15T09:00+01:00',
      '2026-03-15T10:00+01:00',
    ]);
    const moved = bars({ interval: '1h' }, '2026-03-15T06:10:01Z', '2026-03-15T08:20:01Z', 'Europe/Berlin');
    expect(moved).toEqual(bars({ interval: '1h' }, '2026-03-15T06:10:00Z', '2026-03-15T08:20:00Z', 'Europe/Berlin'));
  });

  it.each([
    // Clocks go back, and forward, by an hour.
    ['1d', 'Europe/Berlin', '2026-10-23T22:00:00Z', '2026-10-27T23:00:00Z', [24, 25, 24, 24]],
    ['1d', 'Europe/Berlin', '2026-03-27T23:00:00Z', '2026-03-30T22:00:00Z', [24, 23, 24]],
    ['6h', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T23:00:00Z', [7, 6, 6, 6]],
    ['8h', 'Europe/Berlin', '2026-03-28T23:00:00Z', '2026-03-29T22:00:00Z', [7, 8, 8]],
    // By half an hour.
    ['1d', 'Australia/Lord_Howe', '2026-04-03T13:00:00Z', '2026-04-06T13:30:00Z', [24, 24.5, 24]],
    ['1d', 'Australia/Lord_Howe', '2026-10-02T13:30:00Z', '2026-10-04T13:00:00Z', [24, 23.5]],
    // At midnight, which then does not exist.
    ['1d', 'America/Sao_Paulo', '2018-11-03T03:00:00Z', '2018-11-05T02:00:00Z', [24, 23]],
    ['1d', 'Africa/Cairo', '2024-04-24T22:00:00Z', '2024-04-26T21:00:00Z', [24, 23]],
    ['1d', 'Asia/Beirut', '2023-03-24T22:00:00Z', '2023-03-26T21:00:00Z', [24, 23]],
    // A day that does not exist.
    ['1d', 'Pacific/Apia', '2011-12-28T10:00:00Z', '2011-12-31T10:00:00Z', [24, 24, 24]],
    // Offsets of half and quarter hours.
    ['1d', 'Asia/Kathmandu', '2026-03-14T18:15:00Z', '2026-03-15T18:15:00Z', [24]],
    ['1mo', 'Europe/Berlin', '2026-01-31T23:00:00Z', '2026-04-30T22:00:00Z', [672, 743, 720]],
    ['1q', 'UTC', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z', [90, 91, 92, 92].map((days) => days * 24)],
    ['1y', 'UTC', '2023-01-01T00:00:00Z', '2025-01-01T00:00:00Z', [365, 366].map((days) => days * 24)],
  ])('of %s in %s from %s to %s', (interval, timeZone, start, end, hours) => {
    expect(hoursOf({ interval }, start, end, timeZone)).toEqual(hours);
    // Also where the range begins and ends within an interval.
    const within = [formatInstant(at(start) + 1n), formatInstant(at(end) - 1n)] as const;
    expect(hoursOf({ interval }, ...within, timeZone)).toEqual(hours);
  });

  it('of a week begin on Monday, of several days or months at multiples since 1970', () => {
    expect(bars({ interval: '1w' }, '2026-03-15T12:00:00Z', '2026-03-15T13:00:00Z', 'UTC')).toEqual([
      '2026-03-09T00:00+00:00',
      '2026-03-16T00:00+00:00',
    ]);
    expect(bars({ interval: 'P7D' }, '1970-01-01T00:00:00Z', '1970-01-02T00:00:00Z', 'UTC')).toEqual([
      '1970-01-01T00:00+00:00',
      '1970-01-08T00:00+00:00',
    ]);
    expect(bars({ interval: '6mo' }, '2026-05-15T12:00:00Z', '2026-08-15T13:00:00Z', 'UTC')).toEqual([
      '2026-01-01T00:00+00:00',
      '2026-07-01T00:00+00:00',
      '2027-01-01T00:00+00:00',
    ]);
    expect(
      bars({ interval: '10y' }, '1965-05-15T12:00:00Z', '1972-01-01T00:00:00Z', 'UTC').map((one) => one.slice(0, 4)),
    ).toEqual(['1960', '1970', '1980']);
  });

  it('show an hour twice that the clock shows twice', () => {
    expect(bars({ interval: '1h' }, '2026-10-25T00:00:00Z', '2026-10-25T02:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-10-25T02:00+02:00',
      '2026-10-25T02:00+01:00',
      '2026-10-25T03:00+01:00',
    ]);
  });

  it('of milliseconds lie there too, if so asked', () => {
    const params = { intervalMs: 900_000, align: 'clock' } as const;
    expect(bars(params, '2026-03-15T06:10:00Z', '2026-03-15T06:20:00Z', 'UTC')).toEqual([
      '2026-03-15T06:00+00:00',
      '2026-03-15T06:15+00:00',
      '2026-03-15T06:30+00:00',
    ]);
  });

  it('lie where the rule says, in any zone', () => {
    const zones = fc.constantFrom(
      ...([
        'Europe/Berlin',
        'America/New_York',
        'Australia/Lord_Howe',
        'America/Sao_Paulo',
        'America/St_Johns',
      ] as const),
      ...(['Pacific/Apia', 'Africa/Cairo', 'Africa/Casablanca', 'Antarctica/Troll', 'Asia/Kathmandu', 'UTC'] as const),
    );
    const lengths = fc.constantFrom(1, 5, 7, 15, 30, 60, 90, 120, 180, 300, 360, 720, 1440, 2160);
    const changes = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(zones, lengths, changes, fc.nat(2500), fc.nat(1500), (zone, minutes, skip, before, length) => {
        // Near one of the changes of the clock since 2005, if there is one.
        let near = Temporal.Instant.from('2005-01-01T00:00:00Z').toZonedDateTimeISO(zone);
        for (let n = 0; n < skip; n++) near = near.getTimeZoneTransition('next') ?? near;
        const start = near.epochNanoseconds - BigInt(before) * MINUTE;
        const range = { start, end: start + BigInt(length + 1) * MINUTE };
        const grid = intervalsOf({ interval: `${minutes}min` }, range, zone, limits);
        const borders = [...grid.borders()];
        expect(borders).toEqual(slowly(range.start, range.end, BigInt(minutes), zone));
        expect([borders[0], borders.at(-1)]).toEqual([grid.range.start, grid.range.end]);
        const inside = borders.filter((border) => border >= range.start && border <= range.end);
        expect([...instantsOf({ interval: `${minutes}min` }, range, zone, limits).times()]).toEqual(inside);
        // Changes of the clock add one each, at most.
        expect(borders.length - 1).toBeLessThanOrEqual(grid.count + 8);
      }),
      { numRuns: propertyRuns(60) },
    );
  });
});

/** Every minute from the last border at or before the start to the first one at or after the end. */
function slowly(start: Nanoseconds, end: Nanoseconds, minutes: bigint, timeZone: string): Nanoseconds[] {
  const local = (when: Nanoseconds): bigint => {
    const zoned = Temporal.Instant.fromEpochNanoseconds(when).toZonedDateTimeISO(timeZone);
    return (when + BigInt(zoned.offsetNanoseconds)) / MINUTE;
  };
  const isBorder = (when: Nanoseconds): boolean => {
    const [now, before] = [local(when), local(when - MINUTE)];
    // Jumped over: one lies between the minute before and this one.
    return now % minutes === 0n || (now > before + 1n && now / minutes > before / minutes);
  };
  let from = start;
  while (!isBorder(from)) from -= MINUTE;
  const borders = [from];
  for (let when = from + MINUTE; (borders.at(-1) ?? 0n) < end; when += MINUTE) if (isBorder(when)) borders.push(when);
  return borders;
}

describe('intervals from the start', () => {
  it('of days keep the time of day, and the last one ends with the range', () => {
    const params = { interval: '1d', align: 'start' } as const;
    expect(bars(params, '2026-10-24T08:30:00Z', '2026-10-26T12:00:00Z', 'Europe/Berlin')).toEqual([
      '2026-10-24T10:30+02:00',
      '2026-10-25T10:30+01:00',
      '2026-10-26T10:30+01:00',
      '2026-10-26T13:00+01:00',
    ]);
  });

  it('of months keep the day of the month where it exists', () => {
    const params = { interval: 'P1M', align: 'start' } as const;
    const days = bars(params, '2026-01-31T00:00:00Z', '2026-05-31T00:00:00Z', 'UTC').map((one) => one.slice(5, 10));
    expect(days).toEqual(['01-31', '02-28', '03-31', '04-30', '05-31']);
  });

  it('have no interval for a day that does not exist', () => {
    const params = { interval: '1d', align: 'start' } as const;
    expect(hoursOf(params, '2011-12-29T20:00:00Z', '2012-01-01T20:00:00Z', 'Pacific/Apia')).toEqual([24, 24, 24]);
  });

  const range = { start: at('2026-03-15T08:00:00Z'), end: at('2026-03-15T08:00:00Z') + 10n };
  const offsets = (borders: Iterable<Nanoseconds>): number[] => Array.from(borders, (one) => Number(one - range.start));

  it('by a count have no drift, and are fewer where there are not so many nanoseconds', () => {
    expect(offsets(intervalsOf({ count: 3 }, range, 'UTC', limits).borders())).toEqual([0, 3, 6, 10]);
    expect(offsets(intervalsOf({ count: 1 }, range, 'UTC', limits).borders())).toEqual([0, 10]);
    expect(offsets(intervalsOf({ count: 25 }, range, 'UTC', limits).borders())).toHaveLength(11);
  });

  it('are none where the range has no length', () => {
    const moment = { start: range.start, end: range.start };
    for (const params of [{ count: 3 }, { intervalMs: 5 }, { interval: '1d' }]) {
      expect([...intervalsOf(params, moment, 'UTC', limits).borders()]).toEqual([]);
    }
    expect([...instantsOf({ count: 3 }, moment, 'UTC', limits).times()]).toEqual([range.start]);
  });
});

describe('instants', () => {
  const start = at('2026-03-15T08:00:00Z');
  const offsets = (params: GridParams, length: bigint): number[] =>
    [...instantsOf(params, { start, end: start + length }, 'UTC', limits).times()].map((one) => Number(one - start));

  it('from the start never pass the end', () => {
    expect(offsets({ intervalMs: 0.000003 }, 10n)).toEqual([0, 3, 6, 9]);
    expect(offsets({ intervalMs: 0.000005 }, 10n)).toEqual([0, 5, 10]);
    expect(offsets({ intervalMs: Number.MAX_VALUE }, 10n)).toEqual([0]);
    expect(instantsOf({ intervalMs: 0.000005 }, { start, end: start + 10n }, 'UTC', limits).count).toBe(3);
  });

  it('by a count have both ends, and no drift in between', () => {
    expect(offsets({ count: 4 }, 10n)).toEqual([0, 3, 6, 10]);
    expect(offsets({ count: 1 }, 10n)).toEqual([0]);
    expect(offsets({ count: 1001 }, 31_556_952_000_001n).at(-1)).toBe(31_556_952_000_001);
  });
});

describe('a length', () => {
  const range = { start: at('2026-03-15T08:00:00Z'), end: at('2026-03-16T08:00:00Z') };
  /** Of the first interval. */
  const hours = (interval: string): number => {
    const whole = { start: at('2026-03-15T00:00:00Z'), end: at('2026-06-15T00:00:00Z') };
    const borders = intervalsOf({ interval, align: 'start' }, whole, 'UTC', limits).borders();
    const [start, end] = [borders.next().value as Nanoseconds, borders.next().value as Nanoseconds];
    return Number(end - start) / 3.6e12;
  };

  it.each([
    ['500ms', 0.5 / 3600],
    ['90s', 0.025],
    ['15min', 0.25],
    ['15 min', 0.25],
    ['15m', 0.25],
    ['PT15M', 0.25],
    ['PT1H30M', 1.5],
    ['PT0.5S', 0.5 / 3600],
    ['36h', 36],
    ['P1D', 24],
    ['P1W', 168],
    ['P1W1D', 192],
    ['2w', 336],
    ['P1M', 31 * 24],
    ['1q', 92 * 24],
  ])('%s is read', (interval, expected) => {
    expect(hours(interval)).toBe(expected);
  });

  it.each([
    ['15M', /"15min" \(minutes\) or "15mo" \(months\)/],
    ['15 minutes', /Did you mean "15min"\?/],
    ['1day', /Did you mean "1d"\?/],
    ['2 Months', /Did you mean "2mo"\?/],
    ['1H', /Did you mean "1h"\?/],
    ['15constructors', /is not the length of an interval\. Right are/],
    ['h', /Did you mean "1h"\?/],
    ['1.5h', /whole number of a smaller unit/],
    ['900', /"900s", or use "intervalMs"/],
    ['0h', /longer than nothing/],
    ['P0D', /longer than nothing/],
    ['99999y', /No interval is longer than 9999 years/],
    ['P1DT12H', /mixes .* "36h"/],
    ['P1M1D', /mixes/],
    ['-1h', /is not the length of an interval\. Right are/],
    ['-PT1H', /is not the length of an interval\. Right are/],
    ['P', /is not the length/],
    ['PT', /is not the length/],
    ['daily', /is not the length/],
    ['1constructor', /is not the length/],
  ])('%s is refused with what is right', (interval, message) => {
    expect(() => intervalsOf({ interval }, range, 'UTC', limits)).toThrow(message);
  });

  it('is given once', () => {
    expect(() => intervalsOf({}, range, 'UTC', limits)).toThrow(/length of the intervals is missing/);
    expect(() => intervalsOf({ count: 3, interval: '1d' }, range, 'UTC', limits)).toThrow(/only one of/);
    expect(() => intervalsOf({ count: 3, align: 'clock' }, range, 'UTC', limits)).toThrow(
      /Parameter "align" must not be "clock"/,
    );
    expect(() => intervalsOf({ intervalMs: 1e-7 }, range, 'UTC', limits)).toThrow(/shorter than a nanosecond/);
  });

  it('is not longer than a range may be, because whole intervals are read', () => {
    expect(() => intervalsOf({ interval: '100y' }, range, 'UTC', { ...limits, rangeDays: 3660 })).toThrow(/36500 days/);
    const late = { start: at('9999-12-31T08:00:00Z'), end: at('9999-12-31T09:00:00Z') };
    expect(() => intervalsOf({ interval: '1y' }, late, 'UTC', limits)).toThrow(/beyond the years 1 to 9999/);
    expect(intervalsOf({ interval: '1h' }, late, 'UTC', limits).range).toEqual(late);
  });
});
