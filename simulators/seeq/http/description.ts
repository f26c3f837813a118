/**
 * The API description (`openapi/seeq.yaml`, as JSON) put to work: finds the operation of a request, turns the text of path and
 * query into typed values, and checks parameters, bodies and answers against it.
 */
import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { operations } from '../../../src/sources/seeq/seeq-api.generated.ts';
import { SeeqError } from './errors.ts';

export const MEDIA_TYPE = 'application/vnd.seeq.v1+json';

export type OperationId = keyof operations;

/** As much of a JSON Schema as the description uses. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  /** On a member: the releases that have it. */
  readonly 'x-releases'?: string;
}

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly required?: boolean;
  readonly schema: Schema;
  readonly 'x-releases'?: string;
}

interface DescribedOperation {
  readonly operationId: OperationId;
  readonly security?: readonly object[];
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Schema }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: Schema }> }>;
}

interface Document {
  readonly paths: Record<string, Record<string, DescribedOperation>>;
  readonly components: { readonly schemas: Record<string, Schema> };
}

export interface Operation {
  readonly id: OperationId;
  readonly method: string;
  readonly segments: readonly string[];
  /** One digit a segment: 1 where it is fixed; the greater wins where two paths fit. */
  readonly rank: string;
  /** Answered without a session. */
  readonly open: boolean;
  readonly parameters: readonly Parameter[];
  /** Schema of the body of a successful answer; none where the answer is empty. */
  readonly answer?: Schema;
  readonly body?: Schema;
}

const document = JSON.parse(
  readFileSync(new URL('../../../openapi/seeq.generated.json', import.meta.url), 'utf8'),
) as Document;

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
ajv.addFormat('int32', { type: 'number', validate: (n: number) => Math.abs(n) <= 0x7fff_ffff });
ajv.addFormat('int64', true);
ajv.addSchema({ ...document, $id: 'seeq' });

/** All operations of the description. */
export const OPERATIONS: readonly Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]): Operation => {
    const answer = described.responses['200']?.content?.[MEDIA_TYPE]?.schema;
    const body = described.requestBody?.content[MEDIA_TYPE]?.schema;
    return {
      id: described.operationId,
      method: method.toUpperCase(),
      segments: path.slice(1).split('/'),
      rank: path
        .slice(1)
        .split('/')
        .map((part) => (part.startsWith('{') ? '0' : '1'))
        .join(''),
      open: described.security?.length === 0,
      parameters: described.parameters ?? [],
      ...(answer === undefined ? {} : { answer }),
      ...(body === undefined ? {} : { body }),
    };
  }),
);

/** The schema of a model by its name. */
export function schemaOf(reference: string): Schema {
  return document.components.schemas[reference.slice('#/components/schemas/'.length)] ?? {};
}

/**
 * The operation for a method and the still encoded segments of a path below `/api`. A fixed segment wins over a
 * parameter, from the left.
 * @throws SeeqError 404 for a path, 405 for a method that does not exist, 400 for a segment that cannot be decoded
 */
export function matchOperation(
  method: string,
  segments: readonly string[],
): { operation: Operation; path: Record<string, string> } {
  const onPath = OPERATIONS.filter(
    (operation) =>
      operation.segments.length === segments.length &&
      operation.segments.every((part, at) => (part.startsWith('{') ? segments[at] !== '' : part === segments[at])),
  );
  const best = onPath.reduce((rank, operation) => (operation.rank > rank ? operation.rank : rank), '');
  const candidates = onPath.filter((operation) => operation.rank === best);
  const operation = candidates.find((candidate) => candidate.method === method);
  if (operation === undefined) {
    if (candidates.length > 0) throw new SeeqError(405, `Method ${method} is not allowed here`);
    throw new SeeqError(404, 'There is no such resource in the API');
  }
  const path: Record<string, string> = {};
  for (const [at, part] of operation.segments.entries()) {
    if (part.startsWith('{')) path[part.slice(1, -1)] = decode(segments[at] ?? '');
  }
  return { operation, path };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new SeeqError(400, `The path segment '${segment}' is not valid percent-encoding`);
  }
}

export interface ReadOptions {
  /** Release of the simulated server: parameters of other releases do not exist. */
  readonly release: number;
  /** Refuse query parameters that do not exist, so that a misspelt one does not pass unseen. */
  readonly refuseUnknown: boolean;
}

