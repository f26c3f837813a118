/** Values between samples, compared with the rules written down once more the slow way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, type Nanoseconds } from '../../../../src/contract/time/instant.ts';
import { Interpolator } from '../../../../src/driver/history/interpolator.ts';
import type { WrittenSample } from '../../../../src/driver/history/series-chunks.ts';
import type { Sample } from '../../../../src/driver/history/sample.ts';
import { type Described, isBad, sample, series, START } from './support.ts';
import { propertyRuns } from '../../../support/property-runs.ts';

const LATER = START + 1_000_000n;

function interpolate(
  { samples, shape }: Omit<Described, 'length'>,
  times: Nanoseconds[],
  now = LATER,
): WrittenSample[] {
  const interpolator = new Interpolator(times.values(), shape, now);
  return [...samples.flatMap((one) => [...interpolator.take(one)]), ...interpolator.rest()];
}

/** Value and status at one time, looked up in the whole series. */
function slowly({ samples, shape }: Described, at: Nanoseconds, now: Nanoseconds): [unknown, string] {
  const left = samples.filter((one) => one.at <= at).at(-1);
  const right = samples.find((one) => one.at > at);
  const none: [unknown, string] = [null, 'Bad Data'];
  if (!left) return none;
  if (left.at === at) return [left.value, left.status];
  const { interpolation, maximumInterpolation = 10n ** 20n } = shape;
  if (isBad(left) || interpolation === 'discrete') return none;
  const holds = interpolation === 'step' || typeof left.value === 'string';
  if (!right) {
    const isYoung = now - left.at <= maximumInterpolation;
    return holds && isYoung && at <= now ? [left.value, 'Questionable'] : none;
  }
  if (right.at - left.at > maximumInterpolation) return none;
  const status = [left, right].some((one) => one.status === 'Questionable') ? 'Questionable' : 'Good';
  if (holds) return [left.value, status];
  if (typeof right.value !== 'number') return interpolation === 'pilinear' ? [left.value, status] : none;
  const [a, b] = [Number(left.value), right.value];
  return [a + ((b - a) * Number(at - left.at)) / Number(right.at - left.at), status];
}

describe('for any series', () => {
  it('every value is what the rules say', () => {
    const nows = fc.integer({ min: -50, max: 400 }).map((at) => START + BigInt(at));
    fc.assert(
      fc.property(series('numbers and text'), nows, fc.integer({ min: 1, max: 20 }), (described, now, interval) => {
        const times = Array.from(
          { length: Math.floor(described.length / interval) + 1 },
          (_unused, n) => START + BigInt(n * interval),
        );
        const values = interpolate(described, times, now);
        expect(values.map(({ time }) => time)).toEqual(times.map(formatInstant));
        for (const [n, at] of times.entries()) {
          const [value, status] = slowly(described, at, now);
          const have = values[n];
          expect(have?.status).toBe(status);
          if (typeof value === 'number') expect(have?.value).toBeCloseTo(value, 10);
          else expect(have?.value).toBe(value);
        }
      }),
      { numRuns: propertyRuns(1000) },
    );
  });
});

describe('between samples', () => {
  const at = (...offsets: number[]): Nanoseconds[] => offsets.map((one) => START + BigInt(one));
  const values = (samples: Sample[], interpolation: Described['shape']['interpolation'], longest?: bigint) =>
    interpolate({ samples, shape: { interpolation, maximumInterpolation: longest } }, at(0, 5, 10, 15, 20)).map(
      ({ value }) => value,
    );

  it.each([
    ['linear', [1, 2, 3, null, null]],
    ['pilinear', [1, 2, 3, 3, null]],
    ['step', [1, 1, 3, 3, null]],
    ['discrete', [1, null, 3, null, null]],
  ] as const)('%s goes on in its own way, up to a bad sample', (interpolation, expected) => {
    expect(values([sample(0, 1), sample(10, 3), sample(20, null)], interpolation)).toEqual(expected);
  });

  it('nothing is bridged that is longer than the maximum interpolation, and what is just as long is', () => {
    const samples = [sample(0, 1), sample(10, 3), sample(20, 5)];
    expect(values(samples, 'linear', 10n)).toEqual([1, 2, 3, 4, 5]);
    expect(values(samples, 'linear', 9n)).toEqual([1, null, 3, null, 5]);
    expect(values(samples, 'step', 9n)).toEqual([1, null, 3, null, 5]);
  });

  it('of several samples at one time the last one counts', () => {
    expect(values([sample(0, 1), sample(10, 3), sample(10, 7), sample(20, 9)], 'linear')).toEqual([1, 2, 7, 8, 9]);
  });

  it('an enumeration carries its number with it', () => {
    const samples = [sample(0, 'ON', 'Good', 1), sample(10, 'OFF', 'Good', 0)];
    const shape = { interpolation: 'step', maximumInterpolation: undefined } as const;
    expect(interpolate({ samples, shape }, at(5, 10)).map(({ state }) => state)).toEqual([1, 0]);
  });

  it('numbers at the ends of what a number can hold do not overflow', () => {
    const most = Number.MAX_VALUE;
    const shares = values([sample(0, -most), sample(20, most)], 'linear').map((value) => Number(value) / most);
    for (const [n, share] of [-1, -0.5, 0, 0.5, 1].entries()) expect(shares[n]).toBeCloseTo(share, 12);
  });
});

describe('behind the newest sample', () => {
  const held = (interpolation: Described['shape']['interpolation'], longest: bigint | undefined, now: number) =>
    interpolate(
      { samples: [sample(0, 4)], shape: { interpolation, maximumInterpolation: longest } },
      [0n, 5n, 10n, 15n].map((one) => START + one),
      START + BigInt(now),
    ).map(({ value, status }) => [value, status]);

  const good = [4, 'Good'];
  const open = [4, 'Questionable'];
  const bad = [null, 'Bad Data'];

  it('a step holds, uncertain, up to now', () => {
    expect(held('step', undefined, 100)).toEqual([good, open, open, open]);
    expect(held('step', undefined, 12)).toEqual([good, open, open, bad]);
    expect(held('step', undefined, 10)).toEqual([good, open, open, bad]);
    expect(held('step', undefined, -5)).toEqual([good, bad, bad, bad]);
    expect(held('linear', undefined, 100)).toEqual([good, bad, bad, bad]);
  });

  it('a step has no value at all once the sample is older than the maximum interpolation', () => {
    expect(held('step', 12n, 12)).toEqual([good, open, open, bad]);
    expect(held('step', 11n, 12)).toEqual([good, bad, bad, bad]);
  });

  it('a constant holds at every time, and is certain', () => {
    const constant = { value: 4, time: null, status: 'Good' } as const;
    const shape = { interpolation: 'step', maximumInterpolation: undefined, constant } as const;
    const values = interpolate({ samples: [sample(0, 4)], shape }, [START, START + 5n, LATER + 5n]);
    expect(values.map(({ value, status }) => [value, status])).toEqual([good, good, good]);
  });
});
