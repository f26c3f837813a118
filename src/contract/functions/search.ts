/** Functions of type SEARCH: finding tags, assets and timeframes. */
import { z } from 'zod';
import { errorBodySchema } from '../answer.ts';
import { fqnInput } from '../fqn.ts';
import { timeInput, timeZoneInput } from '../time/time.ts';
import { scalarValue } from '../values.ts';
import { cursorParam, failedHost, failedItem, propertyValue, searchParams } from './common.ts';
import { defineFunction } from './define.ts';

export const tagKinds = ['signal', 'scalar'] as const;

export const tagSchema = z.object({
  fqn: z.string(),
  name: z.string(),
  displayName: z.string().describe('Name with the connection name as prefix'),
  kind: z.enum(tagKinds),
  description: z.string().optional(),
  path: z.array(z.string()).describe('Names of the assets above, root first; empty outside of trees'),
  unit: z.string().optional(),
  valueType: z
    .enum(['number', 'string'])
    .optional()
    .describe('For every signal, and for scalars if the source provides it'),
  interpolation: z.string().optional().describe('For signals: Linear, PILinear, Step or Discrete'),
  datasource: z.string().optional(),
  properties: z.record(z.string(), propertyValue).optional(),
});

export const tagsearch = defineFunction({
  name: 'tagsearch',
  type: 'SEARCH',
  description: 'Finds tags: signals and scalars',
  params: z.strictObject({
    ...searchParams,
    kinds: z
      .array(z.enum(tagKinds))
      .min(1)
      .max(tagKinds.length)
      .default(['signal', 'scalar'])
      .describe('Only tags of these kinds'),
    properties: z
      .array(z.string().min(1).max(200))
      .max(200)
      .optional()
      .describe('Property names to return; "*" for all'),
  }),
  item: z.union([tagSchema, failedHost]),
});

export const attributeTypes = ['tag', 'scalar', 'timeframes', 'property'] as const;

export const attributeSchema = z.object({
  name: z.string(),
  type: z.enum(attributeTypes),
  fqn: z.string().describe('Name to read it with: snapshot, discrete, timeframesearch'),
  attributeFqn: z.string().optional().describe('The same item by asset and name, for templates that swap the asset'),
  description: z.string().optional(),
  unit: z.string().optional(),
  value: scalarValue.optional().describe('For scalars and properties: the static value'),
  error: errorBodySchema.optional().describe('For scalars: why the value could not be read'),
});

export const assetSchema = z.object({
  fqn: z.string(),
  name: z.string(),
  displayName: z.string(),
  description: z.string().optional(),
  path: z.array(z.string()).describe('Names of the assets above, root first'),
  parent: z.string().optional().describe('When browsing: FQN of the asset above'),
  depth: z.number().int().optional().describe('When browsing: levels below the parent of the request, from 1'),
  hasChildren: z.boolean(),
  attributes: z.array(attributeSchema).optional().describe('With include'),
});

export const elementsearch = defineFunction({
  name: 'elementsearch',
  type: 'SEARCH',
  description: 'Finds assets, or browses the asset tree level by level',
  params: z
    .strictObject({
      ...searchParams,
      parent: z
        .union([z.literal(''), fqnInput])
        .optional()
        .describe('Browse instead of search: children of this asset; "" for the roots'),
      depth: z.number().int().min(1).max(20).default(1).describe('Levels to browse below the parent'),
      include: z
        .array(z.enum(['attributes', 'properties']))
        .max(2)
        .default([])
        .describe('What to return of each asset in addition'),
    })
    .refine(
      ({ parent, query, asset, datasource }) =>
        parent === undefined || (query === '*' && asset === undefined && datasource === undefined),
      { path: ['parent'], error: 'browses; query, asset and datasource belong to a search without it' },
    ),
  item: z.union([assetSchema, failedHost]),
});

export const conditionSchema = z.object({
  fqn: z.string(),
  name: z.string(),
  displayName: z.string(),
  description: z.string().optional(),
  path: z.array(z.string()),
  datasource: z.string().optional(),
});

export const timeframeSchema = z.object({
  fqn: z.string(),
  condition: z.string().describe('FQN of the condition'),
  name: z.string().describe('Name of the condition'),
  start: z.string().nullable().describe('ISO 8601 UTC; null when it has no beginning'),
  end: z.string().nullable().describe('ISO 8601 UTC; null while it is open'),
  durationMs: z
    .number()
    .nullable()
    .describe('null while it has no beginning or no end, and where its end is before its start'),
  open: z.boolean(),
  status: z
    .enum(['Good', 'Questionable'])
    .describe('Questionable: the source reports that it may still change, or its end is before its start'),
  attributes: z.record(z.string(), propertyValue).describe('By name'),
});

/** Tests one attribute with exactly one comparison. An attribute without a value passes only `equals: null`. */
export const attributeTest = z
  .strictObject({
    attribute: z.string().min(1).max(1000),
    equals: scalarValue.optional().describe('null: the timeframe has no such attribute, or the attribute has no value'),
    notEquals: scalarValue
      .optional()
      .describe('The attribute has another value; an attribute without a value does not match'),
    contains: z.string().max(1000).optional().describe('Case-insensitive'),
    above: z.number().optional(),
    below: z.number().optional(),
  })
  .refine((test) => Object.values(test).filter((value) => value !== undefined).length === 2, {
    error: 'needs exactly one of equals, notEquals, contains, above, below',
  });
export type AttributeTest = z.infer<typeof attributeTest>;

export const timeframesearch = defineFunction({
  name: 'timeframesearch',
  type: 'SEARCH',
  description:
    'Finds timeframes (capsules) of conditions that overlap a range, or the conditions themselves. A timeframe that ends ' +
    'at the start of the range, or begins at its end, does not overlap it',
  params: z
    .strictObject({
      definitions: z.boolean().default(false).describe('Find conditions instead of their timeframes'),
      conditions: z
        .array(fqnInput)
        .min(1)
        .max(1000)
        .optional()
        .describe('FQNs of conditions; otherwise "query" finds them'),
      query: searchParams.query,
      field: searchParams.field,
      workbook: searchParams.workbook,
      datasource: searchParams.datasource,
      asset: searchParams.asset,
      start: timeInput.default('*-1d'),
      end: timeInput.default('*'),
      timeZone: timeZoneInput,
      where: z.array(attributeTest).max(50).default([]).describe('Filters; a timeframe must match all of them'),
      minDurationMs: z.number().min(0).optional().describe('Only timeframes of at least this length'),
      open: z.boolean().optional().describe('true: only open ones; false: only ended ones'),
      limit: z.number().int().min(1).default(100).describe('Hits in one answer'),
      cursor: cursorParam,
      order: z.enum(['asc', 'desc']).default('asc').describe('By start'),
    })
    .refine(
      ({ conditions, query, asset, datasource, workbook }) =>
        conditions === undefined ||
        (query === '*' && [asset, datasource, workbook].every((filter) => filter === undefined)),
      {
        path: ['conditions'],
        error: 'names the conditions; query, asset, datasource and workbook belong to a search without it',
      },
    )
    .refine(
      ({ definitions, conditions, where, minDurationMs, open }) =>
        !definitions ||
        (where.length === 0 && [conditions, minDurationMs, open].every((filter) => filter === undefined)),
      {
        path: ['definitions'],
        error: 'finds conditions; conditions, where, minDurationMs and open belong to a search without it',
      },
    ),
  item: z.union([conditionSchema, timeframeSchema, failedHost, failedItem]),
});
