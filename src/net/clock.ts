import { setTimeout as sleep } from 'node:timers/promises';

/** The time that passes between the tries of a call. A test can let it pass at once. */
export interface Clock {
  /** Milliseconds of a clock that only runs forward. */
  readonly now: () => number;
  /** Resolves after the time; rejects with the reason of the signal. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export const CLOCK: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { signal }),
};
