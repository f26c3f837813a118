/** The result of polling a tag, and the fingerprint by which leases compare results. */
import { hash } from 'node:crypto';
import type { ErrorBody } from '../../contract/errors.ts';
import type { Point } from '../../contract/values.ts';

export interface PollResult {
  /** The newest value, or the error. */
  readonly content: Point | { readonly error: ErrorBody };
  /** Equal for equal contents, also in another process. */
  readonly fingerprint: string;
  /** When the poll began, in milliseconds of a monotonic clock. */
  readonly polledAt: number;
}

/** Characters of a fingerprint: 48 bits, so one change in 280 trillion is missed. */
export const FINGERPRINT_LENGTH = 8;
/** Placeholder for an item that was not sent. No fingerprint has this form. */
export const NO_FINGERPRINT = '.'.repeat(FINGERPRINT_LENGTH);

/** A change is another time, value or status. */
export function valueReading(point: Point, polledAt: number): PollResult {
  const { time, value, status, state } = point;
  return { content: point, fingerprint: fingerprintOf([time, value, status, state]), polledAt };
}

/** Repeated failures with the same code count as one: only the text may change. */
export function failedReading(error: ErrorBody, polledAt: number): PollResult {
  return { content: { error }, fingerprint: fingerprintOf(['error', error.code]), polledAt };
}

export const isFailure = ({ content }: PollResult): boolean => 'error' in content;

const fingerprintOf = (identity: unknown[]): string =>
  hash('sha256', JSON.stringify(identity), 'base64url').slice(0, FINGERPRINT_LENGTH);
