/**
 * Writes an OpenAPI description in the notation of `declared-names.json`, name by name, so that the two can be compared
 * as plain text. Whatever the notation has no word for appears in brackets, so that nothing passes unseen.
 */

/** Two levels of text: by operation or model, then by `call`, `query limit`, `answer`, or the name of a field. */
export interface Names {
  readonly mediaType: string;
  readonly operations: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly models: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

export interface Schema {
  $ref?: string;
  type?: string | string[];
  oneOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  description?: string;
  format?: string;
  [keyword: string]: unknown;
}

export interface Parameter {
  name: string;
  in: string;
  required?: boolean;
  style?: string;
  explode?: boolean;
  schema: Schema;
  description?: string;
  [keyword: string]: unknown;
}

type Content = Record<string, { schema: Schema }>;

export interface Operation {
  operationId: string;
  tags: string[];
  deprecated?: boolean;
  parameters?: Parameter[];
  requestBody?: { required?: boolean; content: Content };
  responses: Record<string, { $ref?: string; content?: Content }>;
}

export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema>; responses: Record<string, { content: Content }> };
}

/** Every operation and model of a description in the notation. */
export function namesOf(description: Description, mediaType: string): Names {
  const operations: Record<string, Record<string, string>> = {};
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations[operation.operationId] = {
        call: `${method.toUpperCase()} ${path}`,
        ...operationOf(operation, description, mediaType),
      };
    }
  }
  const models = Object.fromEntries(
    Object.entries(description.components.schemas).map(([name, schema]) => [name, fieldsOf(schema)]),
  );
  return { mediaType, operations, models };
}

function operationOf(operation: Operation, description: Description, mediaType: string): Record<string, string> {
  const names: Record<string, string> = { tag: operation.tags.join(' ') };
  if (operation.deprecated === true) names.deprecated = 'yes';
  for (const parameter of operation.parameters ?? []) names[`${parameter.in} ${parameter.name}`] = wordOf(parameter);
  if (operation.requestBody !== undefined) {
    const { required, content } = operation.requestBody;
    names.body = contentOf(content, mediaType) + (required === true ? '*' : '');
  }
  for (const [status, { $ref, content }] of Object.entries(operation.responses)) {
    const shared = $ref === undefined ? content : description.components.responses[lastPart($ref)]?.content;
    const key = status === '200' ? 'answer' : status === 'default' ? 'refusal' : `answer ${status}`;
    names[key] = contentOf(shared, mediaType);
  }
  return names;
}

/** The type under the media type of the API; another media type beside it or instead of it is named. */
function contentOf(content: Content | undefined, mediaType: string): string {
  if (content === undefined) return 'none';
  return Object.entries(content)
    .map(([type, { schema }]) => typeOf(schema) + (type === mediaType ? '' : ` as ${type}`))
    .join(' or ');
}

function wordOf(parameter: Parameter): string {
  const { name: _name, in: _in, description: _text, deprecated: _old, ...rest } = parameter;
  const { required, style = 'form', explode = true, schema, ...others } = rest;
  const list = schema.type === 'array';
  const repeat = !list ? '' : style === 'form' && explode ? ' repeat' : ` (${style}, explode ${explode})`;
  const nullable = isNullable(schema) ? ' or null' : '';
  return `${typeOf(schema)}${repeat}${required === true ? '*' : ''}${nullable}${bracketsOf({ ...keywordsOf(schema), ...others })}`;
}

function fieldsOf(model: Schema): Record<string, string> {
  const { type, properties = {}, required = [], description: _text, ...others } = model;
  const fields = Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => [name, fieldOf(schema, required.includes(name))]),
  );
  for (const name of required) fields[name] ??= '(required but not described)';
  const rest = bracketsOf({ ...(type === 'object' ? {} : { type }), ...others });
  return rest === '' ? fields : { ...fields, '(model)': rest.trim() };
}

/** A field that may be absent may be null too, and the other way round; where they differ, it is said. */
function fieldOf(schema: Schema, required: boolean): string {
  const nullable = isNullable(schema);
  // Anything includes null, which no type can exclude.
  const anything = Object.keys(keywordsOf(schema)).length === 0 && typeOf(schema) === 'object';
  const odd = anything || nullable !== required ? '' : nullable ? ' or null' : ' not null';
  const { 'x-default': fallback, ...others } = keywordsOf(schema);
  const value = fallback === undefined ? '' : ` = ${JSON.stringify(fallback)}`;
  return `${typeOf(schema)}${required ? '*' : ''}${odd}${value}${bracketsOf(others)}`;
}

const PYTHON: Readonly<Record<string, string>> = { string: 'str', integer: 'int', number: 'float', boolean: 'bool' };

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return lastPart(schema.$ref);
  if (schema.oneOf !== undefined)
    return schema.oneOf
      .filter((part) => part.type !== 'null')
      .map(typeOf)
      .join('|');
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  if (types.length === 0) return 'object';
  return types.map((type) => namedType(type, schema)).join('|');
}

function namedType(type: string, { items, properties, additionalProperties }: Schema): string {
  if (type === 'array') return `list[${typeOf(items ?? {})}]`;
  if (type === 'object' && properties !== undefined) {
    const members = Object.entries(properties).map(([name, schema]) => `${name}: ${typeOf(schema)}`);
    return `dict(${members.join(', ')})`;
  }
  if (type === 'object' && typeof additionalProperties === 'object')
    return `dict(str, ${typeOf(additionalProperties)})`;
  return PYTHON[type] ?? type;
}

function isNullable(schema: Schema): boolean {
  return [schema.type ?? []].flat().includes('null') || (schema.oneOf ?? []).some(isNullable);
}

/** What a schema says beyond its type. Sizes of whole numbers are no more than a hint in OpenAPI, so they are left out. */
function keywordsOf(schema: Schema): Record<string, unknown> {
  const { $ref: _ref, type: _type, oneOf: _oneOf, items, description: _text, format, ...others } = schema;
  const { additionalProperties, properties: _members, ...rest } = others;
  const inner = items === undefined ? {} : keywordsOf(items);
  return {
    ...rest,
    ...(additionalProperties === false ? { additionalProperties } : {}),
    ...(format === undefined || format === 'int32' || format === 'int64' ? {} : { format }),
    ...(Object.keys(inner).length === 0 ? {} : { items: inner }),
  };
}

function bracketsOf(keywords: Readonly<Record<string, unknown>>): string {
  const said = Object.entries(keywords).map(([keyword, value]) =>
    typeof value === 'string' || typeof value === 'number'
      ? `${keyword} ${value}`
      : `${keyword} ${JSON.stringify(value)}`,
  );
  return said.length === 0 ? '' : ` (${said.join(', ')})`;
}

function lastPart(reference: string): string {
  return reference.slice(reference.lastIndexOf('/') + 1);
}
