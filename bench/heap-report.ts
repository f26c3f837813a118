/**
 * Loaded into a driver with `--import`: counts collections of garbage, and writes the state of the heap as a line of
 * JSON on standard error when SIGUSR2 comes.
 */
import { constants, type NodeGCPerformanceDetail, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What the line holds. Numbers of collections are those since the line before. */
export interface HeapReport {
  scavenges: number;
  markCompacts: number;
  /** Time of all pauses, in milliseconds. */
  pausedMs: number;
  /** What is in use right after a full collection, in bytes. */
  live: number;
  /** The largest heap that V8 allows itself, in bytes. */
  limit: number;
}

let report = { scavenges: 0, markCompacts: 0, pausedMs: 0 };
const observer = new PerformanceObserver((list) => {
  take(list.getEntries());
});
observer.observe({ entryTypes: ['gc'] });

function take(entries: readonly PerformanceEntry[]): void {
  for (const entry of entries) {
    const { kind } = (entry as PerformanceEntry & { detail: NodeGCPerformanceDetail }).detail;
    if (kind === constants.NODE_PERFORMANCE_GC_MINOR) report.scavenges++;
    if (kind === constants.NODE_PERFORMANCE_GC_MAJOR) report.markCompacts++;
    report.pausedMs += entry.duration;
  }
}

process.on('SIGUSR2', () => {
  // Entries reach the observer in a later turn of the event loop.
  setTimeout(() => {
    take(observer.takeRecords());
    const counted = report;
    setFlagsFromString('--expose-gc');
    (runInNewContext('gc') as () => void)();
    const { used_heap_size: live, heap_size_limit: limit } = getHeapStatistics();
    process.stderr.write(`${JSON.stringify({ heap: { ...counted, live, limit } satisfies HeapReport })}\n`);
    // The collection above is nobody's.
    setTimeout(() => {
      observer.takeRecords();
      report = { scavenges: 0, markCompacts: 0, pausedMs: 0 };
    }, 50);
  }, 50);
});
