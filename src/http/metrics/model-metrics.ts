/**
 * The metrics of the driver for Prometheus: each is a view of the model that the topics publish (`Metrics`, `Health`),
 * so that all views have the same values. Names follow OpenMetrics; times are in seconds. Labels are closed lists and
 * names of the configuration, never texts of callers.
 */
import { healthStates } from '../../contract/health.ts';
import { DURATION_BOUNDS_MS } from '../../lib/histogram.ts';
import { counter, gauge, histogram, type Definition, type Sample } from './definition.ts';
import { type Report, ofFunction, ofTopic, each, once, perCall, byKey, states, seconds, flag } from './samples.ts';
import { feedMetrics, sourceMetrics } from './source-metrics.ts';

const driverMetrics: readonly Definition<readonly Report[]>[] = [
  gauge('info', 'The driver: its version, its id of the configuration, and its id among the replicas', (reports) =>
    reports.map(({ metrics: { reqtopic, version, driverid, instance: replica } }) => ({
      labels: { reqtopic, version, driverid: driverid ?? '', replica },
      value: 1,
    })),
  ),
  gauge('state', 'State of the driver: 1 for the current one', (reports) =>
    reports.flatMap(({ metrics, health }) => states(healthStates, health.state, ofTopic(metrics))),
  ),
  gauge(
    'uptime_seconds',
    'Time since the start of the process',
    once((metrics) => seconds(metrics.uptimeMs)),
  ),
  counter('requests', 'Requests by function, and by status or error code', (reports) =>
    reports.flatMap(({ metrics }) =>
      metrics.requests.flatMap((call) => byKey(call.results, 'code', ofFunction(call, metrics))),
    ),
  ),
  histogram('request_duration_seconds', 'Time of a request from arrival to end', DURATION_BOUNDS_MS, (reports) =>
    reports.flatMap(({ metrics }) =>
      metrics.requests.map((call) => ({
        labels: ofFunction(call, metrics),
        counts: call.durations,
        sumMs: call.totalMs,
      })),
    ),
  ),
  histogram('request_source_seconds', 'Time of the source calls of a request', DURATION_BOUNDS_MS, (reports) =>
    reports.flatMap(({ metrics }) =>
      metrics.requests.map((call) => ({
        labels: ofFunction(call, metrics),
        counts: call.sourceDurations,
        sumMs: call.sourceMs,
      })),
    ),
  ),
  gauge(
    'request_longest_seconds',
    'Longest time of a request',
    perCall(({ longestMs }) => seconds(longestMs)),
  ),
  counter(
    'requests_unanswerable',
    'Requests without a valid subject for their answer',
    each((m) => m.unanswerable),
  ),
  gauge(
    'requests_in_flight',
    'Requests in progress',
    each((m) => m.inFlight),
  ),
  gauge(
    'leases',
    'Active leases',
    each((m) => m.leases.leases),
  ),
  gauge(
    'lease_items',
    'Items of all leases',
    each((m) => m.leases.items),
  ),
  gauge(
    'lease_tags',
    'Distinct tags that are read for leases',
    each((m) => m.leases.tags),
  ),
];

