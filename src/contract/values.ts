/** Values, their status, and series of them, as they stand in answers. */
import { z } from 'zod';

export const valueStatuses = ['Good', 'Questionable', 'Bad Data'] as const;
/** `Questionable`: the source says that the value may still change. `Bad Data`: there is a time but no usable value. */
export type ValueStatus = (typeof valueStatuses)[number];

export const scalarValue = z.union([z.number(), z.string(), z.boolean(), z.null()]);
/** `null` only together with status `Bad Data`, or for a property without a value. */
export type ScalarValue = z.infer<typeof scalarValue>;

/** One value at one time. */
export const pointSchema = z.object({
  value: scalarValue,
  /** ISO 8601 UTC, with the fraction digits of the source; null for values without a time (scalars, properties). */
  time: z.string().nullable(),
  status: z.enum(valueStatuses),
  /** Number behind an enumeration value: `value: "ON", state: 1`. */
  state: z.number().int().optional(),
  unit: z.string().optional(),
});
export type Point = z.infer<typeof pointSchema>;

/** First and last position (both included) within the same piece, and their status. */
export const flagSchema = z.tuple([z.number().int(), z.number().int(), z.enum(valueStatuses)]);
export type Flag = z.infer<typeof flagSchema>;

/** A run of samples as columns, ascending in time. */
export const columnsSchema = z.object({
  times: z.array(z.string()),
  values: z.array(scalarValue),
  /** Ranges of samples that are not `Good`; absent when all are. */
  flags: z.array(flagSchema).optional(),
  /** Only of enumeration series: the number behind each value, null where it has none. */
  states: z.array(z.number().int().nullable()).optional(),
});
export type Columns = z.infer<typeof columnsSchema>;
