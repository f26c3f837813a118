/** Delays between attempts. */

export interface RetryDelays {
  /** First delay. */
  minMs: number;
  /** Longest delay. */
  maxMs: number;
}

const standard: RetryDelays = { minMs: 250, maxMs: 15_000 };

/** Delay after a number of failures in a row: doubled each time, and anywhere in the upper half of that. */
export function delayMs(failures: number, delays: RetryDelays = standard, random: () => number = Math.random): number {
  const full = Math.min(delays.maxMs, delays.minMs * 2 ** Math.min(failures, 30));
  return full * (0.5 + random() / 2);
}

/** Resolves after the delay, or at once when the signal is aborted. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const done = (): void => {
    resolve(undefined);
  };
  const timer = setTimeout(done, ms);
  signal.addEventListener('abort', done, { once: true });
  await promise;
  clearTimeout(timer);
  signal.removeEventListener('abort', done);
}