const processMetrics: readonly Definition<readonly Report[]>[] = [
  gauge(
    'bus_connected',
    'Whether there is a connection to the bus',
    once((_m, { bus }) => flag(bus.connected)),
  ),
  gauge(
    'bus_subscribed',
    'Whether requests can arrive',
    each((_m, { bus }) => flag(bus.subscribed)),
  ),
  counter(
    'bus_connections',
    'Connections made; more than 1 after a break',
    once(({ bus }) => bus.connections),
  ),
  counter(
    'bus_received_bytes',
    'Bytes of message bodies received',
    once(({ bus }) => bus.bytesIn),
  ),
  counter(
    'bus_sent_bytes',
    'Bytes of message bodies sent',
    once(({ bus }) => bus.bytesOut),
  ),
  counter(
    'bus_received_messages',
    'Messages received',
    once(({ bus }) => bus.messagesIn),
  ),
  counter(
    'bus_sent_messages',
    'Messages sent',
    once(({ bus }) => bus.messagesOut),
  ),
  gauge(
    'bus_in_flight_bytes',
    'Bytes of answers on their way',
    each(({ bus }) => bus.inFlightBytes),
  ),
  gauge(
    'bus_waiting_messages',
    'Messages of answers that wait',
    each(({ bus }) => bus.waiting),
  ),
  gauge(
    'event_loop_delay_mean_seconds',
    'Average delay of the event loop since the previous read',
    once(({ process: { eventLoopDelayMs } }) => seconds(eventLoopDelayMs.mean)),
  ),
  gauge(
    'event_loop_delay_p99_seconds',
    '99 % of the delays since the previous read were shorter',
    once(({ process: { eventLoopDelayMs } }) => seconds(eventLoopDelayMs.p99)),
  ),
  gauge(
    'event_loop_delay_max_seconds',
    'Longest delay of the event loop since the previous read',
    once(({ process: { eventLoopDelayMs } }) => seconds(eventLoopDelayMs.max)),
  ),
  counter(
    'cpu_user_seconds',
    'CPU time of the driver',
    once(({ process: { cpuMs } }) => seconds(cpuMs.user)),
  ),
  counter(
    'cpu_system_seconds',
    'CPU time of the system for the driver',
    once(({ process: { cpuMs } }) => seconds(cpuMs.system)),
  ),
  gauge(
    'memory_resident_bytes',
    'Resident memory',
    once(({ process: { memoryBytes } }) => memoryBytes.rss),
  ),
  gauge(
    'heap_used_bytes',
    'JavaScript heap in use',
    once(({ process: { memoryBytes } }) => memoryBytes.heapUsed),
  ),
  gauge(
    'heap_total_bytes',
    'JavaScript heap reserved',
    once(({ process: { memoryBytes } }) => memoryBytes.heapTotal),
  ),
  gauge(
    'external_bytes',
    'Buffers outside the heap',
    once(({ process: { memoryBytes } }) => memoryBytes.external),
  ),
  gauge(
    'heap_limit_bytes',
    'The largest heap; beyond it the process ends',
    once(({ process: { memoryBytes } }) => memoryBytes.heapLimit),
  ),
  counter('garbage_collections', 'Garbage collections', (reports) =>
    reports.slice(0, 1).flatMap(({ metrics: { process } }) => [
      { labels: { kind: 'young' }, value: process.garbage.young },
      { labels: { kind: 'full' }, value: process.garbage.full },
    ]),
  ),
  counter(
    'garbage_collection_pause_seconds',
    'Time that the process was paused for garbage collection',
    once(({ process: { garbage } }) => seconds(garbage.pausedMs)),
  ),
  counter(
    'log_lines_dropped',
    'Lines that standard output did not take',
    once(({ log }) => log.dropped),
  ),
  counter(
    'log_lines_left_out',
    'Lines omitted because of too many of a kind',
    once(({ log }) => log.leftOut),
  ),
  counter(
    'log_lines_lost',
    'Lines that the log file did not take',
    once(({ log }) => log.fileLost ?? 0),
  ),
  counter(
    'audit_records',
    'Records of the audit trail',
    once(({ audit }) => audit?.records),
  ),
  counter(
    'audit_lost',
    'Records of the audit trail that were lost',
    once(({ audit }) => audit?.lost),
  ),
  counter(
    'trace_spans',
    'Spans of traces',
    once(({ tracing }) => tracing?.spans),
  ),
  counter(
    'trace_spans_exported',
    'Spans that the receiver took',
    once(({ tracing }) => tracing?.exported),
  ),
  counter('telemetry_published', 'Messages published by topic', (reports) => topics(reports, 'published')),
  counter('telemetry_dropped', 'Messages dropped by topic', (reports) => topics(reports, 'dropped')),
];

function topics(reports: readonly Report[], count: 'published' | 'dropped'): Sample[] {
  return reports.flatMap(({ metrics }) =>
    Object.entries(metrics.telemetry).map(([topic, numbers]) => ({
      labels: { ...ofTopic(metrics), topic },
      value: numbers?.[count] ?? 0,
    })),
  );
}

export const modelMetrics = [...driverMetrics, ...sourceMetrics, ...feedMetrics, ...processMetrics];
