/** Lowest and highest values that the server computes, compared with all samples. */
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../src/contract/instant.ts';
import { answering, type RudeAnswer, type RudeRequest } from './rude-server.ts';
import { collect, freeCall, openSource, plant, range, rejection, rowsOf, signalFqn } from './support.ts';

const HOUR = range('2026-03-14T00:00:00.5Z', '2026-03-14T01:00:00Z');

describe('an envelope', () => {
  it.each([66, 61])('has the extremes of all samples of each interval (release %i)', async (release) => {
    const { source } = await plant({ release });
    const fqn = signalFqn('Special Cases >> Signals >> Fast');
    const envelope = await source.reduced(fqn, HOUR, 100, freeCall());
    const times = envelope.times.map((time) => parseInstant(time) ?? 0n);
    const length = 36_000_000_000n;
    expect(times.length).toBeLessThanOrEqual(101);
    expect(times[0]).toBeLessThanOrEqual(HOUR.start);
    expect((times.at(-1) ?? 0n) + length).toBeGreaterThanOrEqual(HOUR.end);

    const around = { start: HOUR.start - length, end: HOUR.end + length };
    const all = (await collect(source.samples(fqn, around, 'inside', freeCall()))).flatMap(rowsOf);
    for (const [n, start] of times.entries()) {
      const values = all
        .filter(({ time }) => (parseInstant(time) ?? 0n) >= start && (parseInstant(time) ?? 0n) < start + length)
        .map(({ value }) => Number(value));
      expect([envelope.lowest[n], envelope.highest[n]]).toEqual([Math.min(...values), Math.max(...values)]);
    }
    expect(new Set(envelope.status)).toEqual(new Set(['Good']));
    expect(envelope.unit).toBe('mm/s');
  });
});

describe('a server', () => {
  const at = (second: number) => `2026-03-14T00:00:0${second}Z`;
  const TEN = range(at(0), '2026-03-14T00:00:10Z');
  const read = async (answer: (request: RudeRequest) => RudeAnswer, intervals = 5) =>
    openSource(await answering(answer)).reduced(signalFqn('x'), TEN, intervals, freeCall());
  const isLow = ({ query }: RudeRequest): boolean => query.get('formula')?.includes('minValue') === true;
  const samples = (all: object[], more: object = {}) => ({ body: { samples: { samples: all, ...more } } });

  it('is asked with formulas in the form that clients use', async () => {
    const asked: Record<string, string>[] = [];
    await read((request) => {
      asked.push(Object.fromEntries(request.query));
      return samples([]);
    });
    const common = {
      parameters: expect.stringMatching(/^signal=[0-9A-F-]{36}$/) as string,
      start: at(0),
      end: '2026-03-14T00:00:10Z',
      timeFormat: 'ISO8601',
    };
    const formulas = ['minValue()', 'maxValue()'].map(
      (statistic) => `$signal.aggregate(${statistic}, periods(2000ms, 2000ms), startKey())`,
    );
    for (const formula of formulas) expect(asked).toContainEqual(expect.objectContaining({ ...common, formula }));
  });

  it.each([
    [3, '3334ms'],
    [640, '16ms'],
    [10_000, '1ms'],
    [100_000, '1ms'],
  ])('is asked for %i intervals as periods of %s, never for more', async (intervals, length) => {
    const formulas = new Set<string | null>();
    await read(({ query }) => {
      formulas.add(query.get('formula'));
      return samples([]);
    }, intervals);
    expect([...formulas].every((formula) => formula?.includes(`periods(${length}, ${length})`))).toBe(true);
  });

  it('may leave an interval empty or open; one that only half came is none', async () => {
    const envelope = await read((request) => {
      const low = isLow(request);
      return samples(
        [
          { key: at(0), value: low ? 1 : 2 },
          { key: at(2) },
          ...(low ? [{ key: at(4), value: 3 }] : []),
          { key: at(6), value: low ? 4 : 5, isUncertain: !low },
        ],
        { valueUnitOfMeasure: 'bar' },
      );
    });
    expect(envelope).toEqual({
      times: [at(0), at(2), at(4), at(6)],
      lowest: [1, null, 3, 4],
      highest: [2, null, null, 5],
      status: ['Good', 'Bad Data', 'Bad Data', 'Questionable'],
      unit: 'bar',
    });
  });

  it('may answer in pages, and with keys in whole nanoseconds', async () => {
    const { times, lowest } = await read(({ query }) =>
      query.get('continuationToken') === null
        ? { body: '{"samples":{"samples":[{"key":1773446400000000001,"value":1}],"continuationToken":"next"}}' }
        : { body: '{"samples":{"samples":[{"key":1773446402000000001,"value":2}],"continuationToken":""}}' },
    );
    expect([times, lowest]).toEqual([
      ['2026-03-14T00:00:00.000000001Z', '2026-03-14T00:00:02.000000001Z'],
      [1, 2],
    ]);
  });

  it.each([[[]], [[{ key: at(2), value: 1 }]]])('may not lead to the same page for ever (%j)', async (page) => {
    const error = await rejection(read(() => samples(page, { continuationToken: 'next' })));
    expect(error).toMatchObject({ code: 'sourceError' });
    expect(error.message).toContain('the same page again and again');
  });

  it('that gives intervals outside of the range is not believed', async () => {
    const { times } = await read(() =>
      samples([
        { key: '2026-03-13T23:59:58Z', value: 1 },
        { key: '2026-03-13T23:59:58.001Z', value: 1 },
        { key: '2026-03-14T00:00:10Z', value: 1 },
        { key: '2026-03-14T00:00:12Z', value: 1 },
      ]),
    );
    expect(times).toEqual(['2026-03-13T23:59:58.001Z', '2026-03-14T00:00:10Z']);
  });

  it.each([
    ['cuts the answer', samples([{ key: at(0), value: 1 }], { limit: 1 }), /gave only 1 of the intervals/],
    ['cannot run the formula', { body: { errors: [{ message: 'No such thing' }] } }, /formula failed: No such thing/],
    ['answers something else', { body: { table: {} } }, /"samples" is absent/],
    ['refuses', { status: 400, body: { statusMessage: 'Not today' } }, /Not today/],
  ])('that %s is named with the reason', async (_what, answer, message) => {
    const error = await rejection(read(() => answer));
    expect(error.code).toBe('sourceError');
    expect(error.message).toMatch(message);
  });
});
