import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, MAX_INSTANT, MIN_INSTANT, parseInstant } from '../../../../src/contract/time/instant.ts';
import type { valueStatuses } from '../../../../src/contract/values.ts';
import { samplesOf, TimeReader } from '../../../../src/driver/history/sample.ts';

describe('times of a series', () => {
  it('are read as they are read alone, whatever came before', () => {
    const near = fc.bigInt({ min: 1_773_446_400_000_000_000n, max: 1_773_446_520_000_000_000n });
    const instants = fc.array(fc.oneof(near, fc.bigInt({ min: MIN_INSTANT, max: MAX_INSTANT })), { maxLength: 30 });
    fc.assert(
      fc.property(instants, (all) => {
        const reader = new TimeReader();
        expect(all.map((instant) => reader.read(formatInstant(instant)))).toEqual(all);
      }),
    );
  });

  it.each([
    '2026-03-14T00:00:07.1Z',
    '2026-03-14T00:00:07.12345678Z',
    '2026-03-14T00:00Z',
    '2026-03-14T01:00:00+01:00',
  ])('%s is understood', (time) => {
    const reader = new TimeReader();
    reader.read('2026-03-14T00:00:00Z');
    expect(reader.read(time)).toBe(parseInstant(time));
  });

  it.each(['', 'yesterday', '2026-03-14T00:00:xxZ', '2026-13-14T00:00:00Z', '2026-03-14T00:00:00.1234567890Z'])(
    '%j is refused as a fault of the source',
    (time) => {
      const reader = new TimeReader();
      reader.read('2026-03-14T00:00:00Z');
      expect(() => reader.read(time)).toThrow(expect.objectContaining({ code: 'sourceError' }));
    },
  );
});

describe('samples of a page', () => {
  it('have the status that the flags give their positions', () => {
    const times = Array.from({ length: 7 }, (_unused, n) => `2026-03-14T00:00:0${n}Z`);
    const page = {
      times,
      values: [1, null, null, 4, 5, 6, 'ON'],
      flags: [
        [1, 2, 'Bad Data'],
        [5, 5, 'Questionable'],
      ] as [number, number, (typeof valueStatuses)[number]][],
      states: [null, null, null, null, null, null, 1],
    };
    const samples = [...samplesOf(page, new TimeReader())];
    expect(samples.map(({ status }) => status)).toEqual([
      'Good',
      'Bad Data',
      'Bad Data',
      'Good',
      'Good',
      'Questionable',
      'Good',
    ]);
    expect(samples.map(({ value }) => value)).toEqual(page.values);
    expect(samples.map(({ time }) => time)).toEqual(times);
    expect(samples.at(-1)?.state).toBe(1);
  });
});
