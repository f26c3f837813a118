import { z } from 'zod';
import * as telemetry from '../../src/contract/telemetry.ts';
import { page } from './markdown.ts';
import { membersTable } from './schema-table.ts';

/** `docs/telemetry.md`: what the driver publishes about itself, out of the schemas of its bodies. */
export function telemetryPage(): string {
  return page([
    '# Telemetry on the bus',
    '<!-- Generated from src/contract/telemetry.ts by "npm run generate". -->',
    'The driver publishes about itself on the topics that IOTA documents for its drivers. IOTA publishes no body for them, so **the bodies are our own and not confirmed by IOTA Software**. Each message is one JSON object in UTF-8. A receiver ignores members that it does not know; `schema` changes when a member is taken away or changes its meaning.',
    'Every topic is published only if it is configured. Publishing never waits: what cannot be sent at once, because the bus is away or slow (about 1 MiB waits for it on each topic) or the message is too large, is dropped and counted in the metrics. Health, metrics and statistics name no user and no item; log lines of level `debug` name the user of each request. Secrets are nowhere.',
    '## Members of every message',
    membersTable(telemetry.telemetryHead),
    '## `healthtopic`: health',
    'Published with every new connection to the bus, every `healthmsec`, and one last time with the state `stopping` when the driver is told to stop. A driver that has died publishes nothing: take three missed periods as such.',
    'The state of a server is what requests found. A server is asked itself, by two small calls that end after 5 s: once at the start, when nothing has been heard of it for 30 s (10 s when the last news were bad), and at once after a call that failed, at most every 5 s. So it is without a health topic too, and [the log](operations.md#the-log) has a line for each change.',
    ownMembers(telemetry.healthSchema),
    '## `metricstopic`: metrics',
    'Published every `metricsmsec`, unless `enablemetrics` is false. Numbers count from the start of the process and only grow, except where a gauge is named; a new `instance` begins at 0. Times are in milliseconds.',
    ownMembers(telemetry.metricsSchema),
    '## `statstopic`: statistics',
    'Published every `metricsmsec`: the same counts in short, for people.',
    ownMembers(telemetry.statsSchema),
    '## `logstopic`: log',
    'Each line of the log as one message, at the moment it is written. The level is that of `debug`, as on standard output. Lines that are written while the bus is away stand on standard output only.\n\nNothing waits for whoever reads standard output. Lines that it does not take wait in memory, 1 MiB of them; what comes beyond is dropped, and a line tells how many lines were dropped as soon as it flows again. Lines that a caller, a device or a server can cause are written ten times for each kind, and after that once a minute with their number; a text from outside is cut at 1000 characters. Only at `debug` 3 each request and each dead letter has a line of its own. `driver started`, `Connected to the NATS server`, `driver is stopping` and `driver stopped` are logged at every `debug`. [Lines, and what to do](operations.md#the-log).',
    ownMembers(telemetry.logSchema),
  ]);
}

/** Members besides those of every message. */
function ownMembers(schema: z.ZodObject): string {
  const { shape } = telemetry.telemetryHead;
  return membersTable(z.object(Object.fromEntries(Object.entries(schema.shape).filter(([key]) => !(key in shape)))));
}
