/**
 * One search on one server, page by page. Servers page by offset, and items are added or removed between two pages. So
 * each page begins a little before its position and continues after the last returned hit.
 */
import { z } from 'zod';
import type { FoundItem, SearchKind, SearchPage, SearchQuery, UnreadableItem } from '../../sources/source.ts';
import { finderOf } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import type { Host } from '../hosts.ts';

/**
 * Hits before the position that are read again: up to this many may be added or removed between two pages without loss
 * or repeat.
 */
const OVERLAP = 25;
/** Number of last hits that are kept, because the last one may be removed itself. */
const REMEMBERED = 3;

/** Position of a search: number of returned hits, and the ids of the last of them. */
export const searchPositionSchema = z.object({
  given: z.number().int().min(0),
  last: z.array(z.string()).max(REMEMBERED),
});
export type SearchPosition = z.infer<typeof searchPositionSchema>;

export class SearchCursor<Kind extends SearchKind> {
  readonly host: Host;
  readonly kind: Kind;
  #position: SearchPosition;
  #page: SearchPage | undefined;
  #next = 0;

  constructor(host: Host, kind: Kind, position: SearchPosition = { given: 0, last: [] }) {
    this.host = host;
    this.kind = kind;
    this.#position = position;
  }

  /** Its name in a cursor. */
  get name(): string {
    return streamName(this.host, this.kind);
  }

  get position(): SearchPosition {
    return this.#position;
  }

  /** Hits on all pages, if the server reports it. */
  get total(): number | undefined {
    return this.#page?.total;
  }

  /** Whether the page has been read. False if the server failed. */
  get isRead(): boolean {
    return this.#page !== undefined;
  }

  /** The next hit of the page. Undefined at its end. */
  get next(): FoundItem | UnreadableItem | undefined {
    return this.#page?.found[this.#next];
  }

  /** The next hits of the page. */
  rest(most: number): (FoundItem | UnreadableItem)[] {
    return this.#page?.found.slice(this.#next, this.#next + most) ?? [];
  }

  /** Whether there is a further hit, on this page or on the next one. A failed search is repeated. */
  get isOpen(): boolean {
    return this.#page === undefined || this.#page.more || this.next !== undefined;
  }

  /** Whether the page is used up although the server has more, so its next hit is unknown. */
  get isShort(): boolean {
    return this.#page?.more === true && this.next === undefined;
  }

  async read(query: Omit<SearchQuery, 'kind' | 'offset'>, context: RequestContext): Promise<void> {
    const position = this.#position;
    await this.#readFrom(position.last.length === 0 ? 0 : OVERLAP, query, context);
    if (!this.isShort) return;
    // A server whose pages are shorter than the overlap would return old hits indefinitely.
    this.#position = position;
    await this.#readFrom(0, query, context);
  }

  async #readFrom(before: number, query: Omit<SearchQuery, 'kind' | 'offset'>, context: RequestContext): Promise<void> {
    const { given, last } = this.#position;
    const overlap = Math.min(before, given);
    const asked = { ...query, kind: this.kind, offset: given - overlap, limit: query.limit + overlap };
    const page = await finderOf(this.host, this.kind).search(asked, context.callTo(this.host));
    this.#next = overlap === 0 ? 0 : behind(page.found, last, overlap);
    this.#position = { given: given - overlap + this.#next, last };
    this.#page = page;
  }

  /** Moves past the next hit. */
  take(): void {
    const { given, last } = this.#position;
    const id = this.next?.id;
    if (id === undefined) return;
    this.#next++;
    this.#position = { given: given + 1, last: [...last, id].slice(-REMEMBERED) };
  }
}

export const streamName = (host: Host, kind: SearchKind): string => `${kind}:${host.source.name}`;

/** Index of the first hit that was not returned yet. */
function behind(found: readonly { id: string }[], last: string[], overlap: number): number {
  // Nothing was added or removed. This also handles a server that returns several hits with one id.
  if (found[overlap - 1]?.id === last.at(-1)) return overlap;
  for (const id of last.toReversed()) {
    const at = found.findIndex((hit) => hit.id === id);
    if (at >= 0) return at + 1;
  }
  // All of them were removed, or have moved far away: the offset is the best estimate.
  return Math.min(overlap, found.length);
}
