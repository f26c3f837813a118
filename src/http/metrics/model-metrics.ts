/**
 * The metrics of the driver for Prometheus: each is a view of the model that the topics publish (`Metrics`, `Health`),
 * so that all views have the same values. Names follow OpenMetrics; times are in seconds. Labels are closed lists and
 * names of the configuration, never texts of callers.
 */
import { AGE_BOUNDS_MS, DURATION_BOUNDS_MS } from '../../lib/histogram.ts';
import {
  feedStates,
  healthStates,
  type FeedHealth,
  type FeedMetrics,
  type Health,
  type Metrics,
  type ServerHealth,
} from '../../contract/telemetry.ts';
import { counter, gauge, histogram, type Definition, type Sample } from './definition.ts';

/** What one request topic and its sources report. */
export interface Report {
  readonly metrics: Metrics;
  readonly health: Health;
}

type Source = Metrics['sources'][number];
type Call = Metrics['requests'][number];

const ofSource = ({ host }: Source) => ({ source: host });
const ofFeed = ({ kind, name }: FeedMetrics | FeedHealth) => ({ kind, feed: name });
/** Requests without a known function have no name. */
const ofFunction = (call: Call, { reqtopic }: Metrics) => ({ reqtopic, function: call.function || 'unknown' });
const ofTopic = ({ reqtopic }: Metrics) => ({ reqtopic });

/** One sample of each report. */
const each = (read: (metrics: Metrics, health: Health) => number) => (reports: readonly Report[]) =>
  reports.map(({ metrics, health }) => ({ labels: ofTopic(metrics), value: read(metrics, health) }));

/** One sample of the process, which the first report has. */
const once = (read: (metrics: Metrics, health: Health) => number | undefined) => (reports: readonly Report[]) =>
  reports.slice(0, 1).flatMap(({ metrics, health }) => sampleIf(read(metrics, health)));

const perCall = (read: (call: Call) => number) => (reports: readonly Report[]) =>
  reports.flatMap(({ metrics }) =>
    metrics.requests.map((call) => ({ labels: ofFunction(call, metrics), value: read(call) })),
  );

const sourcesOf = (reports: readonly Report[]) => reports.flatMap(({ metrics }) => metrics.sources);

const perSource = (read: (source: Source) => number | undefined) => (reports: readonly Report[]) =>
  sourcesOf(reports).flatMap((source) => sampleIf(read(source), ofSource(source)));

const feedsOf = (reports: readonly Report[]) => reports.flatMap(({ metrics }) => metrics.feeds ?? []);

const perFeed = (read: (feed: FeedMetrics) => number) => (reports: readonly Report[]) =>
  feedsOf(reports).map((feed) => ({ labels: ofFeed(feed), value: read(feed) }));

const sampleIf = (value: number | undefined, labels?: Sample['labels']): Sample[] =>
  value === undefined ? [] : [{ labels, value }];

/** One sample for each count of a closed list. */
const byKey = (counts: Readonly<Record<string, number>>, label: string, labels: Sample['labels']): Sample[] =>
  Object.entries(counts).map(([key, value]) => ({ labels: { ...labels, [label]: key }, value }));

/** One sample for each possible state: 1 for the current one. */
const states = (all: readonly string[], current: string, labels: Sample['labels'] = {}): Sample[] =>
  all.map((state) => ({ labels: { ...labels, state }, value: state === current ? 1 : 0 }));

const SERVER_STATES: readonly ServerHealth['state'][] = ['up', 'down', 'unauthorized', 'unknown'];

const seconds = (ms: number): number => ms / 1000;
const secondsIf = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
const flag = (value: boolean): number => (value ? 1 : 0);

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

