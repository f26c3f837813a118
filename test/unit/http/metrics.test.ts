/** The metrics for Prometheus are the metrics of the topic: each number of the one is a sample of the other. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { healthSchema, type Health } from '../../../src/contract/health.ts';
import { metricsSchema, type Metrics } from '../../../src/contract/telemetry.ts';
import { modelMetrics } from '../../../src/http/metrics/model-metrics.ts';
import { prefersOpenMetrics, renderMetrics } from '../../../src/http/metrics/render.ts';
import { samplesOf } from '../../support/exposition.ts';

interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly propertyNames?: Node;
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly minItems?: number;
}

interface Leaf {
  readonly path: string;
  readonly value: number;
}

/** A value of a schema with everything that is optional, in which each number occurs once. */
function filled(schema: z.ZodType): { value: unknown; leaves: Leaf[] } {
  const leaves: Leaf[] = [];
  let last = 1_000_000;
  const number = (path: string): number => {
    last += 1009;
    leaves.push({ path, value: last });
    return last;
  };
  const fill = (node: Node, path: string): unknown => {
    if (node.const !== undefined) return node.const;
    if (node.enum !== undefined) return node.enum[0];
    if (node.anyOf !== undefined) return fill(node.anyOf[0] ?? {}, path);
    switch (node.type) {
      case 'object': {
        const keys = node.propertyNames?.enum as string[] | undefined;
        const members = keys?.map((key) => [key, node.additionalProperties as Node] as const);
        return Object.fromEntries(
          (members ?? Object.entries(node.properties ?? {})).map(([key, member]) => [
            key,
            fill(member, `${path}.${key}`),
          ]),
        );
      }
      case 'array':
        return Array.from({ length: node.minItems ?? 1 }, (_, at) => fill(node.items ?? {}, `${path}[${at}]`));
      case 'integer':
      case 'number':
        return number(path);
      case 'boolean':
        return true;
      default:
        return 'text';
    }
  };
  return { value: fill(z.toJSONSchema(schema, { unrepresentable: 'any' }) as Node, ''), leaves };
}

const { value: metrics, leaves } = filled(metricsSchema);
const report = { metrics: metrics as Metrics, health: filled(healthSchema).value as Health };
const samples = async (openMetrics = false) => {
  const { text } = await renderMetrics(modelMetrics, [report], openMetrics);
  return samplesOf(text);
};

describe('each number of the metrics topic', () => {
  const values = leaves.filter(({ path }) => !/\[\d+\]$/.test(path));

  it('has a sample with its value, in seconds if it is a time', async () => {
    const found = new Set((await samples()).values());
    const expected = ({ path, value }: Leaf): number => (/Ms\b/.test(path) ? value / 1000 : value);
    expect(values.filter((leaf) => !found.has(expected(leaf)))).toEqual([]);
    // The model is not empty.
    expect(values.length).toBeGreaterThan(80);
  });

  it('and each distribution has its buckets, of which each contains those before it', async () => {
    const found = new Set((await samples()).values());
    const lists = Map.groupBy(
      leaves.filter(({ path }) => /\[\d+\]$/.test(path)),
      ({ path }) => path.replace(/\[\d+\]$/, ''),
    );
    expect([...lists.keys()]).toEqual([
      '.requests[0].durations',
      '.requests[0].sourceDurations',
      '.sources[0].durations',
      '.feeds[0].ages',
    ]);
    for (const list of lists.values()) {
      let sum = 0;
      for (const { value } of list) expect(found).toContain((sum += value));
    }
  });
});

describe('the text', () => {
  it('has one type and one help for each metric, and the unit in the name', async () => {
    const { text } = await renderMetrics(modelMetrics, [report], false);
    const families = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({ name, type }));
    expect(new Set(families.map(({ name }) => name)).size).toBe(families.length);
    const own = families.filter(({ name = '' }) => name.startsWith('iota_seeqdrv_'));
    expect(own).toHaveLength(modelMetrics.length);
    for (const { name = '', type } of own) expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    expect(text).not.toMatch(/_(?:ms|milliseconds|kb|percent)\b/);
    expect(text).toContain('nodejs_version_info');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  it('has the same samples in OpenMetrics, and an end', async () => {
    const { text, type } = await renderMetrics(modelMetrics, [report], true);
    expect(type).toMatch(/^application\/openmetrics-text; version=1.0.0/);
    expect(text.endsWith('\n# EOF\n')).toBe(true);
    expect(text).toContain('# TYPE iota_seeqdrv_requests counter');
    expect(text).not.toMatch(/^# TYPE \S+_total counter/m);
    const own = (all: Map<string, number>) => [...all].filter(([key]) => key.startsWith('iota_'));
    expect(own(samplesOf(text))).toEqual(own(await samples()));
    // The names of the other format are unchanged after it.
    expect(own(await samples())).toEqual(own(samplesOf(text)));
  });

  it('contains names of the configuration as they are', async () => {
    const [first] = report.metrics.sources;
    const name = 'Plant "A"\\Süd\n2';
    const changed = { ...report.metrics, sources: first === undefined ? [] : [{ ...first, host: name }] };
    const { text } = await renderMetrics(modelMetrics, [{ ...report, metrics: changed }], false);
    expect(text).toContain('iota_seeqdrv_source_calls_running{source="Plant \\"A\\"\\\\Süd\\n2"}');
  });
});

it.each([
  [undefined, false],
  ['*/*', false],
  ['text/plain;version=0.0.4', false],
  ['application/openmetrics-text', true],
  [
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    true,
  ],
  ['application/openmetrics-text;q=0.3, text/plain;q=0.9', false],
  ['application/openmetrics-text;q=0', false],
  ['application/openmetrics-text;q=x', false],
])('the header Accept: %s asks for OpenMetrics: %s', (accept, expected) => {
  expect(prefersOpenMetrics(accept)).toBe(expected);
});
