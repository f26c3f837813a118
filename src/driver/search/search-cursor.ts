/**
 * One search on one server, page after page. Servers page by offset, and between two pages items come and go; so each
 * page begins a little before its place and goes on behind the hit that was given last.
 */
import { z } from 'zod';
import type { Found, SearchKind, SearchPage, SearchQuery, UnreadableItem } from '../../sources/source.ts';
import { finderOf } from '../abilities.ts';
import type { RequestContext } from '../context.ts';
import type { Host } from '../hosts.ts';

/** Hits before the place that are read again: so many may come or go between two pages without loss or repeat. */
const OVERLAP = 25;
/** Hits that are remembered, because the last one may be gone itself. */
const REMEMBERED = 3;

/** How far a search has been used: number of hits given, and the ids of the last of them. */
export const searchPositionSchema = z.object({
  given: z.number().int().min(0),
  last: z.array(z.string()).max(REMEMBERED),
});
export type SearchPosition = z.infer<typeof searchPositionSchema>;

export class SearchCursor<Kind extends SearchKind> {
  readonly host: Host;
  readonly kind: Kind;
  #place: SearchPosition;
  #page: SearchPage | undefined;
  #next = 0;

  constructor(host: Host, kind: Kind, place: SearchPosition = { given: 0, last: [] }) {
    this.host = host;
    this.kind = kind;
    this.#place = place;
  }

  /** Names it in a cursor. */
  get name(): string {
    return streamName(this.host, this.kind);
  }

  get place(): SearchPosition {
    return this.#place;
  }

  /** Hits on all pages, where the server tells. */
  get total(): number | undefined {
    return this.#page?.total;
  }

  /** Whether the page has been read; not so when the server failed. */
  get isRead(): boolean {
    return this.#page !== undefined;
  }

  /** The next hit of the page; undefined at its end. */
  get next(): Found | UnreadableItem | undefined {
    return this.#page?.found[this.#next];
  }

  /** The next hits of the page. */
  rest(most: number): (Found | UnreadableItem)[] {
    return this.#page?.found.slice(this.#next, this.#next + most) ?? [];
  }

  /** Whether there is a further hit, on this page or on the next one. A search that failed is asked again. */
  get isOpen(): boolean {
    return this.#page === undefined || this.#page.more || this.next !== undefined;
  }

  /** Whether the page is used up although the server has more: then its next hit is not known. */
  get isShort(): boolean {
    return this.#page?.more === true && this.next === undefined;
  }

  async read(query: Omit<SearchQuery, 'kind' | 'offset'>, context: RequestContext): Promise<void> {
    const place = this.#place;
    await this.#readFrom(place.last.length === 0 ? 0 : OVERLAP, query, context);
    if (!this.isShort) return;
    // A server whose pages are shorter than the overlap would give old hits for ever.
    this.#place = place;
    await this.#readFrom(0, query, context);
  }

  async #readFrom(before: number, query: Omit<SearchQuery, 'kind' | 'offset'>, context: RequestContext): Promise<void> {
    const { given, last } = this.#place;
    const overlap = Math.min(before, given);
    const asked = { ...query, kind: this.kind, offset: given - overlap, limit: query.limit + overlap };
    const page = await finderOf(this.host, this.kind).search(asked, context.callTo(this.host));
    this.#next = overlap === 0 ? 0 : behind(page.found, last, overlap);
    this.#place = { given: given - overlap + this.#next, last };
    this.#page = page;
  }

  /** Takes the next hit. */
  take(): void {
    const { given, last } = this.#place;
    const id = this.next?.id;
    if (id === undefined) return;
    this.#next++;
    this.#place = { given: given + 1, last: [...last, id].slice(-REMEMBERED) };
  }
}

export const streamName = (host: Host, kind: SearchKind): string => `${kind}:${host.source.name}`;

/** Where the hits begin that were not given yet. */
function behind(found: readonly { id: string }[], last: string[], overlap: number): number {
  // Nothing has come or gone: also where a server gives several hits of one id.
  if (found[overlap - 1]?.id === last.at(-1)) return overlap;
  for (const id of last.toReversed()) {
    const at = found.findIndex((hit) => hit.id === id);
    if (at >= 0) return at + 1;
  }
  // All of them are gone, or have moved far away: the offset is the best guess there is.
  return Math.min(overlap, found.length);
}
