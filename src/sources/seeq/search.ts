/** Searching items of a Seeq server. */
import { DriverError } from '../../contract/errors.ts';
import type { Found, ItemKind, SearchKind, SearchPage, SearchQuery, SourceCall } from '../source.ts';
import { equalsClause, patternFilters, withClauses } from './filter.ts';
import { kindOf, SHOWN_PROPERTIES, toFound } from './hits.ts';
import type { components } from './seeq-api.generated.ts';
import { type Operation, type SeeqServer, shareKey } from './server.ts';

/**
 * Item types by kind. One kind a search: the server refuses some mixes. Stored and calculated ones are named instead of
 * their parent type because that is how Seeq's own client asks.
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
/** Paging by offset is stable only with an order; the id settles equal names. */
const ORDER = { name: ['Name', 'ID'], id: ['ID'], description: ['Description', 'ID'] };
/** Above this many characters a filter is sent in a body, because URLs of servers and proxies are limited. */
const LONGEST_QUERY = 1500;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const isGuid = (text: string): boolean => GUID.test(text);

/** One page of hits. */
export async function search(server: SeeqServer, query: SearchQuery, call: SourceCall): Promise<SearchPage> {
  const scope = query.workbook === undefined ? undefined : [await workbookId(server, query.workbook, call)];
  const clauses = query.datasource === undefined ? [] : await datasourceClauses(server, query.datasource, call);
  const filters = withClauses(patternFilters(query.pattern, FIELDS[query.field]), clauses);
  const answer = await searchItems(
    server,
    {
      filters,
      types: TYPES[query.kind],
      includeProperties: includedProperties(query.properties),
      orderBy: ORDER[query.orderBy],
      offset: query.offset,
      limit: query.limit,
      ...(scope === undefined ? {} : { scope }),
      ...(query.assetId === undefined ? {} : { asset: query.assetId }),
    },
    call,
    (hit) => toFound(hit, query.properties),
  );
  const found: Found[] = answer.items;
  // A server may give fewer than asked for; its own limit tells whether the page is full.
  const full = answer.items.length > 0 && answer.items.length >= Math.min(answer.limit ?? query.limit, query.limit);
  const told = answer.totalResults;
  const total = typeof told === 'number' && told >= 0 ? told : undefined;
  return { found, total, more: full && (total === undefined || query.offset + found.length < total) };
}

/** Items by id in one call; archived and unsearchable ones too. */
export async function describe(
  server: SeeqServer,
  ids: readonly string[],
  call: SourceCall,
): Promise<Map<string, Found & { kind: ItemKind }>> {
  const filters = [...ids.map((id) => `ID==${id}`), '@includeUnsearchable'];
  const query = { filters, types: [], includeProperties: ['@allProperties'], offset: 0, limit: ids.length };
  const { items } = await searchItems(server, query, call, (hit) => ({ kind: kindOf(hit.type), hit }));
  const found = new Map<string, Found & { kind: ItemKind }>();
  for (const { kind, hit } of items) {
    if (isItemKind(kind)) found.set(hit.id.toUpperCase(), { ...toFound(hit, 'all'), kind });
  }
  return found;
}

const isItemKind = (kind: string | undefined): kind is ItemKind =>
  kind === 'signal' || kind === 'scalar' || kind === 'asset' || kind === 'condition';

type Hit = components['schemas']['ItemSearchPreviewV1'];
type List = components['schemas']['ItemSearchPreviewPaginatedListV1'];

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

/** The search by GET, or by POST when the filters are long. */
async function searchItems<T>(
  server: SeeqServer,
  { orderBy, filters, ...rest }: ItemSearch,
  call: SourceCall,
  decode: (hit: Hit) => T,
) {
  // Half a surrogate pair cannot be sent; no name of the server holds one.
  const query = { ...rest, filters: filters.map((filter) => filter.toWellFormed()) };
  const long = query.filters.reduce((sum, filter) => sum + encodeURIComponent(filter).length, 0) > LONGEST_QUERY;
  const operation: Operation<List> = (client, signal) =>
    long
      ? client.POST('/items', { body: { ...query, ...(orderBy ? { orderByFields: orderBy } : {}) }, signal })
      : client.GET('/items', { params: { query: { ...query, ...(orderBy ? { orderBy } : {}) } }, signal });
  const list = await server.askFor(call, operation, toList, { share: shareKey('items', orderBy, query) });
  return { ...list, items: list.items.map(decode) };
}

const toList = (answer: List) => ({ ...answer, items: answer.items ?? [] });

function includedProperties(wanted: SearchQuery['properties']): string[] {
  return wanted === 'all' ? ['@allProperties'] : [...new Set([...SHOWN_PROPERTIES, ...(wanted ?? [])])];
}

/** A workbook by id or by exact name (ignoring case). */
export async function workbookId(server: SeeqServer, text: string, call: SourceCall): Promise<string> {
  if (isGuid(text)) return text.toUpperCase();
  const answer = await searchItems(
    server,
    { filters: [equalsClause('Name', text)], types: ['Workbook'], offset: 0, limit: 2 },
    call,
    ({ id }) => id,
  );
  return theOnly(answer.items, 'workbook', text, server.name);
}

/** Clauses for a datasource by id, by exact name or by its own datasource id. */
async function datasourceClauses(server: SeeqServer, text: string, call: SourceCall): Promise<string[]> {
  const filters = isGuid(text)
    ? [`ID==${text.toUpperCase()}`, equalsClause('Datasource ID', text)]
    : [equalsClause('Name', text), equalsClause('Datasource ID', text)];
  const includeProperties = ['Datasource Class', 'Datasource ID'];
  const answer = await searchItems(
    server,
    { filters, types: ['Datasource'], includeProperties, offset: 0, limit: 2 },
    call,
    ({ includedProperties: properties }) =>
      includeProperties.flatMap((name) => {
        const value = properties?.[name]?.value;
        return typeof value === 'string' ? [equalsClause(name, value)] : [];
      }),
  );
  const clauses = theOnly(answer.items, 'datasource', text, server.name);
  if (clauses.length === includeProperties.length) return clauses;
  // Searching without them would quietly give the hits of all datasources.
  throw new DriverError(
    'sourceError',
    `Server "${server.name}" does not tell the class and id of datasource "${text}".`,
  );
}

function theOnly<T>(items: T[], what: string, text: string, server: string): T {
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
  return first;
}
