/** Starts traces if the standard variables of OpenTelemetry ask for them. Otherwise nothing of it is loaded. */
import { tracingChoice } from './environment.ts';
import type { Tracing, TracingOptions } from './tracing.ts';

/** Never rejects. Undefined if there are no traces. */
export async function startTracing(options: TracingOptions): Promise<Tracing | undefined> {
  const { env, logger } = options;
  const { isOn, problems } = tracingChoice(env);
  for (const problem of problems) logger.warn({}, problem);
  if (!isOn) return undefined;
  try {
    const { openTracing } = await import('./provider.ts');
    return openTracing(options);
  } catch (error) {
    logger.error({ err: error }, 'There are no traces: OpenTelemetry could not be started');
    return undefined;
  }
}
