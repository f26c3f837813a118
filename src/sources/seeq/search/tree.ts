/** Assets, their children and their properties. */
import { asSentence } from '../../../lib/wording/phrases.ts';
import { didYouMean } from '../../../lib/wording/suggest.ts';
import { DriverError } from '../../../contract/errors.ts';
import type { Fqn } from '../../../contract/fqn.ts';
import {
  flagIn,
  isObject,
  type JsonObject,
  listIn,
  answerOf,
  optionalCount,
  optionalList,
  optionalObject,
  textIn,
  UnexpectedJson,
} from '../../../net/json-fields.ts';
import {
  type Attribute,
  type Children,
  isReadable,
  isUnreadable,
  type ItemProperties,
  type PropertyValue,
  type SourceCall,
} from '../../source.ts';
import { fittingPage } from '../../../net/page-fit.ts';
import { pageBytes } from '../connection/body-limits.ts';
import { kindOf, namesIn, readEntry, toAttribute, toFoundChild } from './item-mapper.ts';
import { type Operation, type SeeqServer, shareKey } from '../connection/server.ts';
import { readProperty } from '../values.ts';

const PAGE = 1000;

/**
 * All children of an asset, or the roots of all trees.
 * @param scope id of a workbook: only items that are scoped to it or to none
 */
export async function children(
  server: SeeqServer,
  assetId: string | undefined,
  call: SourceCall,
  scope?: string,
): Promise<Children> {
  const all: Children = { assets: [], attributes: [] };
  let begin: string | undefined;
  let size = PAGE;
  for (let offset = 0; ;) {
    const at = offset;
    const scoped = scope === undefined ? {} : { scope: [scope] };
    const ask = (limit: number) => treePage(server, assetId, { offset: at, limit, ...scoped }, call);
    const { answer: page, asked } = await fittingPage(size, ask);
    size = asked;
    // A server that does not support offsets returns its first page repeatedly.
    if (page.begin !== undefined && page.begin === begin) {
      throw new DriverError('sourceError', `Server "${server.name}" gives the same page of children again and again.`);
    }
    begin = page.begin;
    all.assets.push(...page.assets);
    all.attributes.push(...page.attributes);
    if (!page.full) return all;
    offset += page.count;
  }
}

/** Name and properties of any item. */
export async function properties(server: SeeqServer, id: string, call: SourceCall): Promise<ItemProperties> {
  return server.askFor(
    call,
    (client, signal) => client.GET('/items/{id}', { params: { path: { id } }, signal }),
    (body: unknown) => decodeItem(body, server.name),
    { share: shareKey('item', id) },
  );
}

function decodeItem(body: unknown, server: string): ItemProperties {
  const item = answerOf(body);
  const properties: PropertyValue[] = [];
  const unreadable: DriverError[] = [];
  for (const entry of listIn(item, 'properties')) {
    const property = readEntry(entry, server, toPropertyValue);
    if (isUnreadable(property)) unreadable.push(property.error);
    else properties.push(property);
  }
  return { name: textIn(item, 'name'), properties, ...(unreadable.length === 0 ? {} : { unreadable }) };
}

/** The item that an attribute of an asset refers to, found by its name. */
export async function resolveAttribute(server: SeeqServer, fqn: Fqn, call: SourceCall): Promise<Attribute> {
  const name = fqn.part?.name ?? '';
  const { attributes } = await children(server, fqn.id, call);
  const [first, second] = attributes.filter((attribute) => attribute.name === name);
  if (first === undefined) {
    // The requested attribute may be among the unreadable ones.
    const nameless = attributes.filter(isUnreadable).find((attribute) => attribute.name === '');
    if (nameless !== undefined) throw nameless.error;
    const known = attributes.filter(isReadable).map((attribute) => attribute.name);
    const text = `The asset has no attribute ${JSON.stringify(name)} on server "${server.name}"${didYouMean(name, known)}`;
    throw new DriverError('notFound', asSentence(text));
  }
  if (second !== undefined) {
    throw new DriverError(
      'badRequest',
      `The asset has several attributes ${JSON.stringify(name)} on server "${server.name}"; ` +
        'use the FQN of the item that you mean.',
    );
  }
  if (isUnreadable(first)) throw first.error;
  return first;
}

/**
 * A property in the answer of `/items`. Its value is always text there. A numeric text with a unit is converted back to
 * a number.
 */
function toPropertyValue(property: JsonObject): PropertyValue {
  const read = readProperty(property);
  const { value, unit } = read;
  const number = typeof value === 'string' && /^-?\d/.test(value) ? Number(value) : NaN;
  return {
    ...read,
    name: textIn(property, 'name'),
    value: unit !== undefined && Number.isFinite(number) ? number : value,
  };
}

interface TreeQuery {
  offset: number;
  limit: number;
  scope?: string[];
}

function treePage(server: SeeqServer, id: string | undefined, query: TreeQuery, call: SourceCall) {
  const operation: Operation<unknown> = (client, signal) =>
    id === undefined
      ? client.GET('/trees/assets', { params: { query }, signal })
      : client.GET('/trees/assets/{id}', { params: { path: { id }, query }, signal });
  return server.askFor(call, operation, (tree) => decodeTree(tree, server.name, query.limit), {
    share: shareKey('tree', id, query),
    limitBytes: pageBytes('child', query.limit),
  });
}

/** The children on one page. `full` means that more may follow. */
function decodeTree(body: unknown, host: string, asked: number) {
  const tree = answerOf(body);
  const parent = optionalObject(tree, 'item');
  // A node without children may omit the list. An answer without a node must contain it.
  const items = parent === undefined ? listIn(tree, 'children') : optionalList(tree, 'children');
  const path = parent ? [...namesIn(parent, 'ancestors'), textIn(parent, 'name')] : [];
  const page: Children = { assets: [], attributes: [] };
  for (const item of items) {
    const child = readEntry(item, host, (entry) => readChild(entry, path, host));
    if (child === undefined) continue;
    if (isUnreadable(child)) (isAttribute(item) ? page.attributes : page.assets).push(child);
    else if ('fqn' in child) page.attributes.push(child);
    else page.assets.push(child);
  }
  const [first] = items;
  const begin = isObject(first) && typeof first.id === 'string' ? first.id : undefined;
  return { ...page, begin, full: isFull(tree, items.length, asked), count: items.length };
}

/** A page is full at the server's limit. If that is unreadable, every page may be full. */
function isFull(tree: JsonObject, count: number, asked: number): boolean {
  if (count === 0) return false;
  try {
    return count >= Math.min(asked, optionalCount(tree, 'limit') ?? asked);
  } catch (thrown) {
    if (thrown instanceof UnexpectedJson) return true;
    throw thrown;
  }
}

function readChild(item: JsonObject, path: string[], host: string) {
  if (flagIn(item, 'isArchived')) return undefined;
  return textIn(item, 'type') === 'Asset' ? toFoundChild(item, path) : toAttribute(item, host);
}

/** Whether an unreadable child is not an asset. */
function isAttribute(item: unknown): boolean {
  const kind = isObject(item) && typeof item.type === 'string' ? kindOf(item.type) : undefined;
  return kind !== undefined && kind !== 'asset';
}
