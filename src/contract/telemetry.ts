/**
 * The driver's telemetry on `metricstopic`, `statstopic` and `logstopic`. IOTA documents the topics but
 * no bodies, so these bodies are the driver's own, with their own version.
 */
import { z } from 'zod';
import { AGE_BOUNDS_MS, DURATION_BOUNDS_MS } from '../lib/histogram.ts';
import { errorCodeNames } from './errors.ts';
import { feedKinds, healthStates } from './health.ts';
import { rejectCodes } from './reading.ts';
import { count, head, instant, milliseconds, pollPace } from './telemetry-parts.ts';

/** Numbers of values in buckets with these upper bounds, and above them. */
const histogram = (what: string, boundsMs: readonly number[]) =>
  z
    .array(count)
    .length(boundsMs.length + 1)
    .describe(`${what}: how many took at most ${boundsMs.join(', ')} ms (each without those before it), and longer`);

/** Keys are closed lists (functions of the contract, statuses, error codes), never external names. */
const results = z
  .partialRecord(z.enum(['ok', 'partial', ...errorCodeNames]), count)
  .describe('Number by status or error code');

export const functionMetrics = z.strictObject({
  function: z.string().describe('Name of the function; empty for requests without a known function'),
  results,
  totalMs: milliseconds.describe('Sum of the times from arrival to end; of a lease, to its first message'),
  longestMs: milliseconds,
  durations: histogram('Those times', DURATION_BOUNDS_MS),
  sourceMs: milliseconds.describe('Sum of the times of the calls to sources; concurrent calls add up'),
  sourceDurations: histogram('Those times by request', DURATION_BOUNDS_MS),
});

export const sourceMetrics = z.strictObject({
  host: z.string().describe('The configured connection name'),
  results: results.describe('Calls by "ok" or error code; repeated attempts and log-ins count as part of their call'),
  totalMs: milliseconds.describe('Sum of the times of the calls'),
  longestMs: milliseconds,
  durations: histogram('Times of the calls', DURATION_BOUNDS_MS),
  running: count.describe('Gauge: calls of requests that are running'),
  waiting: count.describe('Gauge: calls that wait for their turn'),
  recovery: z
    .strictObject({
      shared: count.describe('Calls that were not made, because an identical one was in progress'),
      retries: count.describe('Repeated attempts after temporary failures'),
      secondTries: count.describe('Calls made once more because the first one hung'),
      outages: count.describe('How often the server was found to be failing, so that calls failed at once'),
      failing: z.boolean().describe('Gauge: whether calls fail at once at the moment'),
    })
    .optional()
    .describe('How calls are saved and repeated; absent where the kind of source does not count this'),
  polls: pollPace,
});

export const busMetrics = z.strictObject({
  connections: count.describe('Connections made; more than 1 after a break'),
  bytesIn: count.describe('Bytes of message bodies received'),
  bytesOut: count.describe('Bytes of message bodies sent'),
  messagesIn: count,
  messagesOut: count,
  inFlightBytes: count.describe('Gauge: bytes of answers that the server has not received yet'),
  waiting: count.describe('Gauge: messages of answers that wait for room or for a connection'),
});

export const processMetrics = z.strictObject({
  eventLoopDelayMs: z
    .strictObject({ mean: milliseconds, p99: milliseconds, max: milliseconds })
    .describe('Gauge: delay of the event loop since the previous metrics'),
  cpuMs: z.strictObject({ user: milliseconds, system: milliseconds }).describe('CPU time'),
  memoryBytes: z
    .strictObject({
      ...{ rss: count, heapUsed: count, heapTotal: count, external: count },
      heapLimit: count.describe('The largest heap that Node allows itself; beyond it the process ends'),
    })
    .describe('Gauge: resident memory, JavaScript heap, and buffers outside the heap'),
  garbage: z
    .strictObject({
      young: count.describe('Collections among new objects, which are cheap'),
      full: count.describe('Collections of the whole heap; many of them mean that the heap is too small'),
      pausedMs: milliseconds.describe('Time that the process was paused for both'),
    })
    .describe('Garbage collections'),
});

