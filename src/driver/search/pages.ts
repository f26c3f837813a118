/**
 * One answer from several searches: each host and each kind is searched separately, and the hits are merged in order. A
 * cursor contains the position of each search.
 */
import { z } from 'zod';
import { formatFqn } from '../../contract/fqn.ts';
import {
  type FoundItem,
  isReadable,
  isUnreadable,
  type ItemKind,
  type SearchKind,
  type SearchQuery,
  type UnreadableItem,
} from '../../sources/source.ts';
import type { AbilityName } from '../../contract/functions/general.ts';
import { checkAbilities } from '../abilities.ts';
import type { PartWork, RequestContext } from '../context.ts';
import { decodeCursor, encodeCursor } from '../cursor.ts';
import type { Host } from '../hosts.ts';
import { inParallel } from '../../lib/in-parallel.ts';
import { searchPositionSchema, SearchCursor, streamName } from './search-cursor.ts';

/** The position of each search, by its name. A missing search has ended. */
const positionSchema = z.record(z.string(), searchPositionSchema);

export interface PagedSearch<Kind extends SearchKind> {
  hosts: Host[];
  /** The abilities that a host needs. One without them fails. */
  needs: readonly AbilityName[];
  kinds: readonly Kind[];
  /** The query without kind and offset. */
  query: Omit<SearchQuery, 'kind' | 'offset'>;
  cursor: string | undefined;
  /** Everything that determines the content of the pages. The cursor is bound to it. */
  question: unknown;
  emit: (found: FoundItem, kind: Kind, host: Host) => Promise<void> | undefined;
  /**
   * For hits that need further calls: prepares the item, and resolves with a function that emits it. Replaces `emit`.
   */
  prepare?: ((found: FoundItem, host: Host) => Promise<() => Promise<void> | undefined>) | undefined;
}

/** Hits of one host whose details are requested concurrently. */
const DETAILS_AT_ONCE = 8;
/** If a host takes longer, the details of other hosts are requested first. */
const AHEAD_AFTER_MS = 250;

/** Emits one page of merged hits and sets `total`, `cursor` and `truncated`. */
export async function searchPage<Kind extends SearchKind>(
  search: PagedSearch<Kind>,
  context: RequestContext,
): Promise<void> {
  const streams = openStreams(search);
  const details = search.prepare && new Details(search.prepare);
  const parts = search.hosts.map(async (host) => {
    const own = streams.filter((stream) => stream.host === host);
    const read: PartWork = async () => {
      checkAbilities(host, search.needs);
      const fetched = await Promise.allSettled(own.map((stream) => stream.read(search.query, context)));
      for (const outcome of fetched) if (outcome.status === 'rejected') throw outcome.reason;
      const hits = own.flatMap((stream) => stream.rest(search.query.limit));
      return hits.length > 0 && hits.every(isReadable) ? 'found' : 'read';
    };
    return context.using(host, async () => {
      await context.part({ host: host.source.name }, read, host);
      details?.ready(host, () => own.flatMap((stream) => stream.rest(search.query.limit)), context);
    });
  });
  await Promise.all(parts).finally(() => {
    details?.goOn();
  });
  await emitHits(mergedHits(streams, search), search, details, context);
  conclude(streams, search, context);
}

interface Hit<Kind> {
  found: FoundItem | UnreadableItem;
  kind: Kind;
  host: Host;
}

/** The hits of the page in order. */
function mergedHits<Kind extends SearchKind>(streams: SearchCursor<Kind>[], { query }: PagedSearch<Kind>): Hit<Kind>[] {
  const hits: Hit<Kind>[] = [];
  while (hits.length < query.limit) {
    // A server may return shorter pages than requested. Without its next hit the further order is unknown.
    if (streams.some(({ isShort }) => isShort)) break;
    const stream = lowest(streams, query.orderBy);
    const found = stream?.next;
    if (!stream || !found) break;
    stream.take();
    hits.push({ found, kind: stream.kind, host: stream.host });
  }
  return hits;
}

type Prepare = NonNullable<PagedSearch<SearchKind>['prepare']>;

/**
 * Items of hits that need further calls. The hits of the page are known only when every host has been read. A slow host
 * must not use up the time of the others, so after a moment their details are requested in advance.
 */
