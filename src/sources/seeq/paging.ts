/** Pages that are linked by continuation tokens. */
import { DriverError, toDriverError } from '../../contract/errors.ts';

/**
 * A page that gives the token with which it was asked for, and nothing beyond the page before, would be asked for again
 * and again for as long as the request has time.
 * @param asked the token with which the page was asked for
 * @param given the token of the next page
 * @throws DriverError `sourceError`
 */
export function mustLeadOn(server: string, asked: string | undefined, given: string | undefined, leads: boolean): void {
  if (leads || given === undefined || given !== asked) return;
  throw new DriverError('sourceError', `Server "${server}" gives the same page again and again.`);
}

/** Whether the server refused a call as it was made. */
export const isRefused = (thrown: unknown): boolean => toDriverError(thrown).details?.status === 400;

/** Seeq's refusal of a page that cannot hold all entries with an equal key: "Cannot paginate this window". */
export const isTooFewForEqual = (thrown: unknown): boolean =>
  isRefused(thrown) && toDriverError(thrown).message.toLowerCase().includes('paginate');
