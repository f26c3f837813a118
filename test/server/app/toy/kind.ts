/** The toy as a kind of source, with a configuration of its own. */
import { z } from 'zod';
import { connectionName, whole } from '../../../../src/config/fields.ts';
import { secret } from '../../../../src/config/references.ts';
import { rule } from '../../../../src/config/rules.ts';
import { sourceKind } from '../../../../src/sources/kind.ts';
import { ToySource } from './source.ts';

export const toy = sourceKind({
  schema: z
    .strictObject({
      name: connectionName().describe('Name of the box.'),
      values: z.record(z.string(), z.number()).default({}).describe('The signals and their values.'),
      key: secret().optional().describe('What opens the box.'),
      calls: whole(1, 4).default(2).describe('Calls at once.'),
      waiting: whole(0, 100).default(10).describe('Calls that may wait.'),
    })
    .check(
      rule(['calls', 'waiting'], ({ calls, waiting }, report) => {
        if (waiting < calls) report.problem(['waiting'], `must be at least ${report.at('calls')}, which is ${calls}`);
        if (waiting > 50) report.warning(['waiting'], 'is high');
      }),
    ),
  description: 'The toy boxes.',
  open: ({ name, values, calls, waiting }) => ({
    source: new ToySource(name, values),
    concurrency: calls,
    queueLimit: waiting,
  }),
  summary: ({ values }) => `a box of ${Object.keys(values).length} signals`,
});
