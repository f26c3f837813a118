import { type Clock, sleep } from '../../src/lib/clock.ts';

/** So much of a wait is really waited, so that nothing is done again without a pause. */
const PART = 1 / 100;

/** A clock on which every wait between two tries is nearly over at once. Waits at the same time add up. */
export function skippingClock(): Clock {
  let skippedMs = 0;
  return {
    now: () => performance.now() + skippedMs,
    sleep: async (ms, signal) => {
      await sleep(ms * PART, signal);
      skippedMs += ms;
    },
  };
}
