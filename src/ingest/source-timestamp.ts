/** Timestamps from senders, and the handling of impossible ones. */
import { formatInstant, MAX_INSTANT, MIN_INSTANT, type Nanoseconds } from '../contract/time/instant.ts';
import type { Measurement } from './reading.ts';

/** Limits for an acceptable timestamp. */
export interface TimeLimits {
  /** How far a sender's clock may be ahead of the driver's, in milliseconds. */
  readonly aheadMs: number;
  /** How old a reading may be, in milliseconds. */
  readonly oldMs: number;
}

type Timed = Pick<Measurement, 'time' | 'sourceTime' | 'status' | 'reason' | 'attributes'>;

/**
 * Decides the time of a reading: the sender's timestamp if it is possible. Otherwise the arrival time, and the reading
 * is `Questionable`, with the timestamp as attribute `sourceTime`. A value is never discarded because of its time.
 */
export function settleTime(sourceTime: Nanoseconds, received: Nanoseconds, limits: TimeLimits): Timed {
  const aheadMs = Number(sourceTime - received) / 1e6;
  if (aheadMs <= limits.aheadMs && -aheadMs <= limits.oldMs) return { time: sourceTime, status: 'Good' };
  const text =
    sourceTime >= MIN_INSTANT && sourceTime <= MAX_INSTANT ? formatInstant(sourceTime) : `${sourceTime} ns after 1970`;
  return {
    time: received,
    sourceTime: text,
    status: 'Questionable',
    reason:
      aheadMs > 0
        ? `The sender's time ${text} lies in the future; the time is that of arrival.`
        : `The sender's time ${text} is too old to be true; the time is that of arrival.`,
    attributes: { sourceTime: text },
  };
}
