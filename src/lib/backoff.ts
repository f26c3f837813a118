/** Delays between attempts. */

export interface RetryDelays {
  /** First delay. */
  minMs: number;
  /** Longest delay. */
  maxMs: number;
}

const standard: RetryDelays = { minMs: 250, maxMs: 15_000 };

/**
 * The first delay, doubled with each further failure up to the longest. @param failures previous consecutive failures,
 * from 0
 */
export function doubledMs(failures: number, { minMs, maxMs }: RetryDelays): number {
  return Math.min(maxMs, minMs * 2 ** Math.min(Math.max(0, failures), 30));
}

/** The same with jitter: anywhere in its upper half, so that clients that failed together do not retry together. */
export function delayMs(failures: number, delays: RetryDelays = standard, random: () => number = Math.random): number {
  return doubledMs(failures, delays) * (0.5 + random() / 2);
}
