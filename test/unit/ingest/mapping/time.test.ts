/** When a value was measured. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant } from '../../../../src/contract/time/instant.ts';
import { readTime } from '../../../../src/ingest/mapping/time.ts';
import { at, codes, mappingOf, only, read, readBy, RECEIVED, type RawEntry } from '../../../support/mapping.ts';

const entry = (time: RawEntry = {}): RawEntry => ({ values: [{ path: '$.v' }], time: { path: '$.t', ...time } });
const reading = (time: RawEntry, json: string, received = RECEIVED) =>
  only(readBy(entry(time), `{"v":1,"t":${json}}`, { received }));

describe('the time of arrival', () => {
  it('is that of a reading where none is configured', () => {
    expect(only(readBy({}, '1'))).toMatchObject({ time: RECEIVED, status: 'Good', received: RECEIVED });
  });

  it('is not the time of a retained message', () => {
    const found = only(readBy({}, '1', { retained: true }));
    expect(found).toMatchObject({ time: RECEIVED, status: 'Questionable', attributes: { retained: true } });
    expect(found.reason).toContain('its age is not known');
    const bad = only(readBy({}, 'null', { retained: true }));
    expect(bad).toMatchObject({ value: null, status: 'Bad Data' });
    expect(bad.reason).toContain('The value is null. The broker retained the message');
  });

  it('does not matter for a kept message that names its time: it is the same reading as live', () => {
    const mapping = mappingOf(entry());
    const live = only(read(mapping, '{"v":1,"t":1772366400}'));
    expect(only(read(mapping, '{"v":1,"t":1772366400}', { retained: true }))).toEqual(live);
  });
});

describe('a time in the message', () => {
  it.each([
    ['auto', '1772366399', '2026-03-01T11:59:59Z'],
    ['auto', '1772366399123', '2026-03-01T11:59:59.123Z'],
    ['auto', '1772366399123456', '2026-03-01T11:59:59.123456Z'],
    ['auto', '1772366399123456789', '2026-03-01T11:59:59.123456789Z'],
    ['auto', '1772366399.123456789', '2026-03-01T11:59:59.123456789Z'],
    ['auto', '1.772366399e9', '2026-03-01T11:59:59Z'],
    ['auto', '"1772366399.5"', '2026-03-01T11:59:59.500Z'],
    ['auto', '"2026-03-01T12:59:59.123456789+01:00"', '2026-03-01T11:59:59.123456789Z'],
    ['s', '1772366399.000000001', '2026-03-01T11:59:59.000000001Z'],
    ['s', '" 1772366399 "', '2026-03-01T11:59:59Z'],
    ['ms', '1772366399123.456789', '2026-03-01T11:59:59.123456789Z'],
    ['us', '1772366399123456.789', '2026-03-01T11:59:59.123456789Z'],
    ['ns', '1772366399123456789', '2026-03-01T11:59:59.123456789Z'],
    ['ns', '"1772366399123456789"', '2026-03-01T11:59:59.123456789Z'],
    ['iso', '"2026-03-01T11:59:59Z"', '2026-03-01T11:59:59Z'],
    ['iso', '"2026-03-01 11:59:59,5z"', '2026-03-01T11:59:59.500Z'],
    ['iso', '"2026-03-01T06:29:59-0530"', '2026-03-01T11:59:59Z'],
  ])('in format %s is read from %s', (format, json, time) => {
    const found = reading({ format }, json);
    expect([formatInstant(found.time), found.status, found.sourceTime]).toEqual([time, 'Good', undefined]);
  });

  // Seconds up to the year 5138, milliseconds from 1973 up to there, and so on.
  it.each([
    ['99999999999', 99_999_999_999n * 10n ** 9n],
    ['-99999999999', -99_999_999_999n * 10n ** 9n],
    ['100000000000', 10n ** 11n * 10n ** 6n],
    ['99999999999999', 99_999_999_999_999n * 10n ** 6n],
    ['100000000000000', 10n ** 14n * 10n ** 3n],
    ['99999999999999999', 99_999_999_999_999_999n * 10n ** 3n],
    ['100000000000000000', 10n ** 17n],
  ])('says its unit by its size: %s', (text, instant) => {
    const time = { of: 'record', format: 'auto', optional: false } as const;
    expect(readTime({ value: text }, time, RECEIVED)).toEqual({ instant });
  });

  it('keeps every digit of seconds, down to the nanosecond', () => {
    const base = RECEIVED / 1_000_000_000n - 10_000n;
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 9_999n }),
        fc.bigInt({ min: 0n, max: 999_999_999n }),
        (more, nanoseconds) => {
          const seconds = base + more;
          const decimals = nanoseconds.toString().padStart(9, '0');
          for (const text of [`${seconds}.${decimals}`, `"${seconds}.${decimals}"`, `${seconds}.${decimals}000`]) {
            expect(reading({ format: 's' }, text).time).toBe(seconds * 1_000_000_000n + nanoseconds);
          }
          const ms = `${seconds}${decimals.slice(0, 3)}.${decimals.slice(3)}`;
          expect(reading({ format: 'ms' }, ms).time).toBe(seconds * 1_000_000_000n + nanoseconds);
        },
      ),
    );
  });

  it.each([
    ['auto', '"yesterday"', 'is no time'],
    ['auto', 'true', 'not a time'],
    ['auto', '{}', 'an object, not a time'],
    ['auto', '[1772366399]', 'a list, not a time'],
    ['auto', '"0x10"', 'is no time'],
    ['auto', '1e999', 'is no time'],
    ['s', '"2026-03-01T11:59:59Z"', 'is no time'],
    ['iso', '1772366399', 'ISO 8601 is expected'],
    ['iso', '"1772366399"', 'is no time'],
    ['iso', '"2026-02-30T00:00:00Z"', 'is no time'],
    ['iso', '"2026-03-01T11:59:59"', 'no offset from UTC'],
    ['auto', '"2026-03-01T11:59:59"', 'no offset from UTC'],
  ])('in format %s that cannot be read from %s is that of arrival, and Questionable', (format, json, reason) => {
    const found = reading({ format }, json);
    expect([found.time, found.status, found.value]).toEqual([RECEIVED, 'Questionable', 1]);
    expect(found.reason).toContain(reason);
    // What the sender said is kept, and makes no two readings one: a device may say the same for ever.
    expect(found.attributes?.sourceTime).toBeDefined();
    expect(found.sourceTime).toBeUndefined();
  });

  it.each(['{"v":1}', '{"v":1,"t":null}', '{"v":1,"t":"N/A"}', '{"v":1,"t":""}'])(
    'that is absent is that of arrival, and Questionable unless it may be absent: %s',
    (payload) => {
      const found = only(readBy(entry(), payload));
      expect([found.time, found.status]).toEqual([RECEIVED, 'Questionable']);
      expect(found.reason).toContain('names no time at $.t');
      expect(only(readBy(entry({ optional: true }), payload))).toMatchObject({ time: RECEIVED, status: 'Good' });
      const kept = only(readBy(entry({ optional: true }), payload, { retained: true }));
      expect(kept).toMatchObject({ status: 'Questionable', attributes: { retained: true } });
    },
  );

  it.each([
    ['0', 'too old', '1970-01-01T00:00:00Z'],
    ['1772367000', 'in the future', '2026-03-01T12:10:00Z'],
    ['-1', 'too old', '1969-12-31T23:59:59Z'],
    ['1e30', 'in the future', '1e30'],
  ])('that is impossible, %s, is that of arrival, and Questionable', (json, reason, claimed) => {
    const found = reading({ format: 's' }, json);
    expect([found.time, found.status]).toEqual([RECEIVED, 'Questionable']);
    expect(found.reason).toContain(reason);
    if (claimed !== '1e30') expect(found.attributes).toEqual({ sourceTime: claimed });
    expect(found.sourceTime).toBe(found.attributes?.sourceTime);
  });

  it('that is impossible is reported for a retained message too', () => {
    const found = only(readBy(entry(), '{"v":1,"t":0}', { retained: true }));
    expect(found.attributes).toEqual({ sourceTime: '1970-01-01T00:00:00Z', retained: true });
  });

  it('may stand beside the records', () => {
    const more = { records: '$.r', key: '$.id', values: [{ path: '$.v' }] };
    const payload = '{"t":1772366399,"r":[{"id":"a","v":1,"t":1772366398}]}';
    expect(only(readBy({ ...more, time: { path: '$.t', of: 'message' } }, payload)).time).toBe(
      at('2026-03-01T11:59:59Z'),
    );
    expect(only(readBy({ ...more, time: { path: '$.t' } }, payload)).time).toBe(at('2026-03-01T11:59:58Z'));
  });
});

describe('a time without an offset', () => {
  const berlin = { format: 'iso', timeZone: 'Europe/Berlin' };

  it('is in the zone that is configured, in summer and in winter', () => {
    expect(reading(berlin, '"2026-03-01T12:59:59.25"').time).toBe(at('2026-03-01T11:59:59.250Z'));
    expect(reading(berlin, '"2025-07-01T12:00:00"').time).toBe(at('2025-07-01T10:00:00Z'));
    expect(reading(berlin, '"2026-03-01"').time).toBe(at('2026-02-28T23:00:00Z'));
  });

  it('does not heed the zone if it has an offset after all', () => {
    expect(reading(berlin, '"2026-03-01T11:59:59Z"').time).toBe(at('2026-03-01T11:59:59Z'));
  });

  it('is doubtful in the hour that occurs twice, and the nearer one to the arrival', () => {
    const text = '"2025-10-26T02:30:00"';
    const first = reading(berlin, text, at('2025-10-26T00:30:05Z'));
    const second = reading(berlin, text, at('2025-10-26T01:30:05Z'));
    expect([first.time, second.time]).toEqual([at('2025-10-26T00:30:00Z'), at('2025-10-26T01:30:00Z')]);
    for (const found of [first, second]) {
      expect(found).toMatchObject({ status: 'Questionable', sourceTime: '2025-10-26T02:30:00' });
      expect(found.reason).toContain('occurred twice');
    }
  });

  it('is unreadable in the hour that is skipped', () => {
    const received = at('2025-03-30T01:30:00Z');
    const found = reading(berlin, '"2025-03-30T02:30:00"', received);
    expect([found.time, found.status]).toEqual([received, 'Questionable']);
    expect(found.reason).toContain('does not exist in Europe/Berlin');
  });

  it('does not break the message where the calendar ends', () => {
    for (const year of ['+275760', '-271821', '+275759', '9999', '0001']) {
      const found = reading(berlin, `"${year}-01-01T00:00:00"`);
      expect([found.time, found.status]).toEqual([RECEIVED, 'Questionable']);
    }
  });
});

describe('a list of what one thing measured at several times', () => {
  const series = { records: '$', key: 'time', values: [{ path: '$.v' }], time: { path: '$.t' } };

  it('becomes readings of one name', () => {
    const found = readBy(series, '[{"t":1772366398,"v":1},{"t":1772366399,"v":2},{"t":1772366399,"v":3}]');
    expect(found.measurements.map(({ tag, time, value }) => [tag.id, formatInstant(time), value])).toEqual([
      ['plant/a', '2026-03-01T11:59:58Z', 1],
      ['plant/a', '2026-03-01T11:59:59Z', 2],
      // Two values within the resolution of the sender's clock; neither is thrown away.
      ['plant/a', '2026-03-01T11:59:59Z', 3],
    ]);
    expect(found.rejects).toEqual([]);
  });

  it('does not say the same twice', () => {
    const record = (v: number, u: string): object => ({ t: 1772366399, v, u });
    const entry = { ...series, values: [{ path: '$.v', unitPath: '$.u' }] };
    const found = readBy(entry, JSON.stringify([record(1, 'K'), record(2, 'K'), record(1, 'K'), record(1, '°C')]));
    expect(found.measurements.map(({ value, unit }) => [value, unit])).toEqual([
      [1, 'K'],
      [2, 'K'],
      [1, '°C'],
    ]);
  });

  it('gives a dead letter for a record without a readable time, because nothing else distinguishes it', () => {
    const found = readBy(series, '[{"v":1},{"t":"now","v":2},{"t":null,"v":3},{"t":1772366399,"v":4}]');
    expect(found.measurements.map(({ value }) => value)).toEqual([4]);
    expect(codes(found)).toEqual(['badTime', 'badTime', 'badTime']);
    expect(found.rejects.map(({ about }) => about?.record)).toEqual(['0', '1', '2']);
  });
});
