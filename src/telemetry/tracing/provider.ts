/** The OpenTelemetry SDK: what is recorded, and where it is sent. Loaded only if there are traces. */
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { ExportResultCode, getNumberFromEnv, setGlobalErrorHandler } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import {
  defaultResource,
  detectResources,
  resourceAttributesEnvDetector,
  resourceFromAttributes,
  serviceNameEnvDetector,
} from '@opentelemetry/resources';
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import { limited, type Logger } from '../../contract/log.ts';
import { withTimeout } from '../../lib/timeout.ts';
import { batchOfEnvironment, samplerOfEnvironment } from './sampler.ts';
import { recordWork } from './spans.ts';
import type { Tracing, TracingNumbers, TracingOptions } from './tracing.ts';

/** Time for one export with its retries, unless a variable sets it. Short, so that a stop need not wait for long. */
const EXPORT_MS = 5000;
/** Texts from outside are cut. */
const LONGEST_ATTRIBUTE = 1000;

/** @throws if a variable is not usable */
export function openTracing({ version, instance, driverid, logger }: TracingOptions): Tracing {
  reportProblems(logger);
  const exporter = new CountingExporter(newExporter(), logger);
  const processor = new BatchSpanProcessor({ ...batchOfEnvironment(), exporter });
  const provider = new TracerProvider({
    sampler: samplerOfEnvironment((text) => {
      logger.warn({}, `Traces: ${text}`);
    }),
    spanLimits: { attributeValueLengthLimit: LONGEST_ATTRIBUTE, attributeCountLimit: 32 },
    resource: defaultResource()
      .merge(
        resourceFromAttributes({
          'service.name': 'iota-seeqdrv',
          'service.version': version,
          'service.instance.id': instance,
          ...(driverid === undefined ? {} : { 'iota.driverid': driverid }),
        }),
      )
      .merge(detectResources({ detectors: [resourceAttributesEnvDetector, serviceNameEnvDetector] })),
    spanProcessors: [exporter.counter, processor],
  });
  const stopRecording = recordWork(provider.getTracer('iota-seeqdrv', version));
  logger.notice({}, 'Traces are exported with OpenTelemetry');
  return {
    numbers: exporter.numbers,
    close: async (timeoutMs) => {
      stopRecording();
      await withTimeout(
        timeoutMs,
        provider.shutdown().catch(() => undefined),
      );
    },
  };
}

function newExporter(): OTLPTraceExporter {
  const isSet = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'].some(
    (name) => getNumberFromEnv(name) !== undefined,
  );
  return new OTLPTraceExporter(isSet ? {} : { timeoutMillis: EXPORT_MS });
}

/** Counts spans, and reports exports that fail. */
class CountingExporter implements SpanExporter {
  readonly numbers: TracingNumbers = { spans: 0, exported: 0 };
  readonly #exporter: SpanExporter;
  readonly #logger: Logger;
  #isFailing = false;

  constructor(exporter: SpanExporter, logger: Logger) {
    this.#exporter = exporter;
    this.#logger = logger;
  }

  /** Counts every span that is recorded, also those for which the queue has no room. */
  readonly counter = {
    onStart: () => undefined,
    onEnd: () => {
      this.numbers.spans++;
    },
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };

  export(spans: ReadableSpan[], done: Parameters<SpanExporter['export']>[1]): void {
    this.#exporter.export(spans, (result) => {
      const isGood = result.code === ExportResultCode.SUCCESS;
      if (isGood) this.numbers.exported += spans.length;
      if (isGood === this.#isFailing) this.#report(isGood, result.error);
      // Reported here. The processor would report it again.
      done({ code: ExportResultCode.SUCCESS });
    });
  }

  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush?.() ?? Promise.resolve();
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  #report(isGood: boolean, error: Error | undefined): void {
    this.#isFailing = !isGood;
    const log = limited(this.#logger);
    if (isGood) {
      log.notice('traces', {}, 'Traces are exported again.');
    } else {
      const why = error?.message ?? 'for an unknown reason';
      log.warn(
        'traces',
        {},
        `Traces cannot be exported (${why}), and are lost meanwhile. Check the receiver and OTEL_EXPORTER_OTLP_ENDPOINT.`,
      );
    }
  }
}

/** Problems of the SDK itself, which would otherwise be written to the console. */
function reportProblems(logger: Logger): void {
  const report = (text: unknown): void => {
    limited(logger).warn(
      'OpenTelemetry',
      {},
      `OpenTelemetry reports: ${text instanceof Error ? text.message : String(text)}`,
    );
  };
  setGlobalErrorHandler(report);
  const nothing = (): void => undefined;
  // Its information and debug lines are of no use to an operator.
  diag.setLogger({ error: report, warn: report, info: nothing, debug: nothing, verbose: nothing }, DiagLogLevel.WARN);
}
