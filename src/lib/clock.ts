/** The clock of the process, for delays between attempts. */

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
