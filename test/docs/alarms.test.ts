/** The alarms and the table of what to watch use metrics that exist, and codes and states of the contract. */
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { readAlarms } from '../../scripts/generators/alarms.ts';
import { errorCodeNames } from '../../src/contract/errors.ts';
import { feedStates } from '../../src/contract/health.ts';
import { modelMetrics } from '../../src/http/metrics/model-metrics.ts';

const names = new Set(
  modelMetrics.flatMap(({ name, type }) => (type === 'histogram' ? [name, `${name}_bucket`, `${name}_sum`] : [name])),
);
const metricsIn = (text: string): string[] => Array.from(text.matchAll(/iota_seeqdrv_\w+/g), ([name]) => name);

it('each alarm reads metrics that exist', async () => {
  const alarms = await readAlarms();
  const used = alarms.flatMap(({ expr }) => metricsIn(expr));
  expect(used.length).toBeGreaterThan(15);
  expect(used.filter((name) => !names.has(name))).toEqual([]);
});

it('the table of what to watch names metrics that exist', async () => {
  const used = metricsIn(await readFile('docs/operations.md', 'utf8'));
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((name) => !names.has(name))).toEqual([]);
});

it('each label has values of the contract', async () => {
  const known = new Set<string>([...errorCodeNames, ...feedStates, 'up', 'down', 'unauthorized', 'unknown']);
  const alarms = await readAlarms();
  const values = alarms.flatMap(({ expr }) =>
    Array.from(expr.matchAll(/(?:code|state)=~?"([^"]*)"/g), ([, value = '']) => value.split('|')),
  );
  expect(values.flat().length).toBeGreaterThan(8);
  expect(values.flat().filter((value) => !known.has(value))).toEqual([]);
});
