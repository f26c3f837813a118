/** Limits of the read path. Exceeding one is answered with `tooLarge`, never with fewer items. */
import { DriverError } from '../../contract/errors.ts';
import { toMilliseconds } from '../../contract/time/instant.ts';
import type { TimeRange } from '../../contract/time/time.ts';

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
  /** Default and longest time budget of a request. */
  defaultTimeoutMs: number;
  maxTimeoutMs: number;
  /** Concurrent requests. */
  concurrentRequests: number;
  /** Longest lease, concurrent leases, and their total number of items. */
  maxLeaseMs: number;
  maxLeases: number;
  maxLeasedItems: number;
}

/**
 * Checks a requested number against its limit.
 * @param noun kind of the request's member
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