class Details {
  readonly #prepare: Prepare;
  readonly #items = new Map<FoundItem, ReturnType<Prepare>>();
  readonly #timers: NodeJS.Timeout[] = [];
  #ahead = true;

  constructor(prepare: Prepare) {
    this.#prepare = prepare;
  }

  /** A host has been read: if others are slow, requests the details of hits that may be on the page. */
  ready(host: Host, hits: () => (FoundItem | UnreadableItem)[], context: RequestContext): void {
    const begin = (): void => {
      const work = context.using(host, () =>
        inParallel(hits(), DETAILS_AT_ONCE, async (found) => {
          if (this.#ahead && !isUnreadable(found)) await this.item(found, host);
        }),
      );
      // Its failure is handled where the item is used.
      work.catch(() => undefined);
    };
    this.#timers.push(setTimeout(begin, AHEAD_AFTER_MS));
  }

  /** All hosts have been read: from now on only hits on the page are requested. */
  goOn(): void {
    this.#ahead = false;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** The function that emits the item of a hit. */
  item(found: FoundItem, host: Host): ReturnType<Prepare> {
    let item = this.#items.get(found);
    if (item === undefined) {
      item = this.#prepare(found, host);
      this.#items.set(found, item);
    }
    return item;
  }
}

/** Details of all hosts are requested in parallel, so that a slow one does not delay the others. */
async function emitHits<Kind extends SearchKind>(
  hits: Hit<Kind>[],
  { hosts, emit }: PagedSearch<Kind>,
  details: Details | undefined,
  context: RequestContext,
): Promise<void> {
  if (!details) {
    for (const { found, kind, host } of hits) {
      if (isUnreadable(found)) await failUnreadable(found, kind, host, context);
      else await emit(found, kind, host);
    }
    return;
  }
  const all = hosts.map((host) => {
    const own = hits.filter((hit) => hit.host === host);
    return context.using(host, () =>
      inParallel(own, DETAILS_AT_ONCE, async ({ found }) => {
        if (!isUnreadable(found)) await details.item(found, host);
      }),
    );
  });
  // A failure is handled below, where the item is used.
  void Promise.allSettled(all);
  for (const { found, kind, host } of hits) {
    if (isUnreadable(found)) await failUnreadable(found, kind, host, context);
    else await (await details.item(found, host))();
  }
}

function openStreams<Kind extends SearchKind>({
  hosts,
  kinds,
  cursor,
  question,
}: PagedSearch<Kind>): SearchCursor<Kind>[] {
  const position = cursor === undefined ? undefined : decodeCursor(cursor, question, positionSchema);
  return hosts.flatMap((host) =>
    kinds.flatMap((kind) => {
      if (!position) return [new SearchCursor(host, kind)];
      const at = position[streamName(host, kind)];
      return at === undefined ? [] : [new SearchCursor(host, kind, at)];
    }),
  );
}

/** The stream with the first hit. The order of names within a server is the server's own. */
function lowest<Kind extends SearchKind>(
  streams: SearchCursor<Kind>[],
  orderBy: SearchQuery['orderBy'],
): SearchCursor<Kind> | undefined {
  let first: SearchCursor<Kind> | undefined;
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
  streams: SearchCursor<Kind>[],
  { cursor, question }: PagedSearch<Kind>,
  context: RequestContext,
): void {
  const totals = streams.map(({ total }) => total);
  if (cursor === undefined && totals.every((total) => total !== undefined)) {
    context.meta.total = totals.reduce((sum, total) => sum + total, 0);
  }
  // A failed search keeps its position, so the next page repeats it. But it alone does not cause a next page.
  const open = streams.filter(({ isOpen }) => isOpen);
  if (!open.some(({ isRead }) => isRead)) return;
  context.meta.truncated = true;
  context.meta.cursor = encodeCursor(question, Object.fromEntries(open.map(({ name, position: at }) => [name, at])));
}

/** An entry that the source wrote incorrectly fails alone. The others are returned. */
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

/** The common members of every hit. */
export function foundItem(found: FoundItem, kind: ItemKind, host: Host) {
  const { id, hasChildren: _, ...shown } = found;
  const { scheme, name } = host.source;
  return { fqn: formatFqn({ scheme, host: name, kind, id }), displayName: `${name}: ${found.name}`, ...shown };
}