/** Typed path and query values of a request. @throws SeeqError 400 that names the parameter */
export function readParameters(
  operation: Operation,
  path: Readonly<Record<string, string>>,
  query: URLSearchParams,
  options: ReadOptions,
): Record<string, unknown> {
  const known = operation.parameters.filter((parameter) =>
    existsIn(parameter.name, parameter['x-releases'], options.release),
  );
  const values: Record<string, unknown> = {};
  for (const parameter of known) {
    const given = parameter.in === 'path' ? [path[parameter.name] ?? ''] : query.getAll(parameter.name);
    if (given.length === 0) {
      if (parameter.required === true) throw new SeeqError(400, `Parameter '${parameter.name}' is required`);
      continue;
    }
    values[parameter.name] = readParameter(parameter, given);
  }
  if (options.refuseUnknown) {
    for (const name of query.keys()) {
      if (!known.some((parameter) => parameter.in === 'query' && parameter.name === name)) {
        throw new SeeqError(400, `Unknown query parameter '${name}'`);
      }
    }
  }
  return values;
}

/** What page by page reading and spreading over assets came with. [Attested; the exact release of the second inferred.] */
const SINCE_63 = ['continuationToken', 'itemsToScaleAcross'];

function existsIn(name: string, releases: string | undefined, release: number): boolean {
  if (releases === '<63') return release < 63;
  return release >= 63 || !SINCE_63.includes(name);
}

function readParameter(parameter: Parameter, given: readonly string[]): unknown {
  const type: unknown = parameter.schema.type;
  if (type !== 'array' && given.length > 1) throw new SeeqError(400, `Parameter '${parameter.name}' is given twice`);
  const text = given[0] ?? '';
  const value = type === 'array' ? given : coerce(text, type);
  const validate = validatorOf(parameter.schema);
  if (!validate(value))
    throw new SeeqError(400, `The value '${text}' of parameter '${parameter.name}' ${reasonOf(validate)}`);
  return value;
}

function coerce(text: string, type: unknown): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(text)) return Number(text);
  // Seeq's Python client writes True and False.
  if (type === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return text;
}

/** Checks the body of a request. @throws SeeqError 400 that names every wrong member */
export function checkBody(operation: Operation, body: unknown, options: ReadOptions): void {
  if (operation.body === undefined) return;
  const validate = validatorOf(operation.body);
  if (validate(body)) {
    if (options.refuseUnknown) refuseMembersOfOtherReleases(operation.body, body, options.release);
    return;
  }
  const reasons = (validate.errors ?? []).map((error) => ({
    message: `${error.instancePath || '/'} ${error.message ?? ''}`,
  }));
  throw new SeeqError(400, 'The request body is not what this operation takes', reasons);
}

function refuseMembersOfOtherReleases(schema: Schema, body: unknown, release: number): void {
  const members = (schema.$ref === undefined ? schema : schemaOf(schema.$ref)).properties ?? {};
  for (const [name, value] of Object.entries(body as object)) {
    const known = Object.hasOwn(members, name) ? members[name] : undefined;
    if (known === undefined || value === null || existsIn(name, known['x-releases'], release)) continue;
    throw new SeeqError(400, `The member '${name}' of the request body does not exist in R${release}`);
  }
}

/** What is wrong with the body of an answer; empty when nothing is. */
export function faultsOfAnswer(id: OperationId, body: unknown): string[] {
  const operation = OPERATIONS.find((candidate) => candidate.id === id);
  if (operation?.answer === undefined) return body === undefined ? [] : ['the answer should be empty'];
  const validate = validatorOf(operation.answer);
  if (validate(body)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message ?? ''}`);
}

const validators = new Map<Schema, ValidateFunction>();

function validatorOf(schema: Schema): ValidateFunction {
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = ajv.compile(absolute(schema) as object);
    validators.set(schema, validate);
  }
  return validate;
}

/** References with the id of the document, so that a part of it can be compiled by itself. */
function absolute(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(absolute);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => [
      key,
      key === '$ref' && typeof part === 'string' ? `seeq${part}` : absolute(part),
    ]),
  );
}

function reasonOf(validate: ValidateFunction): string {
  const error = validate.errors?.[0];
  if (error?.keyword === 'format' && error.params.format === 'uuid') return 'is not a GUID';
  if (error?.keyword === 'enum') return `is none of ${(error.params.allowedValues as unknown[]).join(', ')}`;
  return error?.message ?? 'is not valid';
}
