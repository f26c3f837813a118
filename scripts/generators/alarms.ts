/** `docs/alarms.md`: the alarms for Prometheus with what to do, from the rules in `examples/prometheus`. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { page, table } from './markdown.ts';

export interface Alarm {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; action: string };
}

const RULES = new URL('../../examples/prometheus/alarms.yaml', import.meta.url);

export async function readAlarms(): Promise<Alarm[]> {
  const { groups } = parse(await readFile(RULES, 'utf8')) as { groups: { rules: Alarm[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export async function alarmsPage(): Promise<string> {
  const alarms = await readAlarms();
  const sections = alarms.map(({ alert, expr, for: time, labels, annotations }) =>
    [
      `## ${alert}`,
      annotations.summary,
      `**What to do:** ${annotations.action}`,
      `\`\`\`promql\n${expr.trim()}\n\`\`\``,
      `Severity: ${labels.severity}${time === undefined ? '' : `, after ${time}`}.`,
    ].join('\n\n'),
  );
  return page([
    '# Alarms',
    '<!-- Generated from examples/prometheus/alarms.yaml by "npm run generate". -->',
    'This page lists the alarms that a driver needs, and what to do about each. The rules for Prometheus are in `examples/prometheus/alarms.yaml`; they need the endpoint `/metrics`, which `settings.http` of the [configuration](configuration.md) switches on. [Troubleshooting](troubleshooting.md) explains each message, [operations](operations.md) the lines of the log.',
    table(
      ['alarm', 'severity', 'meaning'],
      alarms.map(({ alert, labels, annotations }) => [
        `[${alert}](#${alert.toLowerCase()})`,
        labels.severity,
        annotations.summary,
      ]),
    ),
    ...sections,
  ]);
}
