import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, after, flag, halveSeries, type SeriesChunk, sliceColumns } from '../../../src/contract/series.ts';
import { type Flag, valueStatuses } from '../../../src/contract/values.ts';
import { joinSeries } from '../../../src/client/answer.ts';
import { formatInstant } from '../../../src/contract/time/instant.ts';

/** A series with repeated times, bad values and enumerations. */
const series = fc
  .array(fc.tuple(fc.nat({ max: 2 }), fc.constantFrom(...valueStatuses), fc.option(fc.nat())), { maxLength: 40 })
  .map((samples): SeriesChunk => {
    let second = 0n;
    const flags: Flag[] = [];
    const times: string[] = [];
    const values: number[] = [];
    const states: (number | null)[] = [];
    for (const [position, [step, status, state]] of samples.entries()) {
      second += BigInt(step);
      times.push(formatInstant(second * 1_000_000_000n));
      values.push(position);
      states.push(state);
      flag(flags, position, status);
    }
    return { index: 0, fqn: 'x', times, values, unit: '°C', ...(flags.length > 0 ? { flags } : {}), states };
  });

/** Status of every sample, which flags only tell by range. */
function statuses({ times, flags = [] }: SeriesChunk): string[] {
  const all = times.map(() => 'Good');
  for (const [from, to, status] of flags) all.fill(status, from, to + 1);
  return all;
}

describe('series', () => {
  it('are the same after any number of cuts, once they are joined again', () => {
    const pieces = (piece: SeriesChunk, depth: number): SeriesChunk[] => {
      const halves = depth === 0 ? undefined : halveSeries(piece);
      return halves ? halves.flatMap((half) => pieces(half, depth - 1)) : [piece];
    };
    fc.assert(
      fc.property(series, fc.nat({ max: 5 }), (whole, depth) => {
        const cut = pieces(whole, depth);
        const [joined] = joinSeries(cut) as SeriesChunk[];
        expect(joined && { ...joined, flags: statuses(joined) }).toEqual({ ...whole, flags: statuses(whole) });
        expect(cut.map(({ more }) => more ?? false)).toEqual(cut.map((_, position) => position < cut.length - 1));
      }),
    );
  });

  it('slices carry the flags of their own samples', () => {
    fc.assert(
      fc.property(series, fc.nat({ max: 40 }), fc.nat({ max: 40 }), (whole, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        expect(statuses(sliceColumns(whole, from, to))).toEqual(statuses(whole).slice(from, to));
      }),
    );
  });

  it('continue behind a place without loss or repeat, also between equal times', () => {
    fc.assert(
      fc.property(series, fc.nat({ max: 40 }), (whole, taken) => {
        const first = sliceColumns(whole, 0, taken);
        const place = advance(undefined, first);
        const rest = place ? after(whole, place) : whole;
        expect([...first.values, ...rest.values]).toEqual(whole.values);
      }),
    );
  });
});
