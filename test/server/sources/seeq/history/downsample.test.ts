/** What the server computes of a long signal, compared with all samples. */
import { describe, expect, it } from 'vitest';
import { type Nanoseconds, parseInstant } from '../../../../../src/contract/time/instant.ts';
import type { TimeRange } from '../../../../../src/contract/time/time.ts';
import type { Reduction } from '../../../../../src/sources/source.ts';
import type { SeeqSource } from '../../../../../src/sources/seeq/source.ts';
import { answering, type RudeAnswer, type RudeRequest } from '../misbehaving-server.ts';
import { collect, freeCall, openSource, plant, range, rejection, type Row, rowsOf, signalFqn } from '../support.ts';

const ns = (time: string): Nanoseconds => parseInstant(time) ?? expect.fail(time);
const special = (name: string) => signalFqn(`Special Cases >> Signals >> ${name}`);

async function read(source: SeeqSource, name: string, asked: TimeRange, intervals: number, samples = 2e6) {
  const { page, until } = await source.reduced(special(name), asked, { intervals, samples }, freeCall());
  const all = (await collect(source.samples(special(name), asked, 'outside', freeCall()))).flatMap(rowsOf);
  return { points: rowsOf(page), unit: page.unit, until, all };
}

/** Rows of some part of time, the borders included. */
const between = (rows: Row[], from: Nanoseconds, to: Nanoseconds): Row[] =>
  rows.filter(({ time }) => ns(time) >= from && ns(time) <= to);
const numbers = (rows: Row[]): number[] =>
  rows.flatMap(({ value, status }) => (status === 'Bad Data' ? [] : [Number(value)]));

describe('a reduction', () => {
  const HOUR = range('2026-03-14T00:00:00.5Z', '2026-03-14T01:00:00Z');
  const LENGTH = 36_000_000_000n;

  it.each([66, 61])('has the extremes of all samples, near their times (release %i)', async (release) => {
    const { source } = await plant({ release });
    const { points, unit, until, all } = await read(source, 'Fast', HOUR, 100);
    expect(unit).toBe('mm/s');
    expect(points.map(({ time }) => ns(time))).toEqual(
      points.map(({ time }) => ns(time)).sort((a, b) => Number(a - b)),
    );
    expect(ns(points[0]?.time ?? '')).toBeGreaterThanOrEqual(HOUR.start);
    expect(HOUR.end - until).toBeLessThan(2n * LENGTH);
    for (let from = HOUR.start; from + 4n * LENGTH <= until; from += 3n * LENGTH) {
      // Each extreme is in the middle of its interval.
      const [want, have] = [between(all, from, from + 4n * LENGTH), between(points, from - LENGTH, from + 5n * LENGTH)];
      expect(Math.min(...numbers(have))).toBeLessThanOrEqual(Math.min(...numbers(want)));
      expect(Math.max(...numbers(have))).toBeGreaterThanOrEqual(Math.max(...numbers(want)));
    }
    const [low, high] = [Math.min(...numbers(all)), Math.max(...numbers(all))];
    for (const value of numbers(points)) expect(value >= low && value <= high).toBe(true);
    expect(points.every(({ status }) => status === 'Good')).toBe(true);
  });

  it.each([66, 61])('has a bad sample for each gap and each bad sample, and for nothing else (%i)', async (release) => {
    const { source } = await plant({ release });
    for (const [name, hours, longest, intervals] of [
      ['Gappy', 48, 600_000_000_000n, 100],
      ['Bad and Uncertain', 3, 3_600_000_000_000n, 100],
      // Shorter than the intervals.
      ['Gappy', 240, 600_000_000_000n, 10],
      ['Bad and Uncertain', 3, 3_600_000_000_000n, 10],
    ] as const) {
      const end = ns('2026-03-15T00:00:00Z');
      const asked = { start: end - BigInt(hours) * 3_600_000_000_000n, end };
      const { points, until, all } = await read(source, name, asked, intervals);
      const bad = points.filter(({ status }) => status === 'Bad Data').map(({ time }) => ns(time));
      const good = all.filter(({ status }) => status !== 'Bad Data');
      const without = good.flatMap(({ time }, n): [Nanoseconds, Nanoseconds][] => {
        const next = good[n + 1];
        if (!next) return [];
        const hasBad = all.some(
          (one) => one.status === 'Bad Data' && ns(one.time) > ns(time) && ns(one.time) < ns(next.time),
        );
        return hasBad || ns(next.time) - ns(time) > longest ? [[ns(time), ns(next.time)]] : [];
      });
      expect(without.length).toBeGreaterThan(3);
      for (const [from, to] of without.filter(([, end]) => end < until))
        expect(bad.some((at) => at >= from && at <= to)).toBe(true);
      for (const at of bad) expect(without.some(([from, to]) => at >= from && at <= to)).toBe(true);
    }
  });

  it('of a step has its value at the borders, and no bad sample where it holds', async () => {
    const { source } = await plant();
    const { points, all } = await read(source, 'Step', range('2026-03-14T00:00:00Z', '2026-03-14T12:00:00Z'), 2000);
    expect(points.every(({ status }) => status === 'Good')).toBe(true);
    const recorded = all.map((one) => ({ at: ns(one.time), value: one.value }));
    for (const { time, value } of points.filter((_point, n) => n % 10 === 0)) {
      const at = ns(time);
      const nearby = recorded.filter((one) => Math.abs(Number(one.at - at)) <= 120e9).map((one) => one.value);
      expect(nearby).toContain(value);
    }
  });

  it('ends before the newest sample, so that it is read, also where the signal is dead', async () => {
    const { source } = await plant();
    const hour = 3_600_000_000_000n;
    const newest = ns('2026-03-15T12:34:56Z');
    // Nothing comes in the last days of the range.
    for (const after of [0n, 1n, 240n]) {
      const asked = { start: newest - 24n * hour, end: newest + after * hour };
      const { page, until } = await source.reduced(special('Fast'), asked, { intervals: 24, samples: 9e4 }, freeCall());
      const length = (asked.end - asked.start) / 24n;
      expect(until).toBeLessThanOrEqual(newest);
      expect(newest - until).toBeLessThanOrEqual(2n * length);
      expect(page.times.every((time) => ns(time) < until)).toBe(true);
    }
  });
});

