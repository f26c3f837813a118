import { afterEach, expect, it, vi } from 'vitest';
import { tracingChoice } from '../../../../src/telemetry/tracing/environment.ts';
import { batchOfEnvironment, samplerOfEnvironment } from '../../../../src/telemetry/tracing/sampler.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

it.each([
  ['nothing', {}, false],
  ['empty variables', { OTEL_EXPORTER_OTLP_ENDPOINT: ' ', OTEL_TRACES_EXPORTER: '' }, false],
  ['an endpoint', ENDPOINT, true],
  ['an endpoint for traces', { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector/v1/traces' }, true],
  ['an exporter, for the default endpoint', { OTEL_TRACES_EXPORTER: 'otlp' }, true],
  ['no exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, false],
  ['the SDK disabled', { ...ENDPOINT, OTEL_SDK_DISABLED: 'TRUE' }, false],
  ['other variables only', { OTEL_SERVICE_NAME: 'x', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://x' }, false],
])('%s', (_name, env, isOn) => {
  expect(tracingChoice(env)).toEqual({ isOn, problems: [] });
});

it.each([
  [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' }, false, /"grpc" is not supported.*4318/],
  [{ ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' }, false, /"http\/json" is not supported/],
  [{ OTEL_TRACES_EXPORTER: 'zipkin' }, false, /"zipkin" is not supported/],
  [{ OTEL_TRACES_EXPORTER: 'otlp, console' }, true, /"console" is not supported/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, false, /is not an address/],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'grpc://collector' }, false, /is not an address/],
])('%j is reported', (env, isOn, text) => {
  const choice = tracingChoice(env);
  expect(choice.isOn).toBe(isOn);
  expect(choice.problems).toEqual([expect.stringMatching(text)]);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

it.each([
  [undefined, undefined, 'ParentBased{root=AlwaysOnSampler'],
  ['always_on', undefined, 'AlwaysOnSampler'],
  ['always_off', undefined, 'AlwaysOffSampler'],
  ['traceidratio', '0.25', 'TraceIdRatioBased{0.25}'],
  ['parentbased_always_off', undefined, 'ParentBased{root=AlwaysOffSampler'],
  ['parentbased_traceidratio', '0.5', 'ParentBased{root=TraceIdRatioBased{0.5}'],
])('the sampler %s with %s', (name, ratio, description) => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', name);
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', ratio);
  const problems: string[] = [];
  expect(samplerOfEnvironment((text) => problems.push(text)).toString()).toContain(description);
  expect(problems).toEqual([]);
});

it.each([
  ['sometimes', undefined, /"sometimes" is not known/],
  ['traceidratio', '2', /from 0 to 1/],
])('the sampler %s with %s is reported', (name, ratio, text) => {
  vi.stubEnv('OTEL_TRACES_SAMPLER', name);
  vi.stubEnv('OTEL_TRACES_SAMPLER_ARG', ratio);
  const problems: string[] = [];
  samplerOfEnvironment((problem) => problems.push(problem));
  expect(problems).toEqual([expect.stringMatching(text)]);
});

it('the queue has the limits of its variables, if they are usable', () => {
  vi.stubEnv('OTEL_BSP_MAX_QUEUE_SIZE', '100');
  vi.stubEnv('OTEL_BSP_SCHEDULE_DELAY', '99999999999');
  vi.stubEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', '-1');
  expect(batchOfEnvironment()).toEqual({ maxQueueSize: 100, scheduledDelayMillis: 3_600_000 });
});