export const feedMetrics = z.strictObject({
  kind: z.enum(feedKinds),
  name: z.string().describe('The configured connection name'),
  received: count.describe('Messages received'),
  readings: count.describe(
    'Readings that are published and, with a stream, acknowledged by it; for egress, messages that the broker has acknowledged',
  ),
  duplicates: count.describe('Those of them that the stream already had'),
  rejected: z
    .partialRecord(z.enum(rejectCodes), count)
    .describe('Messages, or parts, that became dead letters, by reason; for egress, readings that were omitted'),
  refused: count.describe('Messages that were refused to their sender: wrong signature, unknown source, too many'),
  atMostOnce: count.describe(
    'Messages with at-most-once delivery, which are lost if the driver ends: quality of service 0, or core NATS',
  ),
  retried: count.describe('Failed attempts to publish, which were repeated'),
  dropped: count.describe('Messages dropped because even their dead letter is too large for the bus'),
  connections: count.describe('Connections made; for a listener, connections accepted'),
  waiting: count.describe('Gauge: messages that are not acknowledged yet'),
  ages: histogram(
    'Age of the readings when they arrived; late ones are those of a backfill, or of a device that was disconnected',
    AGE_BOUNDS_MS,
  ).optional(),
  agesMs: milliseconds.optional().describe('Sum of these ages'),
});
export type FeedMetrics = z.infer<typeof feedMetrics>;

export const logMetrics = z
  .strictObject({
    dropped: count.describe(
      'Lines that could not be written to standard output: its reader does not read, or its disk is full',
    ),
    leftOut: count.describe('Lines omitted because there were too many of one kind'),
    fileLost: count.optional().describe('Lines that are missing in the log file; absent where none is configured'),
  })
  .describe('Lines of the log that were not written');

export const auditMetrics = z
  .strictObject({
    records: count.describe('Records since the start'),
    lost: count.describe('Records that were dropped; one that is missing on the topic and in the file counts twice'),
  })
  .describe('The audit trail; absent where none is configured');

export const tracingMetrics = z
  .strictObject({
    spans: count.describe('Recorded spans that have ended'),
    exported: count.describe('Spans that the receiver has accepted; a difference that remains is lost spans'),
  })
  .describe('Traces of OpenTelemetry; absent where there are none');

const topicNumbers = z.strictObject({ published: count, dropped: count });
export const telemetryMetrics = z
  .strictObject({
    health: topicNumbers.optional(),
    metrics: topicNumbers.optional(),
    stats: topicNumbers.optional(),
    logs: topicNumbers.optional(),
  })
  .describe('Messages by topic, for each that is configured');

export const metricsSchema = z.strictObject({
  kind: z.literal('metrics'),
  ...head,
  uptimeMs: milliseconds,
  inFlight: count.describe('Gauge: requests in progress'),
  leases: z
    .strictObject({
      leases: count,
      items: count.describe('Items of all leases'),
      tags: count.describe('Distinct tags that are read for them'),
    })
    .describe('Gauge: active leases'),
  unanswerable: count.describe('Requests without a valid subject for their answer'),
  requests: z.array(functionMetrics).describe('One entry for each function that was called'),
  sources: z.array(sourceMetrics).describe('Calls of requests to the configured servers'),
  feeds: z.array(feedMetrics).optional().describe('Device data by feed; absent where none is configured'),
  bus: busMetrics,
  process: processMetrics,
  log: logMetrics,
  audit: auditMetrics.optional(),
  tracing: tracingMetrics.optional(),
  telemetry: telemetryMetrics,
});
export type Metrics = z.infer<typeof metricsSchema>;

/** Summary of several durations. */
const summary = {
  averageMs: milliseconds.nullable().describe('null before the first one'),
  longestMs: milliseconds.nullable().describe('null before the first one'),
};

export const statsSchema = z
  .strictObject({
    kind: z.literal('stats'),
    ...head,
    started: instant.describe('When the process started; ISO 8601 UTC'),
    uptimeMs: milliseconds,
    state: z.enum(healthStates).describe('As in the health message'),
    requests: z.strictObject({
      total: count,
      ok: count,
      partial: count,
      error: count,
      unanswerable: count,
      ...summary,
    }),
    functions: z
      .array(z.strictObject({ function: z.string(), total: count, error: count, ...summary }))
      .describe('The called functions, the most called first'),
    sources: z.array(z.strictObject({ host: z.string(), calls: count, error: count, ...summary })),
    bus: z.strictObject({ connections: count, messagesOut: count, bytesOut: count }),
  })
  .describe('A summary since the start');
export type Stats = z.infer<typeof statsSchema>;

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];

export const logSchema = z.strictObject({
  kind: z.literal('log'),
  ...head,
  level: z.enum(logLevels),
  message: z.string(),
  facts: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('Further facts of the line: ids, names, errors. Omitted when the line is too long'),
});
export type LogMessage = z.infer<typeof logSchema>;
