/** Threshold metrics: what they measure and how. Their values are not served; nothing public says how they are read. */
import type { Handlers } from '../http/call.ts';
import type { Item, MetricData } from '../plant/item.ts';
import type { Plant } from '../plant/plant.ts';
import { readable } from './find.ts';
import { listPage } from './list.ts';
import { common, preview, previewWithAssets, type Models } from './shapes.ts';

function metricOf(plant: Plant, item: Item & { metric: MetricData }): Models['ThresholdMetricOutputV1'] {
  const { measured, processType } = item.metric;
  return {
    ...common(item),
    measuredItem: previewWithAssets(plant, measured),
    displayItem: preview(measured),
    processType,
    thresholds: [],
    ...(measured.signal?.unit === undefined ? {} : { valueUnitOfMeasure: measured.signal.unit }),
  };
}

export const metricHandlers: Handlers = {
  get_metric: ({ server, parameters }) => ({
    body: metricOf(server.plant, readable(server.plant, parameters.id, 'metric')),
  }),
  get_metrics: ({ server, parameters }) => {
    const all = [...server.plant.ofType('ThresholdMetric')].filter((item) => !item.archived && !item.redacted);
    const { part, frame } = listPage(all, parameters, '/metrics');
    const metrics = part.flatMap((item) =>
      item.metric === undefined ? [] : [metricOf(server.plant, { ...item, metric: item.metric })],
    );
    return { body: { ...frame, metrics } };
  },
};
