/** Metrics of the process: CPU, memory, and event loop delay. */
import {
  constants,
  monitorEventLoopDelay,
  type NodeGCPerformanceDetail,
  type PerformanceEntry,
  PerformanceObserver,
} from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { z } from 'zod';
import type { processMetrics } from '../contract/telemetry.ts';
import { roundMs } from '../lib/clock.ts';

/** Sampling interval of the event loop delay. */
const RESOLUTION_MS = 20;

export interface ProcessMeter {
  /** The current metrics. The event loop delay covers the time since the previous call. */
  read(): z.infer<typeof processMetrics>;
  stop(): void;
}

export function meterProcess(): ProcessMeter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const garbage = new GarbageMeter();
  // The histogram measures the time between two samples, and is NaN before the first one.
  const late = (nanoseconds: number): number =>
    Number.isFinite(nanoseconds) ? roundMs(Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)) : 0;
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
        cpuMs: { user: roundMs(user / 1000), system: roundMs(system / 1000) },
        memoryBytes: { rss, heapUsed, heapTotal, external, heapLimit: getHeapStatistics().heap_size_limit },
        garbage: garbage.read(),
      };
    },
    stop: () => {
      delay.disable();
      garbage.stop();
    },
  };
}

/** Counts garbage collections since its creation. */
class GarbageMeter {
  #young = 0;
  #full = 0;
  #pausedMs = 0;
  readonly #observer = new PerformanceObserver((list) => {
    this.#take(list.getEntries());
  });

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  read(): { young: number; full: number; pausedMs: number } {
    this.#take(this.#observer.takeRecords());
    return { young: this.#young, full: this.#full, pausedMs: roundMs(this.#pausedMs) };
  }

  stop(): void {
    this.#observer.disconnect();
  }

  #take(entries: readonly PerformanceEntry[]): void {
    for (const entry of entries) {
      const { kind } = (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail;
      if (kind === constants.NODE_PERFORMANCE_GC_MINOR) this.#young++;
      if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) this.#full++;
      this.#pausedMs += entry.duration;
    }
  }
}
