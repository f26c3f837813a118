/**
 * Media types, which Seeq takes seriously: 406 for an `Accept` that does not cover its own type, 415 for a
 * `Content-Type` that is not it. A missing `Accept` means anything; a missing `Content-Type` is refused only where
 * there is a body. [Inferred: the two refusals are attested, what happens without the headers is not.]
 */
import type { IncomingHttpHeaders } from 'node:http';
import { MEDIA_TYPE } from './description.ts';
import { SeeqError } from './errors.ts';

const ACCEPTABLE = [MEDIA_TYPE, 'application/*', '*/*'];

/** @throws SeeqError 406 or 415 */
export function checkMediaTypes(headers: IncomingHttpHeaders, hasBody: boolean): void {
  const { accept } = headers;
  if (accept !== undefined && !accept.split(',').some((range) => ACCEPTABLE.includes(essence(range)))) {
    throw new SeeqError(406, `Only ${MEDIA_TYPE} can be given, but Accept is '${accept}'`);
  }
  const type = headers['content-type'];
  if (type === undefined ? hasBody : essence(type) !== MEDIA_TYPE) {
    throw new SeeqError(415, `Content-Type must be ${MEDIA_TYPE}, but is '${type ?? ''}'`);
  }
}

/** Type without its parameters. */
function essence(text: string): string {
  return (text.split(';')[0] ?? '').trim().toLowerCase();
}
