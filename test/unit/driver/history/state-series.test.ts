/** Series of states: the same as if all states had been known from the beginning. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { joinSeries } from '../../../../src/client/answer.ts';
import { flag, type SeriesChunk } from '../../../../src/contract/series.ts';
import type { ScalarValue } from '../../../../src/contract/values.ts';
import { Aggregator } from '../../../../src/driver/history/aggregator.ts';
import { ChunkWriter } from '../../../../src/driver/history/series-chunks.ts';
import { StateSeries } from '../../../../src/driver/history/state-series.ts';
import type { IntervalStatistics } from '../../../../src/driver/history/statistics.ts';
import { bordersOf, series, START } from './support.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const cases = fc.record({
  described: series('numbers and text'),
  interval: fc.integer({ min: 1, max: 60 }),
  now: fc.integer({ min: -20, max: 400 }),
  method: fc.constantFrom('durationInState', 'countInState'),
  stamp: fc.constantFrom('start', 'middle', 'end'),
});

it('every state has all intervals, also those before it appeared', async () => {
  await fc.assert(
    fc.asyncProperty(cases, async ({ described, interval, now, method, stamp }) => {
      const { samples, shape, length } = described;
      const items: object[] = [];
      const context = {
        emit: async (item: object) => {
          items.push(item);
        },
        signal: new AbortController().signal,
      };
      const borders = (): Generator<bigint> => bordersOf(interval, length);
      const open = (inState: ScalarValue): ChunkWriter => new ChunkWriter(context, { index: 0, fqn: 's', inState }, 3);
      const output = new StateSeries({ method, stamp, borders, limit: 1_000_000, each: 300, open });
      const statistics = { basis: 'time', stamp, numeric: false, deviation: false, states: true } as const;
      const aggregator = new Aggregator({ ...statistics, borders: borders(), shape, now: START + BigInt(now) });
      const all: IntervalStatistics[] = [];
      const take = async (ended: Iterable<IntervalStatistics>): Promise<void> => {
        for (const one of ended) {
          all.push(one);
          await output.add(one);
        }
      };
      for (const one of samples) await take(aggregator.take(one));
      await take(aggregator.rest());
      await output.end();

      const states = new Set(all.flatMap((one) => [...one.states.names()]));
      const written = joinSeries(items) as (SeriesChunk & { inState: ScalarValue })[];
      expect(written.map(({ inState }) => inState)).toEqual(states.size > 0 ? [...states] : [null]);
      for (const { inState, times, values, flags = [] } of written) {
        const results = all.map((one) => one.resultOf(inState, method));
        expect([times, values]).toEqual([results.map(({ time }) => time), results.map(({ value }) => value)]);
        const expected: typeof flags = [];
        for (const [n, { status }] of results.entries()) flag(expected, n, status);
        expect(flags).toEqual(expected);
      }
      for (const one of all) {
        const known = [...states].map((state) => Number(one.resultOf(state, method).value));
        const whole = one.result(method === 'countInState' ? 'countGood' : 'durationGood').value;
        // A line is in no state, so that only what holds adds up.
        const sum = known.reduce((total, value) => total + value, 0);
        if (method === 'countInState' || shape.interpolation === 'step') expect(sum).toBeCloseTo(Number(whole), 12);
      }
    }),
    { numRuns: propertyRuns(100) },
  );
});
