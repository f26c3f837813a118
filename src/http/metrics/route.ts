/** `/metrics` for Prometheus. */
import type { Telemetry } from '../../telemetry/telemetry.ts';
import type { Route } from '../route.ts';
import { sendText } from '../send.ts';
import { modelMetrics } from './model-metrics.ts';
import { prefersOpenMetrics, renderMetrics } from './render.ts';

/** @param telemetry one for each request topic */
export function metricsRoute(telemetry: readonly Pick<Telemetry, 'meter' | 'health'>[]): Route {
  const readers = telemetry.map((one) => ({ health: () => one.health(), meter: one.meter() }));
  return {
    path: '/metrics',
    access: 'open',
    handle: async (request, response) => {
      const reports = readers.map(({ health, meter }) => ({ health: health(), metrics: meter.read() }));
      const { type, text } = await renderMetrics(modelMetrics, reports, prefersOpenMetrics(request.headers.accept));
      response.setHeader('Vary', 'Accept');
      sendText(response, 200, text, type);
    },
  };
}
