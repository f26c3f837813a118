/** Searching items of a Seeq server. */
import { DriverError } from '../../../contract/errors.ts';
import { trimmed } from '../../../lib/text.ts';
import {
  type JsonObject,
  listIn,
  answerOf,
  optionalCount,
  optionalObject,
  textIn,
  UnexpectedJson,
} from '../../../net/json-fields.ts';
import {
  type Described,
  isUnreadable,
  type ItemKind,
  type SearchKind,
  type SearchPage,
  type SearchQuery,
  type SourceCall,
  type UnreadableItem,
} from '../../source.ts';
import { isOversized } from '../../../net/errors.ts';
import { fittingPage } from '../../../net/page-fit.ts';
import { pageBytes } from '../connection/body-limits.ts';
import { equalsClause, patternFilters, withClauses } from './filter.ts';
import { guidIn, isGuid } from '../guid.ts';
import { kindOf, readEntry, SHOWN_PROPERTIES, toFound } from './item-mapper.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';

/**
 * Item types by kind. One kind per search: the server refuses some combinations. Stored and calculated types are listed
 * instead of their parent type, as Seeq's own client does.
 */
const TYPES: Record<SearchKind, string[]> = {
  signal: ['StoredSignal', 'CalculatedSignal'],
  scalar: ['LiteralScalar', 'CalculatedScalar'],
  asset: ['Asset'],
  condition: ['StoredCondition', 'CalculatedCondition'],
  datasource: ['Datasource'],
  workbook: ['Workbook'],
};

const FIELDS = { name: ['Name'], description: ['Description'], any: ['Name', 'Description'] } as const;
/** Paging by offset is stable only with an order. The id orders equal names. */
const ORDER = { name: ['Name', 'ID'], id: ['ID'], description: ['Description', 'ID'] };
/** Beyond this many characters a filter is sent in a body, because servers and proxies limit URLs. */
const LONGEST_QUERY = 1500;
/** Most items described in one call. */
const IDS_AT_ONCE = 500;

/** One page of hits. */
export async function search(server: SeeqServer, query: SearchQuery, call: SourceCall): Promise<SearchPage> {
  const scope = query.workbook === undefined ? undefined : [await workbookId(server, query.workbook, call)];
  const clauses = query.datasource === undefined ? [] : await datasourceClauses(server, query.datasource, call);
  const filters = withClauses(patternFilters(query.pattern, FIELDS[query.field]), clauses);
  const wanted = {
    filters,
    types: TYPES[query.kind],
    includeProperties: includedProperties(query.properties),
    orderBy: ORDER[query.orderBy],
    offset: query.offset,
    ...(scope === undefined ? {} : { scope }),
    ...(query.assetId === undefined ? {} : { asset: query.assetId }),
  };
  const { answer, asked } = await fittingPage(query.limit, (limit) =>
    searchItems(server, { ...wanted, limit }, call, (hit) => toFound(hit, query.properties)),
  );
  const { items: found, total } = answer;
  // A server may return fewer than requested. Its own limit shows whether the page is full.
  const full = found.length > 0 && found.length >= Math.min(answer.limit ?? asked, asked);
  return { found, total, more: full && (total === undefined || query.offset + found.length < total) };
}

/** Items by id, including archived and unsearchable ones. Unreadable ones are marked as such. */
export async function describe(
  server: SeeqServer,
  ids: readonly string[],
  call: SourceCall,
): Promise<Map<string, Described | UnreadableItem>> {
  if (ids.length > IDS_AT_ONCE) return describeHalves(server, ids, call);
  try {
    return await describePage(server, ids, call);
  } catch (error) {
    // Each item has all of its properties, and some have very many.
    if (!isOversized(error) || ids.length < 2) throw error;
    return describeHalves(server, ids, call);
  }
}

async function describeHalves(server: SeeqServer, ids: readonly string[], call: SourceCall) {
  const half = ids.length >> 1;
  const parts = await Promise.all([ids.slice(0, half), ids.slice(half)].map((part) => describe(server, part, call)));
  return new Map(parts.flatMap((part) => [...part]));
}

async function describePage(
  server: SeeqServer,
  ids: readonly string[],
  call: SourceCall,
): Promise<Map<string, Described | UnreadableItem>> {
  const filters = [...ids.map((id) => `ID==${id}`), '@includeUnsearchable'];
  const query = { filters, types: [], includeProperties: ['@allProperties'], offset: 0, limit: ids.length };
  const { items } = await searchItems(server, query, call, (hit) => ({
    kind: kindOf(textIn(hit, 'type')),
    ...toFound(hit, 'all'),
  }));
  const found = new Map<string, Described | UnreadableItem>();
  for (const item of items) {
    if (isUnreadable(item) || isDescribed(item)) found.set(item.id.toUpperCase(), item);
  }
  // An entry without an id may be any of the missing ones.
  const nameless = items.filter(isUnreadable).find(({ hasId }) => !hasId);
  if (nameless !== undefined) for (const id of ids) if (!found.has(id)) found.set(id, nameless);
  return found;
}

