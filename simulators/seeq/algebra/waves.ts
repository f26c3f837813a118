/** Signals without a source, for trying things out. Inferred are shape, height, phase and distance of the samples. */
import type { SignalData } from '../plant/item.ts';
import { gridSeries } from '../series/grid-series.ts';

export const WAVES = ['sinusoid', 'sawtooth', 'triangleWave', 'squareWave'] as const;
export type Wave = (typeof WAVES)[number];

/** Value at a share of a round, from 0 to below 1. */
const SHAPES: Readonly<Record<Wave, (share: number) => number>> = {
  sinusoid: (share) => Math.sin(2 * Math.PI * share),
  sawtooth: (share) => share,
  triangleWave: (share) => 1 - Math.abs(1 - 2 * share),
  squareWave: (share) => (share < 0.5 ? 1 : 0),
};

const SAMPLES_A_ROUND = 100;

/** @param period length of a round, nanoseconds @param now no samples later, nanoseconds */
export function wave(kind: Wave, period: bigint, now: () => bigint): SignalData {
  const step = period / BigInt(SAMPLES_A_ROUND) > 0n ? period / BigInt(SAMPLES_A_ROUND) : 1n;
  const shape = SHAPES[kind];
  return {
    interpolation: kind === 'squareWave' ? 'Step' : 'Linear',
    maxInterpolation: period,
    series: gridSeries({
      period: step,
      end: now,
      value: (index) => shape((((index % SAMPLES_A_ROUND) + SAMPLES_A_ROUND) % SAMPLES_A_ROUND) / SAMPLES_A_ROUND),
    }),
  };
}
