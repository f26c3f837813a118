/** The zod schemas of the contract as named JSON Schemas (draft-07, which AsyncAPI builds on) that refer to each other. */
import { z } from 'zod';
import { answerSchema, errorBodySchema, metaSchema } from '../../src/contract/answer.ts';
import { auditSchema } from '../../src/contract/audit.ts';
import { fqnInput } from '../../src/contract/fqn.ts';
import { failedHost, failedItem, propertyValue } from '../../src/contract/functions/common.ts';
import { aggregatedChunk, plottedChunk, snapshotItem } from '../../src/contract/functions/data.ts';
import { noParams } from '../../src/contract/functions/define.ts';
import * as search from '../../src/contract/functions/search.ts';
import { functionTable } from '../../src/contract/functions/table.ts';
import { deadLetterSchema, readingSchema } from '../../src/contract/reading.ts';
import { correlationId, replySubject, requestSchema } from '../../src/contract/request.ts';
import { seriesChunkSchema } from '../../src/contract/series.ts';
import { healthSchema } from '../../src/contract/health.ts';
import * as telemetry from '../../src/contract/telemetry.ts';
import { timeInput, timeZoneInput } from '../../src/contract/time/time.ts';
import { flagSchema, scalarValue } from '../../src/contract/values.ts';

export type JsonSchema = Record<string, unknown>;

/** A component of the document, by its name. */
export const refTo = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** `tagsearch` -> `Tagsearch`: the first part of the names of a function's schemas. */
export const pascal = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** What callers write. */
const written = new Map<z.ZodType, string>([
  [requestSchema, 'Request'],
  [correlationId, 'CorrelationId'],
  [replySubject, 'ReplySubject'],
  [fqnInput, 'FqnInput'],
  [timeInput, 'TimeInput'],
  [timeZoneInput, 'TimeZone'],
  [search.attributeTest, 'AttributeTest'],
  [noParams, 'NoParams'],
]);

/** What callers read. */
const read = new Map<z.ZodType, string>([
  [answerSchema, 'Answer'],
  [metaSchema, 'Meta'],
  [errorBodySchema, 'Error'],
  [failedItem, 'FailedItem'],
  [failedHost, 'FailedHost'],
  [scalarValue, 'ScalarValue'],
  [propertyValue, 'PropertyValue'],
  [flagSchema, 'Flag'],
  [snapshotItem, 'Value'],
  [seriesChunkSchema, 'SeriesChunk'],
  [plottedChunk, 'PlottedChunk'],
  [aggregatedChunk, 'AggregatedChunk'],
  [search.tagSchema, 'Tag'],
  [search.assetSchema, 'Asset'],
  [search.attributeSchema, 'Attribute'],
  [search.conditionSchema, 'Condition'],
  [search.timeframeSchema, 'Timeframe'],
  [healthSchema, 'Health'],
  [telemetry.metricsSchema, 'Metrics'],
  [telemetry.statsSchema, 'Stats'],
  [telemetry.logSchema, 'Log'],
  [auditSchema, 'Audit'],
  [readingSchema, 'Reading'],
  [deadLetterSchema, 'DeadLetter'],
]);

// A schema that has a name already (no parameters, a server that failed) keeps it.
for (const { name, params, item } of functionTable) {
  if (!written.has(params)) written.set(params, `${pascal(name)}Params`);
  if (!read.has(item)) read.set(item, `${pascal(name)}Item`);
}

/** The name of the schema of a function's parameters. */
export const paramsName = (params: z.ZodType): string => written.get(params) ?? '';
/** The name of the schema of one item of a function's answer. */
export const itemName = (item: z.ZodType): string => read.get(item) ?? '';

/** All schemas by name. */
export function contractSchemas(): Record<string, JsonSchema> {
  return { ...named(written, 'input'), ...open(named(read, 'output')) };
}

function named(names: ReadonlyMap<z.ZodType, string>, io: 'input' | 'output'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    target: 'draft-7',
    unrepresentable: 'any',
    uri: (id) => refTo(id).$ref,
  });
  const bare = Object.entries(schemas).map(([id, { $schema: _, $id: __, ...schema }]) => [id, schema as JsonSchema]);
  return Object.fromEntries(bare) as Record<string, JsonSchema>;
}

/** A receiver ignores members that it does not know, so what it reads is not closed. */
function open<T>(node: T): T {
  if (Array.isArray(node)) return node.map(open) as T;
  if (typeof node !== 'object' || node === null) return node;
  const members = Object.entries(node).filter(([key, value]) => key !== 'additionalProperties' || value !== false);
  return Object.fromEntries(members.map(([key, value]) => [key, open(value as unknown)])) as T;
}