const isDescribed = <T extends { kind: string | undefined }>(item: T): item is T & { kind: ItemKind } =>
  ['signal', 'scalar', 'asset', 'condition'].includes(item.kind ?? '');

interface ItemSearch {
  filters: string[];
  types: string[];
  includeProperties?: string[];
  orderBy?: string[];
  scope?: string[];
  asset?: string;
  offset: number;
  limit: number;
}

/** Searches with GET, or with POST if the filters are long. */
async function searchItems<T>(
  server: SeeqServer,
  { orderBy, filters, ...rest }: ItemSearch,
  call: SourceCall,
  decode: (hit: JsonObject) => T,
): Promise<ItemList<T | UnreadableItem>> {
  // An unpaired surrogate cannot be sent. No name of the server contains one.
  const query = { ...rest, filters: filters.map((filter) => filter.toWellFormed()) };
  const long = query.filters.reduce((sum, filter) => sum + encodeURIComponent(filter).length, 0) > LONGEST_QUERY;
  const operation: Operation<unknown> = (client, signal) =>
    long
      ? client.POST('/items', { body: { ...query, ...(orderBy ? { orderByFields: orderBy } : {}) }, signal })
      : client.GET('/items', { params: { query: { ...query, ...(orderBy ? { orderBy } : {}) } }, signal });
  const limitBytes = pageBytes('hit', query.limit);
  const list = await server.askFor(call, operation, toList, { share: shareKey('items', orderBy, query), limitBytes });
  return { ...list, items: list.items.map((item) => readEntry(item, server.name, decode)) };
}

interface ItemList<T> {
  items: T[];
  /** Hits on all pages, if the server reports it. */
  total: number | undefined;
  /** The server's page limit. 0 if it is unreadable, so that every page may be full. */
  limit: number | undefined;
}

function toList(body: unknown): ItemList<unknown> {
  const answer = answerOf(body);
  return {
    items: [...listIn(answer, 'items')],
    total: tolerated(() => optionalCount(answer, 'totalResults'), undefined),
    limit: tolerated(() => optionalCount(answer, 'limit'), 0),
  };
}

/** The default for an invalid member. Not for displayed members. */
function tolerated<T>(read: () => T, instead: T): T {
  try {
    return read();
  } catch (thrown) {
    if (thrown instanceof UnexpectedJson) return instead;
    throw thrown;
  }
}

function includedProperties(wanted: SearchQuery['properties']): string[] {
  return wanted === 'all' ? ['@allProperties'] : [...new Set([...SHOWN_PROPERTIES, ...(wanted ?? [])])];
}

/** A workbook by id or by exact name (ignoring case). */
export async function workbookId(server: SeeqServer, given: string, call: SourceCall): Promise<string> {
  const text = trimmed(given);
  if (isGuid(text)) return text.toUpperCase();
  const answer = await searchItems(
    server,
    { filters: [equalsClause('Name', text)], types: ['Workbook'], offset: 0, limit: 2 },
    call,
    (hit) => ({ id: guidIn(hit) }),
  );
  return theOnly(answer.items, 'workbook', text, server.name).id;
}

/** Clauses for a datasource by id, by exact name or by its own datasource id. */
async function datasourceClauses(server: SeeqServer, given: string, call: SourceCall): Promise<string[]> {
  const text = trimmed(given);
  const filters = isGuid(text)
    ? [`ID==${text.toUpperCase()}`, equalsClause('Datasource ID', text)]
    : [equalsClause('Name', text), equalsClause('Datasource ID', text)];
  const includeProperties = ['Datasource Class', 'Datasource ID'];
  const answer = await searchItems(
    server,
    { filters, types: ['Datasource'], includeProperties, offset: 0, limit: 2 },
    call,
    (hit) => ({
      clauses: includeProperties.flatMap((name) => {
        const value = optionalObject(optionalObject(hit, 'includedProperties') ?? {}, name)?.value;
        return typeof value === 'string' ? [equalsClause(name, value)] : [];
      }),
    }),
  );
  const { clauses } = theOnly(answer.items, 'datasource', text, server.name);
  if (clauses.length === includeProperties.length) return clauses;
  // A search without them would silently return the hits of all datasources.
  throw new DriverError(
    'sourceError',
    `Server "${server.name}" does not report the class and id of datasource "${text}".`,
  );
}

function theOnly<T extends object>(items: (T | UnreadableItem)[], what: string, text: string, server: string): T {
  const [first, second] = items;
  if (first === undefined) {
    throw new DriverError('notFound', `Server "${server}" has no ${what} ${JSON.stringify(text)}.`, {
      details: { field: what },
    });
  }
  if (second !== undefined) {
    throw new DriverError(
      'badRequest',
      `Server "${server}" has several ${what}s ${JSON.stringify(text)}; give the id.`,
      {
        details: { field: what },
      },
    );
  }
  if (isUnreadable(first)) throw first.error;
  return first;
}
