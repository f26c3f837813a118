/** Values, their status, and series of them, in the form of answers. */
import { z } from 'zod';

export const valueStatuses = ['Good', 'Questionable', 'Bad Data'] as const;
/** `Questionable`: the source reports that the value may still change. `Bad Data`: there is no usable value. */
export type ValueStatus = (typeof valueStatuses)[number];

export const scalarValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);
/** `null` only together with status `Bad Data`, or for a property without a value. */
export type ScalarValue = z.infer<typeof scalarValue>;

/** One value at one time. */
export const pointSchema = z.object({
  value: scalarValue.describe('null only with status "Bad Data", or for a property without a value'),
  time: z
    .string()
    .nullable()
    .describe(
      'ISO 8601 UTC, with the fraction digits of the source; null for scalars and properties, and where there is no value yet',
    ),
  status: z.enum(valueStatuses).describe('Questionable: it may still change, or a part of its interval has no value'),
  state: z.number().int().optional().describe('Number of an enumeration value: value "ON", state 1'),
  unit: z.string().optional(),
});
export type Point = z.infer<typeof pointSchema>;

/** First and last index (both inclusive) in the same chunk, and their status. */
export const flagSchema = z.tuple([z.number().int(), z.number().int(), z.enum(valueStatuses)]);
export type Flag = z.infer<typeof flagSchema>;

/** A run of samples as columns, ascending in time. */
export const columnsSchema = z.object({
  times: z.array(z.string()).describe('ISO 8601 UTC, ascending, with the fraction digits of the source'),
  values: z.array(scalarValue).describe('One value for each time; null where the status is "Bad Data"'),
  flags: z
    .array(flagSchema)
    .optional()
    .describe(
      'Runs of samples that are not Good: first and last position in this chunk, status; absent if all samples are Good',
    ),
  states: z
    .array(z.number().int().nullable())
    .optional()
    .describe('Only for enumerations: the number of each value, null if it has none'),
});
export type Columns = z.infer<typeof columnsSchema>;
