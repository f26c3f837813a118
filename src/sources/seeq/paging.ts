/** Pages that are linked by continuation tokens. */
import { DriverError, toDriverError } from '../../contract/errors.ts';

/**
 * Detects an endless sequence of pages: a page with the same token as its request, and without new entries, would be
 * requested until the time budget ends.
 * @param asked the token of the request
 * @param given the token of the next page
 * @throws DriverError `sourceError`
 */
export function mustLeadOn(server: string, asked: string | undefined, given: string | undefined, leads: boolean): void {
  if (leads || given === undefined || given !== asked) return;
  throw new DriverError('sourceError', `Server "${server}" gives the same page again and again.`);
}

/** Whether the server rejected a call as invalid. */
export const isRefused = (thrown: unknown): boolean => toDriverError(thrown).details?.status === 400;

/** Seeq's refusal of a page that cannot contain all entries with an equal key: "Cannot paginate this window". */
export const isTooFewForEqual = (thrown: unknown): boolean =>
  isRefused(thrown) && toDriverError(thrown).message.toLowerCase().includes('paginate');
