/** What a poll found out about a tag, and the mark by which leases recognise it again. */
import { hash } from 'node:crypto';
import type { ErrorBody } from '../../contract/errors.ts';
import type { Point } from '../../contract/values.ts';

export interface PollResult {
  /** The newest value, or why there is none. */
  readonly content: Point | { readonly error: ErrorBody };
  /** Equal for equal contents, also in another process. */
  readonly mark: string;
  /** When the poll began; milliseconds of a clock that only runs forward. */
  readonly polledAt: number;
}

/** Characters of a mark: 48 bits, so that one change in 280 billions is taken for none. */
export const MARK_LENGTH = 8;
/** Stands where nothing has been sent; no mark has this form. */
export const NO_MARK = '.'.repeat(MARK_LENGTH);

/** A change is another time, value or status. */
export function valueReading(point: Point, polledAt: number): PollResult {
  const { time, value, status, state } = point;
  return { content: point, mark: markOf([time, value, status, state]), polledAt };
}

/** An item fails once, however often its poll fails in the same way: the text may change, the code counts. */
export function failedReading(error: ErrorBody, polledAt: number): PollResult {
  return { content: { error }, mark: markOf(['error', error.code]), polledAt };
}

export const isFailure = ({ content }: PollResult): boolean => 'error' in content;

const markOf = (identity: unknown[]): string =>
  hash('sha256', JSON.stringify(identity), 'base64url').slice(0, MARK_LENGTH);
