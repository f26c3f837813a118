/** Pages of lists by offset and limit. The default limit of the lists is inferred from that of the search. */

export const DEFAULT_LIMIT = 40;

export interface PageQuery {
  readonly offset?: number | null;
  readonly limit?: number | null;
}

export interface ListPage<T> {
  readonly part: T[];
  readonly frame: { limit: number; offset: number; next?: string; prev?: string };
  readonly totalResults: number;
}

/** @param path below `/api`, for the addresses of the next and the previous page */
export function listPage<T>(all: readonly T[], query: PageQuery, path: string): ListPage<T> {
  const limit = query.limit ?? DEFAULT_LIMIT;
  const offset = query.offset ?? 0;
  const part = all.slice(offset, offset + limit);
  const address = (at: number): string => `/api${path}?offset=${at}&limit=${limit}`;
  return {
    part,
    totalResults: all.length,
    frame: {
      limit,
      offset,
      ...(offset + part.length < all.length ? { next: address(offset + limit) } : {}),
      ...(offset > 0 ? { prev: address(Math.max(0, offset - limit)) } : {}),
    },
  };
}
