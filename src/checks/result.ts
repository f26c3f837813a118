/** The result of the connection tests of `check`. Its schema is also the documentation of `check --json`. */
import { z } from 'zod';

export const checkMarks = ['ok', 'warning', 'failed', 'not tried'] as const;
export type CheckMark = (typeof checkMarks)[number];

export const partSchema = z.strictObject({
  part: z.string().describe('What was checked: `log-in`, `TLS`, `right to publish`'),
  item: z.string().optional().describe('The subject, topic filter or tag, where there are several of one part'),
  mark: z
    .enum(checkMarks)
    .describe('failed: the driver cannot use it; warning: it works, with a defect; not tried: `message` says why'),
  facts: z.string().optional().describe('What was found'),
  reason: z.string().optional().describe('Code of the cause, as in the log and in answers'),
  message: z.string().optional().describe('Cause and remedy, in the words of log and health'),
});
export type CheckedPart = z.infer<typeof partSchema>;

export const groupSchema = z.strictObject({
  kind: z.string().describe('`NATS server`, `source`, `feed`, …'),
  name: z.string().describe('Its address or configured name'),
  parts: z.array(partSchema),
});
export type CheckedGroup = z.infer<typeof groupSchema>;

const problem = z.strictObject({
  path: z.string().describe('Location in the file; empty for the whole file'),
  message: z.string(),
});

export const reportSchema = z.strictObject({
  version: z.literal(1).describe('Version of this object'),
  driver: z.literal('iota-seeqdrv'),
  time: z.string().describe('When the check ended; ISO 8601 UTC'),
  configuration: z.strictObject({
    path: z.string(),
    valid: z.boolean(),
    problems: z.array(problem),
    warnings: z.array(problem),
  }),
  result: z
    .enum(['ok', 'failed', 'invalid'])
    .describe('ok: exit code 0; failed: a part failed, exit code 1; invalid: the configuration is wrong, exit code 2'),
  connected: z.boolean().describe('False with `--offline` or an invalid configuration: nothing was connected'),
  counts: z.record(z.enum(checkMarks), z.int()).describe('Number of parts by mark'),
  groups: z.array(groupSchema).describe('In a fixed order'),
});
export type CheckReport = z.infer<typeof reportSchema>;

/** The number of parts by mark. */
export function countMarks(groups: readonly CheckedGroup[]): Record<CheckMark, number> {
  const counts: Record<CheckMark, number> = { ok: 0, warning: 0, failed: 0, 'not tried': 0 };
  for (const { parts } of groups) for (const { mark } of parts) counts[mark]++;
  return counts;
}
