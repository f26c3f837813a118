import type { PartProblem } from './check.ts';

/** Cause and remedy of two clocks that differ. */
export function clockProblem(aheadMs: number): PartProblem {
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  return {
    reason: 'clock',
    message: `The clock of this machine is about ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} that of the server, so relative times and ages are wrong by that. Set both clocks by a time service (NTP).`,
  };
}
