/** Limits of the read path. Exceeding one is answered with `tooLarge`, never by quietly giving less. */
import { DriverError } from '../../contract/errors.ts';
import { toMilliseconds } from '../../contract/instant.ts';
import type { TimeRange } from '../../contract/time.ts';

export interface DriverLimits {
  /** FQNs in one request. */
  itemsPerRequest: number;
  /** Samples of one item in one answer. */
  samplesPerItem: number;
  /** Recorded samples of one item that `plotted` reads itself. */
  plottedRawSamples: number;
  /** Length of a range. */
  rangeDays: number;
  /** Highest `limit` of a search. */
  searchLimit: number;
  /** Bytes of a request. */
  requestBytes: number;
  /** Time budget of a request that names none, and the longest that one may name. */
  defaultTimeoutMs: number;
  maxTimeoutMs: number;
  /** Requests in work at once. */
  concurrentRequests: number;
  /** Longest lease, leases at once, and items of all of them together. */
  maxLeaseMs: number;
  maxLeases: number;
  maxLeasedItems: number;
}

/**
 * Checks what a parameter asks for.
 * @param noun what the member of the request is
 * @throws DriverError `tooLarge` that names the limit
 */
export function checkLimit(field: string, asked: number, limit: number, unit: string, noun = 'Parameter'): void {
  if (asked <= limit) return;
  throw new DriverError(
    'tooLarge',
    `${noun} "${field}" asks for ${asked} ${unit}, more than the ${limit} that one request may ask for.`,
    { details: { field, limit } },
  );
}

/** @throws DriverError `tooLarge` */
export function checkRange({ start, end }: TimeRange, limits: DriverLimits): void {
  const days = (toMilliseconds(end) - toMilliseconds(start)) / 86_400_000;
  checkLimit('end', Math.ceil(days), limits.rangeDays, 'days');
}
