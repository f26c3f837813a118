/** The text that Prometheus reads, in its own format or in that of OpenMetrics. */
import {
  collectDefaultMetrics,
  type Metric,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import type { Definition } from './definition.ts';

type Found = MetricObjectWithValues<MetricValue<string>>;

/** Gauges that look like counters by their names. They are sums of others. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

/** The usual metrics of a process and of Node. They belong to the process, so they are measured once. */
let defaults: Registry | undefined;

function defaultMetrics(): Metric[] {
  if (defaults === undefined) {
    defaults = new Registry();
    collectDefaultMetrics({ register: defaults });
    for (const name of MISNAMED) defaults.removeSingleMetric(name);
  }
  return defaults.getMetricsAsArray() as unknown as Metric[];
}

export interface RenderedMetrics {
  readonly type: string;
  readonly text: string;
}

/** @param openMetrics the format of OpenMetrics instead of that of Prometheus */
export async function renderMetrics<Model>(
  definitions: readonly Definition<Model>[],
  model: Model,
  openMetrics: boolean,
): Promise<RenderedMetrics> {
  const type = openMetrics ? Registry.OPENMETRICS_CONTENT_TYPE : Registry.PROMETHEUS_CONTENT_TYPE;
  // The registry changes names of counters for OpenMetrics, so it gets copies.
  const registry = new Registry<typeof type>();
  registry.setContentType(type);
  const add = (name: string, get: () => Promise<Found>): void => {
    registry.registerMetric({ name, get } as unknown as Metric);
  };
  for (const { read, ...rest } of definitions) {
    add(rest.name, async () => named({ ...rest, values: read(model) } as unknown as Found, openMetrics));
  }
  for (const metric of defaultMetrics()) {
    const { name } = metric as unknown as { name: string };
    add(name, async () => named(await metric.get(), openMetrics));
  }
  return { type, text: await registry.metrics() };
}

/** In OpenMetrics the family of a counter has a name without `_total`, which its samples have. */
function named(found: Found, openMetrics: boolean): Found {
  const isCounter = String(found.type) === 'counter';
  return openMetrics && isCounter ? { ...found, name: found.name.replace(/_total$/, '') } : found;
}

/** Whether a client prefers OpenMetrics, by its header `Accept`. */
export function prefersOpenMetrics(accept = ''): boolean {
  let open = 0;
  let plain = 0;
  for (const range of accept.slice(0, 1024).split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const quality = parameters.find((one) => one.startsWith('q='))?.slice(2) ?? '1';
    if (type === 'application/openmetrics-text') open = Math.max(open, Number(quality) || 0);
    if (type === 'text/plain') plain = Math.max(plain, Number(quality) || 0);
  }
  return open > 0 && open >= plain;
}
