/** `settings.log` and `settings.audit`: where the driver records what it does. */
import { z } from 'zod';
import { KiB, MiB, subject, whole } from '../config/fields.ts';
import { lineFile } from '../config/references.ts';
import { rule } from '../config/rules.ts';

const logFormats = ['auto', 'json', 'text'] as const;
export type LogFormat = (typeof logFormats)[number];

export const logSchema = z.strictObject({
  format: z
    .enum(logFormats)
    .default('auto')
    .describe(
      'Form of the lines: `json`, one object on each line; `text`, for people; `auto`: `text` on a terminal, `json` elsewhere. `NO_COLOR` removes the colours. The log topic always has objects.',
    ),
  file: lineFile()
    .optional()
    .describe(
      'A file to which the log is also written, for example of a service on Windows; its name ends in `.log`, `.jsonl` or `.ndjson`. `logfilecount`, `logfilesize` and `logscanmsec` apply to it. [Log files](operations.md#log-files).',
    ),
});

export const auditSchema = z
  .strictObject({
    topic: subject().optional().describe('Topic on which each record is published.'),
    file: lineFile()
      .optional()
      .describe('File to which each record is appended; its name ends in `.log`, `.jsonl` or `.ndjson`.'),
    fileBytes: whole(64 * KiB, 1024 * MiB)
      .default(16 * MiB)
      .describe('Size in bytes at which the file is full and a new one begins.'),
    fileCount: whole(0, 10_000)
      .default(100)
      .describe('How many full files are kept beside the current one. Older ones are deleted.'),
    names: whole(0, 100)
      .default(20)
      .describe('How many items of a request a record names; their number is always in it.'),
  })
  .check(
    rule([], ({ topic, file }, report) => {
      if (topic !== undefined || file !== undefined || !report.isValid('topic') || !report.isValid('file')) return;
      report.problem([], 'must have a "topic", a "file" or both');
    }),
  );
