/** Parameters and shapes that several functions share. */
import { z } from 'zod';
import { errorBodySchema } from '../answer.ts';
import { fqnInput } from '../fqn.ts';
import { scalarValue } from '../values.ts';

/** FQNs to read. Each is answered, or fails, alone. */
export const itemsParam = z.array(fqnInput).min(1).describe('FQNs, as searches return them');

/** Longest cursor: with thousands of items and their names it must still fit into a request. */
export const LONGEST_CURSOR = 262_144;

/** Opaque position of the next page, created by this driver. */
export const cursorParam = z.string().min(1).max(LONGEST_CURSOR).optional().describe('Cursor of the previous answer');

/** Parameters that tag and asset searches share. */
export const searchParams = {
  query: z
    .string()
    .max(1000)
    .default('*')
    .describe(
      'Text to find (case-insensitive); with "*" or "?" a pattern for the whole name; or "/regex/"; see [search](contract.md#search)',
    ),
  field: z.enum(['name', 'description', 'any']).default('name').describe('Where "query" is searched'),
  workbook: z
    .string()
    .min(1)
    .max(500)
    .optional()
    .describe(
      'Id or exact name of a workbook: only items that are scoped to it or to no workbook; without it, all items',
    ),
  datasource: z.string().min(1).max(500).optional().describe('Id, exact name or datasource id of a Seeq datasource'),
  asset: fqnInput.optional().describe('FQN of an asset: only items at any level below it'),
  limit: z.number().int().min(1).default(100).describe('Hits in one answer'),
  cursor: cursorParam,
  orderBy: z.enum(['name', 'id', 'description']).default('name').describe('Ascending'),
};

/** A property of an item, in the form of its source. */
export const propertyValue = z.object({ value: scalarValue, unit: z.string().optional() });

/** A server that could not answer a search, or a hit that could not be read. */
export const failedHost = z.object({
  host: z.string(),
  fqn: z.string().optional().describe('FQN of the hit, if it is known; absent if the whole server failed'),
  error: errorBodySchema,
});

/** An item that could not be read. */
export const failedItem = z.object({
  index: z.number().int().describe("Position in the request's items"),
  fqn: z.string(),
  error: errorBodySchema,
});
