/** When a failed call is retried. Every call of a source only reads, so a retry is always safe. */
import { delayMs, doubledMs, type RetryDelays } from '../../lib/backoff.ts';

/**
 * Temporary statuses: a conflict and a proxy without its server (Seeq's own client retries these), a server that is
 * busy or starting, and a request that arrived too slowly or too early. 500 is not included: it is a failure of this
 * call, and repeats.
 */
const PASSING = new Set([408, 409, 425, 429, 502, 503, 504]);

/** Short, so that a budget of some seconds allows many tries: at 40 % failures 20 tries fail once in 10^8 calls. */
const WAITS: RetryDelays = { minMs: 100, maxMs: 1000 };
/** A longer hint is ignored: no call waits a year for an answer. */
const LONGEST_HINT_MS = 366 * 86_400_000;

export const isPassingStatus = (status: unknown): boolean => PASSING.has(status as number);

/**
 * The delay before the next try: the server's hint, otherwise a doubling delay. Both have jitter, so that calls that
 * failed together do not retry together.
 * @param tries tries so far, from 1 on
 * @param hintMs delay that the server requested
 */
export function waitMs(tries: number, hintMs: number | undefined, random: () => number): number {
  if (hintMs === undefined || hintMs === 0) return delayMs(tries - 1, WAITS, random);
  // With a hint the jitter only adds: an earlier try would be refused again.
  return hintMs + (random() * doubledMs(tries - 1, WAITS)) / 2;
}

/**
 * Parses `Retry-After` to milliseconds: seconds (also with a fraction, although HTTP has none) or a date. Undefined for
 * anything else. A time in the past is 0.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (text.length > 64) return undefined;
  // Date.parse accepts nearly anything as a date ("1.5" is a day in January), so a date must name its weekday.
  const ms = /^\d{1,20}(\.\d{1,20})?$/.test(text)
    ? Number(text) * 1000
    : /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/i.test(text)
      ? Date.parse(text) - nowMs
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_HINT_MS, Math.max(0, Math.ceil(ms)));
}
