/** When a call that failed is made again. Every call of a source only reads, so another try is always safe. */
import { delayMs, doubledMs, type RetryDelays } from '../lib/backoff.ts';

/**
 * Statuses that pass: a conflict and a proxy without its server (Seeq's own client tries these again), a server that is
 * busy or starting, and a request that arrived too slowly or too early. 500 is not among them: it is the server's failure
 * at this very call, and comes again.
 */
const PASSING = new Set([408, 409, 425, 429, 502, 503, 504]);

/** Short, so that a budget of some seconds holds many tries: at 40 % failures 20 tries fail once in 10^8 calls. */
const WAITS: RetryDelays = { minMs: 100, maxMs: 1000 };
/** A longer hint is none: nobody waits a year for an answer. */
const LONGEST_HINT_MS = 366 * 86_400_000;

export const isPassingStatus = (status: unknown): boolean => PASSING.has(status as number);

/**
 * The wait before the next try: what the server asks for, else a doubling time; both with jitter, so that calls that
 * failed together do not come again together.
 * @param tries made so far, from 1 on
 * @param hintMs what the server asked for
 */
export function waitMs(tries: number, hintMs: number | undefined, random: () => number): number {
  if (hintMs === undefined || hintMs === 0) return delayMs(tries - 1, WAITS, random);
  // After a hint the jitter only adds; earlier would be refused again.
  return hintMs + (random() * doubledMs(tries - 1, WAITS)) / 2;
}

/**
 * `Retry-After` in milliseconds: seconds, with a fraction although HTTP knows none, or a date. Undefined for anything
 * else; a time that is over is 0.
 */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (text.length > 64) return undefined;
  // Date.parse takes nearly anything for a date ("1.5" is a day in January), so a date has to name its weekday.
  const ms = /^\d{1,20}(\.\d{1,20})?$/.test(text)
    ? Number(text) * 1000
    : /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/i.test(text)
      ? Date.parse(text) - nowMs
      : NaN;
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_HINT_MS, Math.max(0, Math.ceil(ms)));
}