const sourceMetrics: readonly Definition<readonly Report[]>[] = [
  gauge('source_state', 'State of a source: 1 for the current one', (reports) =>
    reports.flatMap(({ health }) =>
      health.servers.flatMap(({ name, state }) => states(SERVER_STATES, state, { source: name })),
    ),
  ),
  counter('source_calls', 'Calls to a source by result', (reports) =>
    sourcesOf(reports).flatMap((source) => byKey(source.results, 'code', ofSource(source))),
  ),
  histogram('source_call_duration_seconds', 'Time of a call to a source', DURATION_BOUNDS_MS, (reports) =>
    sourcesOf(reports).map((source) => ({
      labels: ofSource(source),
      counts: source.durations,
      sumMs: source.totalMs,
    })),
  ),
  gauge(
    'source_call_longest_seconds',
    'Longest time of a call',
    perSource(({ longestMs }) => seconds(longestMs)),
  ),
  gauge(
    'source_calls_running',
    'Calls of requests that are running',
    perSource(({ running }) => running),
  ),
  gauge(
    'source_calls_waiting',
    'Calls that wait for their turn',
    perSource(({ waiting }) => waiting),
  ),
  counter(
    'source_calls_shared',
    'Calls that joined an identical one',
    perSource(({ recovery }) => recovery?.shared),
  ),
  counter(
    'source_retries',
    'Repeated attempts after failures',
    perSource(({ recovery }) => recovery?.retries),
  ),
  counter(
    'source_second_tries',
    'Second calls beside one that hung',
    perSource(({ recovery }) => recovery?.secondTries),
  ),
  counter(
    'source_outages',
    'How often a source was found to be failing',
    perSource(({ recovery }) => recovery?.outages),
  ),
  gauge(
    'source_failing',
    'Whether calls fail at once, because the source is failing',
    perSource(({ recovery }) => (recovery === undefined ? undefined : flag(recovery.failing))),
  ),
  gauge(
    'source_polled_tags',
    'Leased tags that have been read at least twice',
    perSource(({ polls }) => polls?.tags),
  ),
  gauge(
    'source_poll_asked_interval_seconds',
    'Requested interval of the reads for leases',
    perSource(({ polls }) => secondsIf(polls?.askedMs)),
  ),
  gauge(
    'source_poll_real_interval_seconds',
    'Actual interval of the reads for leases',
    perSource(({ polls }) => secondsIf(polls?.realMs)),
  ),
  gauge(
    'source_polls_late',
    'Whether the reads for leases take far longer than requested',
    perSource(({ polls }) => (polls === undefined ? undefined : flag(polls.late))),
  ),
];

const feedMetrics: readonly Definition<readonly Report[]>[] = [
  gauge('feed_state', 'State of a feed: 1 for the current one', (reports) =>
    reports.flatMap(({ health }) =>
      (health.feeds ?? []).flatMap((feed) => states(feedStates, feed.state, ofFeed(feed))),
    ),
  ),
  counter(
    'feed_received',
    'Messages received',
    perFeed(({ received }) => received),
  ),
  counter(
    'feed_readings',
    'Readings that are published and acknowledged',
    perFeed(({ readings }) => readings),
  ),
  counter(
    'feed_duplicates',
    'Readings that the stream already had',
    perFeed(({ duplicates }) => duplicates),
  ),
  counter('feed_rejected', 'Messages, or parts, that became dead letters, by reason', (reports) =>
    feedsOf(reports).flatMap((feed) => byKey(feed.rejected, 'reason', ofFeed(feed))),
  ),
  counter(
    'feed_refused',
    'Messages that were refused to their sender',
    perFeed(({ refused }) => refused),
  ),
  counter(
    'feed_at_most_once',
    'Messages that are lost if the driver ends',
    perFeed(({ atMostOnce }) => atMostOnce),
  ),
  counter(
    'feed_retried',
    'Failed attempts to publish',
    perFeed(({ retried }) => retried),
  ),
  counter(
    'feed_dropped',
    'Messages that were dropped',
    perFeed(({ dropped }) => dropped),
  ),
  counter(
    'feed_connections',
    'Connections made or accepted',
    perFeed(({ connections }) => connections),
  ),
  gauge(
    'feed_waiting',
    'Messages that are not acknowledged yet',
    perFeed(({ waiting }) => waiting),
  ),
  histogram('feed_reading_age_seconds', 'Age of the readings when they arrived', AGE_BOUNDS_MS, (reports) =>
    feedsOf(reports).flatMap((feed) =>
      feed.ages === undefined ? [] : [{ labels: ofFeed(feed), counts: feed.ages, sumMs: feed.agesMs ?? 0 }],
    ),
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
