/**
 * One answer from several searches: each host and each kind is searched by itself and the hits are merged in order.
 * How far each search has been used is the position that a cursor carries.
 */
import { z } from 'zod';
import { formatFqn } from '../../contract/fqn.ts';
import {
  type Found,
  isUnreadable,
  type ItemKind,
  type SearchKind,
  type SearchQuery,
  type UnreadableItem,
} from '../../sources/source.ts';
import type { RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Host } from '../hosts.ts';
import { placeSchema, SearchStream, streamName } from './stream.ts';

/** How far each search has been used, by its name; a search that is missing has ended. */
const positionSchema = z.record(z.string(), placeSchema);

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
        const fetched = await Promise.allSettled(own.map((stream) => stream.read(search.query, context)));
        for (const outcome of fetched) if (outcome.status === 'rejected') throw outcome.reason;
      });
    }),
  );
  for (let sent = 0; sent < search.query.limit; sent++) {
    // A server may give shorter pages than asked for; without its next hit the order is not known any further.
    if (streams.some(({ isShort }) => isShort)) break;
    const stream = lowest(streams, search.query.orderBy);
    const found = stream?.next;
    if (!stream || !found) break;
    stream.take();
    if (isUnreadable(found)) await failUnreadable(found, stream.kind, stream.host, context);
    else await search.emit(found, stream.kind, stream.host);
  }
  conclude(streams, search, context);
}

function openStreams<Kind extends SearchKind>({
  hosts,
  kinds,
  cursor,
  question,
}: PagedSearch<Kind>): SearchStream<Kind>[] {
  const position = cursor === undefined ? undefined : decodeCursor(cursor, question, positionSchema);
  return hosts.flatMap((host) =>
    kinds.flatMap((kind) => {
      if (!position) return [new SearchStream(host, kind)];
      const place = position[streamName(host, kind)];
      return place === undefined ? [] : [new SearchStream(host, kind, place)];
    }),
  );
}

/** The stream whose next hit comes first. The order of names within a server is the server's own. */
function lowest<Kind extends SearchKind>(
  streams: SearchStream<Kind>[],
  orderBy: SearchQuery['orderBy'],
): SearchStream<Kind> | undefined {
  let first: SearchStream<Kind> | undefined;
  let firstKey = '';
  for (const stream of streams) {
    const found = stream.next;
    if (!found) continue;
    const key = (
      orderBy === 'id' ? found.id : orderBy === 'name' ? found.name : (found.description ?? '')
    ).toLowerCase();
    if (first === undefined || key < firstKey) [first, firstKey] = [stream, key];
  }
  return first;
}

function conclude<Kind extends SearchKind>(
  streams: SearchStream<Kind>[],
  { cursor, question }: PagedSearch<Kind>,
  context: RequestContext,
): void {
  const totals = streams.map(({ total }) => total);
  if (cursor === undefined && totals.every((total) => total !== undefined)) {
    context.meta.total = totals.reduce((sum, total) => sum + total, 0);
  }
  // A search that failed keeps its place, so the next page asks it again; but for it alone there is no next page.
  const open = streams.filter(({ isOpen }) => isOpen);
  if (!open.some(({ isRead }) => isRead)) return;
  context.meta.truncated = true;
  context.meta.cursor = encodeCursor(question, Object.fromEntries(open.map(({ name, place }) => [name, place])));
}

/** An entry that the source wrote wrongly fails alone: the others are given. */
export function failUnreadable(
  { id, hasId, error }: UnreadableItem,
  kind: SearchKind | undefined,
  host: Host,
  context: RequestContext,
): Promise<void> {
  const { scheme, name } = host.source;
  const isItem = kind !== undefined && kind !== 'datasource' && kind !== 'workbook';
  const fqn = hasId && isItem ? { fqn: formatFqn({ scheme, host: name, kind, id }) } : {};
  return context.part({ host: name, ...fqn }, () => Promise.reject(error));
}

/** What every hit shows of itself. */
export function foundItem(found: Found, kind: ItemKind, host: Host) {
  const { id, hasChildren: _, ...shown } = found;
  const { scheme, name } = host.source;
  return { fqn: formatFqn({ scheme, host: name, kind, id }), displayName: `${name}: ${found.name}`, ...shown };
}
