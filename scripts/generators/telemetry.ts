import { z } from 'zod';
import { auditSchema } from '../../src/contract/audit.ts';
import { healthSchema } from '../../src/contract/health.ts';
import { telemetryHead } from '../../src/contract/telemetry-parts.ts';
import * as telemetry from '../../src/contract/telemetry.ts';
import { page } from './markdown.ts';
import { membersTable } from './schema-table.ts';

/** `docs/telemetry.md`: what the driver publishes about itself, out of the schemas of its bodies. */
export function telemetryPage(): string {
  return page([
    '# Telemetry on the bus',
    '<!-- Generated from src/contract/telemetry.ts by "npm run generate". -->',
    'Subscribe to these topics to monitor a driver: it publishes its health, its metrics, statistics, its log and an audit trail. It also exports [traces](#traces-opentelemetry). IOTA documents the topics for its drivers, but no body for them, so **the bodies are our own and not confirmed by IOTA Software**. Each message is one JSON object in UTF-8. A receiver must ignore members that it does not know; `schema` changes when a member is removed or changes its meaning.',
    'The driver publishes on a topic only if it is configured. It never waits for the bus: it drops a message that it cannot send at once, because the bus is not available or slow (a buffer of about 1 MiB exists for each topic) or the message is too large, and counts it in the metrics. Health, metrics and statistics name no user and no item; log lines of level `debug` name the user of each request. No message contains a secret.',
    '## Members of every message',
    membersTable(telemetryHead),
    '## `healthtopic`: health',
    'The health report is published with every new connection to the bus, every `healthmsec`, and one last time with the state `stopping` when the driver stops. A driver that has crashed publishes nothing: if three reports in a row are missing, treat the driver as down.',
    'The state of a server is the result of the last requests to it. The driver also probes a server, with two small calls that end after 5 s: once at the start, when the last result is older than 30 s (10 s if the server was not up), and at once after a call that failed, at most every 5 s. It does so without a health topic too, and [the log](operations.md#the-log) has a line for each change.',
    ownMembers(healthSchema),
    '## `metricstopic`: metrics',
    'The metrics are published every `metricsmsec`, unless `enablemetrics` is false. Numbers are counters from the start of the process, except those that are called a gauge; a new `instance` begins at 0. Times are in milliseconds.',
    ownMembers(telemetry.metricsSchema),
    '## `statstopic`: statistics',
    'The statistics are published every `metricsmsec`. They are a summary of the metrics for people.',
    ownMembers(telemetry.statsSchema),
    '## `logstopic`: log',
    'Each line of the log is one message, published at the moment it is written. `debug` sets the level, as on standard output. Lines that are written while the bus is not available are on standard output and in the [log file](operations.md#log-files) only.\n\nThe driver never waits for the reader of standard output. Lines that cannot be written wait in a buffer of 1 MiB; further lines are dropped, and as soon as lines can be written again, one line reports the number of dropped lines. Lines that a caller, a device or a server can cause are written ten times for each kind, and after that once a minute with their number; a text from outside is cut at 1000 characters. Only at `debug` 3 does each request and each dead letter have its own line. `driver started`, `Connected to the NATS server`, `driver is stopping` and `driver stopped` are logged at every `debug`. [Lines, and what to do](operations.md#the-log).',
    ownMembers(telemetry.logSchema),
    '## `settings.audit`: audit trail',
    'With `settings.audit` the driver writes a record of each request to a topic, to a file, or to both: who asked for what, when, and with which result. It is off by default.\n\n```json\n{ "settings": { "audit": { "topic": "us-east-1.site-a.seeq.audit", "file": "audit/iota-seeqdrv.jsonl" } } }\n```',
    'A record names the function, the servers, the caller, its user, the number of items and the FQNs of the first ones (`names`), and the status, size and duration of the answer. It never contains a value, a search text, another parameter, or a secret; a text among the items that is not an FQN is counted and not named. The members from a caller are cut and limited. Requests of the status page have the caller `status page`. NATS does not report who sends a message, so `caller` and `user` are claims: [what is not defended](security.md#what-is-not-defended).',
    'The driver never waits for the topic or the file, so a record can be lost:\n\n- **On the topic** a record is delivered at most once. While the bus is not available, up to 2000 records wait, and up to 4 MiB of them; further ones are lost, counted in `audit.lost` of the metrics and reported in the log. A record that was sent on a connection which then breaks can be lost without a count. To keep records, let a JetStream stream capture the topic; this does not change the delivery between the driver and the server. Without the right to publish on the topic, all records on it are lost; the log reports the missing right, and `permissions` prints it.\n- **In the file** records wait in a buffer of 1 MiB while it cannot be written; further ones are lost, counted and reported, and [the health](#healthtopic-health) is degraded while the file cannot be written. Full files are kept as [log files](operations.md#log-files) are, with `fileBytes` and `fileCount`; copy them elsewhere before they are deleted. The file is not signed: anyone who may write it can change it.\n- A process that is killed loses the records that wait, and the record of a request that has not ended. A lease has a record when it arrives, too.\n\n`seq` counts the records of a process (`instance`) from 1: a number that is missing is a lost record.',
    ownMembers(auditSchema),
    '## Traces: OpenTelemetry',
    'The driver records traces if the environment names a receiver: `OTEL_EXPORTER_OTLP_ENDPOINT` (or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`), or `OTEL_TRACES_EXPORTER=otlp` for a receiver at `http://localhost:4318`. Otherwise there are no traces, and the SDK of OpenTelemetry is not loaded.\n\n```sh\nOTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example.com:4318 iota-seeqdrv run --config /etc/iota/iota.seeqdrv.json\n```',
    'These standard variables apply: `OTEL_SDK_DISABLED`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`, `OTEL_BSP_…`, and `OTEL_EXPORTER_OTLP_…` (headers, certificate, compression, timeout). The protocol is `http/protobuf`; `grpc` and `http/json` are not supported. A timeout of 5 s applies to an export if no variable sets one.',
    [
      '| span | kind | when |',
      '| --- | --- | --- |',
      '| name of the function | server | a request, from its arrival to the end of its answer; of a lease, to its end |',
      '| HTTP method | client | a call to a source on behalf of a recorded request |',
      '| `publish reading` | producer | a reading or a dead letter, until the bus has acknowledged it |',
    ].join('\n'),
    'A request with a header `traceparent` ([W3C Trace Context](https://www.w3.org/TR/trace-context/)) continues the trace of its caller; an invalid or very long header is ignored. The messages of an answer, and the readings, have a header `traceparent` that names their span, if it is recorded. Requests to sources have none: a server of another company gets no identifiers from inside.',
    'The attributes follow the conventions of OpenTelemetry for HTTP and messaging. `url.full` has no query. No attribute has a value, a search text, a user or a secret.',
    'By default the caller decides whether its request is recorded (`parentbased_always_on`). If callers must not decide, or readings arrive at a high rate, use `OTEL_TRACES_SAMPLER=traceidratio` with a small `OTEL_TRACES_SAMPLER_ARG`. The driver never waits for the receiver: at most 2048 spans wait, and further ones are lost. The difference between `tracing.spans` and `tracing.exported` in the metrics shows this; exports that fail are one line in the log. A stop exports what waits, for at most 5 s.',
  ]);
}

/** Members besides those of every message. */
function ownMembers(schema: z.ZodObject): string {
  const { shape } = telemetryHead;
  return membersTable(z.object(Object.fromEntries(Object.entries(schema.shape).filter(([key]) => !(key in shape)))));
}
