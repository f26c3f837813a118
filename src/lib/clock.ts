/** The clock of the process, for delays between attempts, and the precision of measured times. */

/** A clock that a test can replace. */
export interface Clock {
  /** Milliseconds of a monotonic clock. */
  readonly now: () => number;
  /** Resolves after the time, or at once when the signal is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

/** Resolves after the time, or at once when the signal is aborted. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = (): void => {
    resolve(undefined);
  };
  const timer = setTimeout(done, ms);
  signal?.addEventListener('abort', done, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener('abort', done);
}

export const CLOCK: Clock = { now: () => performance.now(), sleep };

/** Milliseconds with two decimals, as measured times are reported. */
export const roundMs = (ms: number): number => Math.round(ms * 100) / 100;