describe('a server', () => {
  const at = (second: number) => `2026-03-14T00:00:${String(second).padStart(2, '0')}Z`;
  const TEN = range(at(0), at(10));
  /** @param newest the newest sample */
  const ask = async (
    answer: (request: RudeRequest) => RudeAnswer,
    intervals = 5,
    newest: object = { key: at(10), value: 1 },
  ): Promise<Reduction> => {
    const url = await answering((request) =>
      request.path.includes('/sample/') ? { body: { sample: newest } } : answer(request),
    );
    return openSource(url).reduced(special('Fast'), TEN, { intervals, samples: 4e6 }, freeCall());
  };
  const kindOf = ({ query }: RudeRequest): 'low' | 'high' | 'borders' | 'valid' => {
    const formula = query.get('formula') ?? '';
    if (formula.includes('minValue')) return 'low';
    if (formula.includes('maxValue')) return 'high';
    return formula.startsWith('resample') ? 'borders' : 'valid';
  };
  const samples = (all: object[], more: object = {}): RudeAnswer => ({ body: { samples: { samples: all, ...more } } });
  const capsules = (all: object[], more: object = {}): RudeAnswer => ({
    body: { capsules: { capsules: all, ...more } },
  });
  const always = capsules([{}]);
  const extremes =
    (all: object[], more: object = {}) =>
    (request: RudeRequest) => {
      const kind = kindOf(request);
      return kind === 'valid' ? always : samples(kind === 'borders' ? [] : all, more);
    };

  it('is asked with formulas in the form that clients use', async () => {
    const asked: Record<string, string>[] = [];
    await ask((request) => {
      asked.push(Object.fromEntries(request.query));
      return kindOf(request) === 'valid' ? capsules([]) : samples([]);
    });
    const common = {
      parameters: expect.stringMatching(/^signal=[0-9A-F-]{36}$/) as string,
      timeFormat: 'ISO8601',
    };
    for (const formula of [
      '$signal.aggregate(minValue(), periods(2000ms, 2000ms), startKey())',
      '$signal.aggregate(maxValue(), periods(2000ms, 2000ms), startKey())',
      'resample($signal, 2000ms)',
    ]) {
      expect(asked).toContainEqual(expect.objectContaining({ ...common, formula, start: at(0), end: at(10) }));
    }
    // In parts that leave nothing out.
    const valid = asked.filter(({ formula }) => formula === '($signal * 0) < 1');
    const [starts, ends] = [valid.map(({ start }) => ns(start ?? '')), valid.map(({ end }) => ns(end ?? ''))];
    expect(starts).toContain(TEN.start);
    expect(ends).toContain(TEN.end);
    for (const end of ends) expect(end === TEN.end || starts.includes(end)).toBe(true);
  });

  it.each([
    [3, '3334ms'],
    [640, '16ms'],
    [10_000, '1ms'],
    [20_000, '1ms'],
  ])('is asked for %i intervals as periods of %s, never for more', async (intervals, length) => {
    const formulas = new Set<string>();
    await ask((request) => {
      if (kindOf(request) === 'valid') return always;
      formulas.add(request.query.get('formula') ?? '');
      return samples([]);
    }, intervals);
    expect([...formulas].filter((formula) => formula.includes('periods'))).toHaveLength(2);
    for (const formula of formulas) expect(formula).toContain(length);
  });

  it('is not asked for intervals that are much longer than they should be, because a millisecond is the shortest', async () => {
    const asked: RudeRequest[] = [];
    const { page, until } = await ask((request) => (asked.push(request), always), 20_001);
    expect([asked, page.times, until]).toEqual([[], [], TEN.start]);
  });

  it('may compute values where no sample is; what is recorded is read from the newest sample on', async () => {
    const held = extremes([0, 2, 4, 6, 8].map((second) => ({ key: at(second), value: 7 })));
    for (const [newest, until] of [
      [9, 8],
      [5, 4],
      [4, 4],
      [1, 0],
    ] as const) {
      const found = await ask(held, 5, { key: at(newest), value: 7 });
      expect(found.until).toBe(ns(at(until)));
      expect(found.page.times.every((time) => ns(time) < found.until)).toBe(true);
    }
    // All samples lie before the range, or there are none.
    for (const newest of [{ key: '2026-03-13T23:59:59Z', value: 7 }, {}]) {
      expect(await ask(held, 5, newest)).toEqual({ page: { times: [], values: [] }, until: TEN.start });
    }
  });

  it('that finds no value up to a newest sample that is bad ends there', async () => {
    const never = (request: RudeRequest) => (kindOf(request) === 'valid' ? capsules([]) : samples([]));
    const { page, until } = await ask(never, 5, { key: at(9) });
    expect([until, new Set(page.values)]).toEqual([ns(at(9)), new Set([null])]);
    // There may be values that have no length.
    expect((await ask(never, 5, { key: at(9), value: 1 })).until).toBe(TEN.start);
    const untold = (request: RudeRequest) => (kindOf(request) === 'valid' ? { body: { table: {} } } : samples([]));
    expect((await ask(untold, 5, { key: at(9) })).until).toBe(TEN.start);
    const partly = extremes([{ key: at(8), value: 1 }]);
    expect((await ask(partly, 3, { key: at(9) })).until).toBe(TEN.start);
  });

  it('may leave intervals empty or open; the last one with a value is to be read', async () => {
    const { page, until } = await ask((request) => {
      const kind = kindOf(request);
      if (kind === 'valid') return capsules([{ end: at(3) }, { start: at(5), end: '2026-03-14T00:00:05.999Z' }]);
      if (kind === 'borders') return samples([{ key: at(2), value: 1.5 }, { key: at(4) }, { key: at(6), value: 4.5 }]);
      const low = kind === 'low';
      return samples(
        [
          { key: '2026-03-13T23:59:59Z', value: low ? 0 : 1 },
          { key: at(2) },
          { key: at(4), value: low ? 3 : 4, isUncertain: !low },
          { key: at(6), value: low ? 4 : 5 },
          { key: at(9), value: 100 },
        ],
        { valueUnitOfMeasure: 'bar' },
      );
    });
    expect(until).toBe(ns(at(6)));
    expect(page.unit).toBe('bar');
    const points = rowsOf(page);
    // The first interval begins before the range; what the last one has may come after it.
    expect(points.filter(({ status }) => status !== 'Bad Data')).toEqual([
      { time: at(0), value: 0, status: 'Good' },
      { time: at(0), value: 1, status: 'Good' },
      { time: at(2), value: 1.5, status: 'Good' },
      { time: at(5), value: 3, status: 'Good' },
      { time: at(5), value: 4, status: 'Questionable' },
    ]);
    const bad = points.filter(({ status }) => status === 'Bad Data');
    expect(bad.map(({ time }) => time)).toContain(at(4));
    // What goes on behind the end is marked before it.
    const last = bad.pop();
    expect(ns(last?.time ?? '')).toBeGreaterThan(ns('2026-03-14T00:00:05.999Z'));
    expect(ns(last?.time ?? '')).toBeLessThan(until);
    expect(bad.every(({ time, value }) => value === null && ns(time) > ns(at(3)) && ns(time) < ns(at(5)))).toBe(true);
  });

  it('that does not show where the signal has a value makes everything questionable', async () => {
    for (const answer of [{ status: 400, body: { statusMessage: 'No such operator' } }, { body: { table: {} } }]) {
      const { page } = await ask((request) =>
        kindOf(request) === 'valid' ? answer : samples([2, 4].map((second) => ({ key: at(second), value: 1 }))),
      );
      expect(page.values.length).toBeGreaterThan(0);
      expect(page.flags).toEqual([[0, page.values.length - 1, 'Questionable']]);
    }
  });

  it('that has more stretches without a value than are read makes what follows questionable', async () => {
    const { page } = await ask((request) => {
      if (kindOf(request) !== 'valid')
        return extremes([1, 3, 5, 7].map((key) => ({ key: at(key), value: 1 })))(request);
      const start = request.query.get('start');
      return capsules([{ start, end: start }], { limit: 1 });
    });
    expect(page.flags).toEqual([[0, page.values.length - 1, 'Questionable']]);
  });

  it('may answer in pages, and with keys in whole nanoseconds', async () => {
    const { page } = await ask((request) => {
      if (kindOf(request) === 'valid') {
        return { body: '{"capsules":{"capsules":[{"start":1773446400000000000,"end":1773446410000000000}]}}' };
      }
      if (kindOf(request) === 'borders') return samples([]);
      return request.query.get('continuationToken') === null
        ? { body: '{"samples":{"samples":[{"key":1773446400000000001,"value":1}],"continuationToken":"next"}}' }
        : {
            body:
              '{"samples":{"samples":[{"key":1773446402000000001,"value":2},{"key":1773446404000000001,"value":3}],' +
              '"continuationToken":""}}',
          };
    });
    expect(page.times).toEqual(['01', '01', '03', '03'].map((second) => `2026-03-14T00:00:${second}.000000001Z`));
    expect(page.values).toEqual([1, 1, 2, 2]);
    expect(page.flags).toBeUndefined();
  });

  it.each([[[]], [[{ key: at(2), value: 1 }]]])('may not lead to the same page indefinitely (%j)', async (page) => {
    const error = await rejection(ask(extremes(page, { continuationToken: 'next' })));
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toContain('the same page again and again');
  });

  it.each([
    ['cuts the answer', samples([{ key: at(0), value: 1 }], { limit: 1 }), /gave only 1 of the intervals/],
    ['cannot run the formula', { body: { errors: [{ message: 'No such thing' }] } }, /formula failed: No such thing/],
    ['answers something else', { body: { table: {} } }, /"samples" is absent/],
    ['refuses', { status: 400, body: { statusMessage: 'Not today' } }, /Not today/],
  ])('that %s is named with the reason', async (_what, answer, message) => {
    const error = await rejection(ask(() => answer));
    expect(error.code).toBe('sourceError');
    expect(error.message).toMatch(message);
  });
});
