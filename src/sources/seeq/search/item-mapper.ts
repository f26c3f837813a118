/** Converts Seeq's items to the terms of the contract. */
import { createHash } from 'node:crypto';
import { DriverError } from '../../../contract/errors.ts';
import type { Fqn } from '../../../contract/fqn.ts';
import {
  flagIn,
  isObject,
  type JsonObject,
  objectOf,
  optionalList,
  optionalObject,
  optionalText,
  textIn,
  UnexpectedJson,
} from '../../../net/json-fields.ts';
import type { Attribute, FoundItem, UnreadableItem } from '../../source.ts';
import { guidIn, isGuid } from '../guid.ts';
import { readProperty, unitIn } from '../values.ts';

/** Properties that every search requests, since the contract includes them. */
export const SHOWN_PROPERTIES = ['Interpolation Method', 'Value Unit Of Measure'];

/** Kinds of the contract by Seeq's item types. Stored and calculated items have the same kind. */
export function kindOf(type: string): Fqn['kind'] | undefined {
  if (type.endsWith('Signal')) return 'signal';
  if (type.endsWith('Scalar')) return 'scalar';
  if (type.endsWith('Condition')) return 'condition';
  if (type === 'Asset') return 'asset';
  return undefined;
}

/** Decodes an entry of a list. An invalid one fails alone. @param server its name, for the error */
export function readEntry<T>(raw: unknown, server: string, read: (entry: JsonObject) => T): T | UnreadableItem {
  try {
    return read(objectOf(raw, 'it'));
  } catch (thrown) {
    if (thrown instanceof UnexpectedJson) return unreadable(raw, server, thrown);
    throw thrown;
  }
}

function unreadable(raw: unknown, server: string, why: UnexpectedJson): UnreadableItem {
  const { id, name, description } = isObject(raw) ? raw : {};
  const hasId = isNamedBy(raw);
  const which = hasId ? ` (id ${JSON.stringify(id)})` : typeof name === 'string' ? ` (name ${shown(name)})` : '';
  const message = `Server "${server}" gave an item that cannot be used: ${why.message}${which}.`;
  return {
    id: hasId ? (id as string) : fingerprint(raw),
    hasId,
    name: typeof name === 'string' ? name : '',
    ...(typeof description === 'string' ? { description } : {}),
    error: new DriverError('sourceError', message, { cause: why }),
  };
}

/** An id in Seeq's form is used. Anything else may be invalid. */
const isNamedBy = (raw: unknown): boolean => isObject(raw) && typeof raw.id === 'string' && isGuid(raw.id);

const shown = (text: string): string => JSON.stringify(text.slice(0, 80));

/** Equal for equal entries, so that paging recognizes them. */
function fingerprint(raw: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(raw);
  } catch {
    // Nested too deep.
    text = '';
  }
  return `unreadable-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`;
}

/** A search hit. @throws UnexpectedJson */
export function toFound(hit: JsonObject, wanted: string[] | 'all' | undefined): FoundItem {
  const properties = optionalObject(hit, 'includedProperties') ?? {};
  const found: FoundItem = {
    id: guidIn(hit),
    name: textIn(hit, 'name'),
    path: namesIn(hit, 'ancestors'),
    hasChildren: flagIn(hit, 'hasChildren'),
  };
  const description = optionalText(hit, 'description');
  if (description) found.description = description;
  const unit = optionalText(hit, 'valueUnitOfMeasure') ?? textOf(properties, 'Value Unit Of Measure');
  // For string signals Seeq sends the word "string" as the unit. A scalar without a unit may be either.
  const isText = unit === 'string';
  if (unit && !isText) found.unit = unit;
  if (isText) found.valueType = 'string';
  else if (unit || kindOf(optionalText(hit, 'type') ?? '') === 'signal') found.valueType = 'number';
  const interpolation = textOf(properties, 'Interpolation Method');
  if (interpolation) found.interpolation = interpolation;
  const datasource = optionalObject(hit, 'datasource');
  if (datasource) found.datasource = textIn(datasource, 'name');
  if (wanted !== undefined) {
    // Not by assignment, which would treat the name "__proto__" differently.
    found.properties = Object.fromEntries(
      Object.entries(properties)
        .filter(([name]) => wanted === 'all' || wanted.includes(name))
        .map(([name, property]) => {
          const { value, unit: own } = readProperty(objectOf(property, 'a member of "includedProperties"'));
          return [name, { value, ...(own === undefined ? {} : { unit: own }) }];
        }),
    );
  }
  return found;
}

/** An asset among the children of a tree node. @throws UnexpectedJson */
export function toFoundChild(child: JsonObject, path: string[]): FoundItem {
  const description = optionalText(child, 'description');
  return {
    id: guidIn(child),
    name: textIn(child, 'name'),
    path,
    hasChildren: flagIn(child, 'hasChildren'),
    ...(description ? { description } : {}),
  };
}

/** A child that is not an asset. Undefined for types that are not part of the contract. @throws UnexpectedJson */
export function toAttribute(child: JsonObject, host: string): Attribute | undefined {
  const kind = kindOf(textIn(child, 'type'));
  if (kind === undefined || kind === 'asset') return undefined;
  const { unit } = unitIn(child, 'valueUnitOfMeasure');
  const description = optionalText(child, 'description');
  return {
    name: textIn(child, 'name'),
    type: kind === 'signal' ? 'tag' : kind === 'scalar' ? 'scalar' : 'timeframes',
    fqn: { scheme: 'seeq', host, kind, id: guidIn(child) },
    ...(description ? { description } : {}),
    ...(unit === undefined ? {} : { unit }),
  };
}

/** The names of a list of items, such as the parent assets. @throws UnexpectedJson */
export function namesIn(object: JsonObject, member: string): string[] {
  return optionalList(object, member).map((item) => textIn(objectOf(item, `an entry of "${member}"`), 'name'));
}

/** The text of a property among those of a hit. @throws UnexpectedJson */
function textOf(properties: JsonObject, name: string): string | undefined {
  const property = optionalObject(properties, name);
  return property === undefined ? undefined : optionalText(property, 'value');
}
