import type { PlotChunk } from '../../../../../src/cli/output/plot/index.ts';

/** A series of one chunk; times are minutes after 2026-01-01T00:00Z, or texts. */
export function series(
  times: readonly (number | string)[],
  values: PlotChunk['values'],
  more: Partial<PlotChunk> = {},
): PlotChunk {
  return { index: 0, fqn: 'seeq:plant/signal/1', times: times.map(timeOf), values, ...more };
}

export const timeOf = (time: number | string): string =>
  typeof time === 'string' ? time : new Date(Date.UTC(2026, 0, 1) + time * 60_000).toISOString();

/** Whole minutes from 0. */
export const minutes = (count: number): number[] => Array.from({ length: count }, (_, at) => at);
