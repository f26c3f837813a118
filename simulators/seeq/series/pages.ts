/**
 * Paging over things that are ordered by a key, without keeping them. A page never ends between two things of equal
 * key, because the token of the next page is a key; so a page can be shorter than the limit, and where more than a
 * page of things share a key, paging is impossible and refused, as Seeq does.
 */
import { createHash } from 'node:crypto';
import { SeeqError } from '../http/errors.ts';

export interface Page {
  /** Where the next page starts; undefined on the last page. Filled when the iteration is over. */
  next: bigint | undefined;
}

/** The things of one page; `page.next` is known after the last of them. */
export function* pageOf<T>(things: Iterable<T>, keyOf: (thing: T) => bigint, limit: number, page: Page): Generator<T> {
  let given = 0;
  let group: T[] = [];
  let groupKey: bigint | undefined;
  for (const thing of things) {
    const key = keyOf(thing);
    if (groupKey !== undefined && key !== groupKey) {
      yield* group;
      given += group.length;
      group = [];
    }
    groupKey = key;
    group.push(thing);
    if (given + group.length > limit) {
      if (given === 0) throw new SeeqError(400, 'Cannot paginate this window. Submit larger limit');
      page.next = groupKey;
      return;
    }
  }
  yield* group;
}

/** The things of one page by number, as releases before R63 page. */
export function* pageByOffset<T>(things: Iterable<T>, offset: number, limit: number): Generator<T> {
  let at = 0;
  for (const thing of things) {
    if (at >= offset + limit) return;
    if (at >= offset) yield thing;
    at += 1;
  }
}

/** The token of a next page; good only for the same question. */
export function encodeToken(address: string, next: bigint): string {
  return Buffer.from(`${fingerprint(address)}:${String(next)}`).toString('base64url');
}

/** @throws SeeqError 400 for a token that was not given for this question */
export function decodeToken(address: string, token: string | undefined | null): bigint | undefined {
  // Seeq's own client sends an empty token with the first page.
  if (token === undefined || token === null || token === '') return undefined;
  const match = /^([0-9a-f]{16}):(-?\d{1,25})$/.exec(Buffer.from(token, 'base64url').toString('latin1'));
  if (match?.[1] !== fingerprint(address) || match[2] === undefined) {
    throw new SeeqError(400, 'The continuation token does not belong to this request');
  }
  return BigInt(match[2]);
}

function fingerprint(address: string): string {
  return createHash('sha256').update(address).digest('hex').slice(0, 16);
}
