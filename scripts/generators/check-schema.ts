import { z } from 'zod';
import { reportSchema } from '../../src/checks/result.ts';

/** `openapi/check.generated.json`: the object that `check --json` prints. */
export function checkSchema(): string {
  return `${JSON.stringify({ title: 'Output of iota-seeqdrv check --json', ...z.toJSONSchema(reportSchema) }, null, 2)}\n`;
}
