/** How the process itself is: CPU, memory, and how late its event loop runs. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { z } from 'zod';
import type { processMetrics } from '../contract/telemetry.ts';

/** Between two looks at the event loop. */
const RESOLUTION_MS = 20;

export interface ProcessMeter {
  /** The numbers as of now; the event loop's are those since the call before. */
  read(): z.infer<typeof processMetrics>;
  stop(): void;
}

export function meterProcess(): ProcessMeter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  // The histogram counts from look to look, and is not a number before the first one.
  const late = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? round(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)) : 0;
  return {
    read: () => {
      const eventLoopDelayMs =
        delay.count === 0
          ? { mean: 0, p99: 0, max: 0 }
          : { mean: late(delay.mean), p99: late(delay.percentile(99)), max: late(delay.max) };
      delay.reset();
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
      return {
        eventLoopDelayMs,
        cpuMs: { user: round(user / 1000), system: round(system / 1000) },
        memoryBytes: { rss, heapUsed, heapTotal, external },
      };
    },
    stop: () => {
      delay.disable();
    },
  };
}

const round = (ms: number): number => Math.round(ms * 100) / 100;
