/** Putting answers together: order, repeats, gaps, and series that came in pieces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerOrder, IncompleteResponse, joinSeries } from '../../../src/client/answer.ts';
import { flag, halveSeries, type SeriesChunk } from '../../../src/contract/series.ts';
import type { Flag } from '../../../src/contract/values.ts';

describe('the order of messages', () => {
  it('lets each through once, however often it comes', () => {
    const order = new AnswerOrder();
    expect([0, 0, 1, 0, 1, 2].map((seq) => order.accept({ seq }))).toEqual([true, false, true, false, false, true]);
  });

  it('is broken where one is missing', () => {
    const order = new AnswerOrder();
    order.accept({ seq: 0 });
    expect(() => order.accept({ seq: 2 })).toThrow(IncompleteResponse);
    expect(() => order.accept({ seq: 2 })).toThrow('Message 1 of the answer is missing');
    expect(order.accept({ seq: 1 })).toBe(true);
  });
});

const sample = fc.record({
  value: fc.integer(),
  status: fc.constantFrom('Good' as const, 'Bad Data' as const, 'Questionable' as const),
  state: fc.option(fc.nat(3)),
});
const series = fc.tuple(fc.array(sample, { maxLength: 40 }), fc.nat(3)).map(([samples, index]): SeriesChunk => {
  const flags: Flag[] = [];
  samples.forEach(({ status }, at) => {
    flag(flags, at, status);
  });
  return {
    index,
    fqn: `seeq:a/signal/${index}`,
    times: samples.map((_unused, at) => `2026-03-14T00:00:${String(at).padStart(2, '0')}Z`),
    values: samples.map(({ value }) => value),
    ...(flags.length > 0 ? { flags } : {}),
    ...(samples.some(({ state }) => state !== null) ? { states: samples.map(({ state }) => state) } : {}),
    unit: 'bar',
  };
});

/** Cuts a series into pieces as the way over the bus does. */
function cut(piece: SeriesChunk, times: number): SeriesChunk[] {
  const halves = times > 0 ? halveSeries(piece) : undefined;
  return halves ? [...cut(halves[0], times - 1), ...cut(halves[1], times - 1)] : [piece];
}

describe('a series in pieces', () => {
  it('becomes the series that it was, with its flags and states in their places', () => {
    fc.assert(
      fc.property(series, fc.nat(5), (whole, times) => {
        expect(joinSeries(cut(whole, times))).toEqual([whole]);
      }),
    );
  });

  it('may come between the pieces of others, and leaves other items as they are', () => {
    const piece = (index: number, value: number, more: boolean) => ({
      index,
      fqn: `${index}`,
      times: ['t'],
      values: [value],
      ...(more ? { more } : {}),
    });
    const failed = { index: 2, fqn: '2', error: { code: 'notFound' } };
    const items = [piece(0, 1, true), failed, piece(1, 2, true), piece(0, 3, false), piece(1, 4, false)];
    const before = structuredClone(items);
    expect(joinSeries(items)).toEqual([
      { index: 0, fqn: '0', times: ['t', 't'], values: [1, 3] },
      failed,
      { index: 1, fqn: '1', times: ['t', 't'], values: [2, 4] },
    ]);
    expect(items).toEqual(before);
  });

  it('of which only some have states, units or an end cut by a limit keeps them', () => {
    const common = { index: 0, fqn: 'x' };
    const pieces = [
      { ...common, times: ['a'], values: [1], more: true },
      { ...common, times: ['b'], values: ['ON'], states: [1], unit: 'kW', more: true },
      { ...common, times: ['c'], values: [2], truncated: true },
    ];
    expect(joinSeries(pieces)).toEqual([
      { ...common, times: ['a', 'b', 'c'], values: [1, 'ON', 2], states: [null, 1, null], unit: 'kW', truncated: true },
    ]);
  });

  it('that failed in the middle still says that more was to come', () => {
    const piece = { index: 0, fqn: 'x', times: ['a'], values: [1], more: true };
    expect(joinSeries([piece, { index: 0, fqn: 'x', error: {} }])[0]).toMatchObject({ more: true });
  });
});
