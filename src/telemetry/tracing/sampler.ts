/** The settings of the SDK from its standard variables, which its parts do not read themselves. */
import { getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type BatchSpanProcessorOptions,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';

/** The sampler of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`. An unknown one is the default. */
export function samplerOfEnvironment(onProblem: (text: string) => void): Sampler {
  const name = getStringFromEnv('OTEL_TRACES_SAMPLER') ?? 'parentbased_always_on';
  const ratio = () => new TraceIdRatioBasedSampler(ratioOfEnvironment(onProblem));
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return ratio();
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: ratio() });
    default:
      if (name !== 'parentbased_always_on') onProblem(`OTEL_TRACES_SAMPLER ${JSON.stringify(name)} is not known`);
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
  }
}

function ratioOfEnvironment(onProblem: (text: string) => void): number {
  const ratio = getNumberFromEnv('OTEL_TRACES_SAMPLER_ARG') ?? 1;
  if (ratio >= 0 && ratio <= 1) return ratio;
  onProblem('OTEL_TRACES_SAMPLER_ARG must be from 0 to 1; 1 is used');
  return 1;
}

/** The variables `OTEL_BSP_…`. */
export function batchOfEnvironment(): Omit<BatchSpanProcessorOptions, 'exporter'> {
  return {
    ...option('scheduledDelayMillis', 'OTEL_BSP_SCHEDULE_DELAY'),
    ...option('exportTimeoutMillis', 'OTEL_BSP_EXPORT_TIMEOUT'),
    ...option('maxQueueSize', 'OTEL_BSP_MAX_QUEUE_SIZE'),
    ...option('maxExportBatchSize', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
  };
}

function option(key: keyof BatchSpanProcessorOptions, variable: string): Partial<BatchSpanProcessorOptions> {
  const value = getNumberFromEnv(variable);
  return value === undefined || !(value > 0) ? {} : { [key]: Math.min(value, MOST) };
}

/** A larger delay makes a timer of Node fire at once; a larger queue uses much memory. */
const MOST = 3_600_000;
