/**
 * One answer from several searches: each host and each kind is searched by itself and the hits are merged in order.
 * How far each search has been used is the position that a cursor carries.
 */
import { z } from 'zod';
import { formatFqn } from '../../contract/fqn.ts';
import type { Found, ItemKind, SearchKind, SearchPage, SearchQuery } from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Host } from '../hosts.ts';

/** Hits taken so far by search, named `<kind>:<host>`; a search that is missing has ended. */
const positionSchema = z.record(z.string(), z.number().int().min(0));

export interface PagedSearch<Kind extends SearchKind> {
  hosts: Host[];
  kinds: readonly Kind[];
  /** Everything but kind and offset. */
  query: Omit<SearchQuery, 'kind' | 'offset'>;
  cursor: string | undefined;
  /** Everything that decides what the pages hold; binds the cursor. */
  question: unknown;
  emit: (found: Found, kind: Kind, host: Host) => Promise<void> | undefined;
}

interface Stream<Kind extends SearchKind> {
  name: string;
  host: Host;
  kind: Kind;
  offset: number;
  page: SearchPage | undefined;
  taken: number;
}

/** Emits one page of merged hits and sets `total`, `cursor` and `truncated`. */
export async function searchPage<Kind extends SearchKind>(
  search: PagedSearch<Kind>,
  context: RequestContext,
): Promise<void> {
  const streams = openStreams(search);
  await Promise.all(
    search.hosts.map((host) => {
      const own = streams.filter((stream) => stream.host === host);
      return context.part({ host: host.source.name }, async () => {
        const fetched = await Promise.allSettled(own.map((stream) => fetchPage(stream, search, context)));
        for (const outcome of fetched) if (outcome.status === 'rejected') throw outcome.reason;
      });
    }),
  );
  for (let sent = 0; sent < search.query.limit; sent++) {
    // A server may give shorter pages than asked for; without its next hit the order is not known any further.
    if (streams.some(({ page, taken }) => page?.more === true && taken >= page.found.length)) break;
    const stream = lowest(streams, search.query.orderBy);
    const found = stream?.page?.found[stream.taken];
    if (!stream || !found) break;
    stream.taken++;
    await search.emit(found, stream.kind, stream.host);
  }
  conclude(streams, search, context);
}

function openStreams<Kind extends SearchKind>({ hosts, kinds, cursor, question }: PagedSearch<Kind>): Stream<Kind>[] {
  const position = cursor === undefined ? undefined : decodeCursor(cursor, question, positionSchema);
  return hosts.flatMap((host) =>
    kinds.flatMap((kind) => {
      const name = `${kind}:${host.source.name}`;
      const offset = position ? position[name] : 0;
      return offset === undefined ? [] : [{ name, host, kind, offset, page: undefined, taken: 0 }];
    }),
  );
}

async function fetchPage(
  stream: Stream<SearchKind>,
  { query }: Pick<PagedSearch<SearchKind>, 'query'>,
  context: RequestContext,
): Promise<void> {
  const { host, kind, offset } = stream;
  stream.page = await host.source.search({ ...query, kind, offset }, context.callTo(host));
}

/** The stream whose next hit comes first. The order of names within a server is the server's own. */
function lowest<Kind extends SearchKind>(
  streams: Stream<Kind>[],
  orderBy: SearchQuery['orderBy'],
): Stream<Kind> | undefined {
  let first: Stream<Kind> | undefined;
  let firstKey = '';
  for (const stream of streams) {
    const found = stream.page?.found[stream.taken];
    if (!found) continue;
    const key = (
      orderBy === 'id' ? found.id : orderBy === 'name' ? found.name : (found.description ?? '')
    ).toLowerCase();
    if (first === undefined || key < firstKey) [first, firstKey] = [stream, key];
  }
  return first;
}

function conclude(
  streams: Stream<SearchKind>[],
  search: Pick<PagedSearch<SearchKind>, 'cursor' | 'question'>,
  context: RequestContext,
): void {
  const totals = streams.map(({ page }) => page?.total);
  if (search.cursor === undefined && totals.every((total) => total !== undefined)) {
    context.meta.total = totals.reduce((sum, total) => sum + total, 0);
  }
  // A search that failed keeps its place, so the next page asks it again.
  const open = streams.filter(({ page, taken }) => page === undefined || page.more || taken < page.found.length);
  const more = open.some(({ page }) => page !== undefined);
  if (!more) return;
  context.meta.truncated = true;
  context.meta.cursor = encodeCursor(
    search.question,
    Object.fromEntries(open.map(({ name, offset, taken }) => [name, offset + taken])),
  );
}

/** What every hit shows of itself. */
export function foundItem(found: Found, kind: ItemKind, host: Host) {
  const { id, hasChildren: _, ...shown } = found;
  const { scheme, name } = host.source;
  return { fqn: formatFqn({ scheme, host: name, kind, id }), displayName: `${name}: ${found.name}`, ...shown };
}
