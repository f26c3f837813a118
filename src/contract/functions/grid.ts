/** How a range is divided into intervals. All history functions share these parameters. */
import { z } from 'zod';

export const alignments = ['clock', 'start'] as const;
export type Alignment = (typeof alignments)[number];

export const stamps = ['start', 'middle', 'end'] as const;
export type Stamp = (typeof stamps)[number];

const interval = z
  .string()
  .min(1)
  .max(64)
  .optional()
  .describe(
    'Length of the intervals: a whole number and "ms", "s", "min", "h", "d", "w", "mo", "q" or "y", such as "15min" or ' +
      '"1d", or an ISO 8601 duration such as "PT15M". Days and longer ones follow the calendar of timeZone',
  );

const intervalMs = z.number().positive().optional().describe('Instead of interval: the length in milliseconds');

const align = z
  .enum(alignments)
  .optional()
  .describe(
    'clock: intervals begin on the clock of timeZone, such as at whole hours or midnight, so that they do not move with ' +
      'the range. start: the first interval begins at start. Default: clock for interval, start otherwise',
  );

/** @param count what the parameter `count` means for the function */
export const gridParams = (count: string) => ({
  interval,
  intervalMs,
  count: z.number().int().min(1).optional().describe(`Instead of interval: ${count}`),
  align,
});

export interface GridParams {
  interval?: string | undefined;
  intervalMs?: number | undefined;
  count?: number | undefined;
  align?: Alignment | undefined;
}

export const stampParam = z.enum(stamps).default('start').describe('Timestamp of an interval in the answer');
