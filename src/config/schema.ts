import { z } from 'zod';
import { ingestSchema } from './ingest/schema.ts';
import { serverSchema } from './schema-server.ts';
import { filePath, hostName, natsUrl, subject, userPublicKey, whole } from './fields.ts';

const KiB = 1024;
const MiB = 1024 * KiB;
const HOUR_MS = 3_600_000;

/** Limits of one request, and of concurrent work of the process. */
export const limitsSchema = z.strictObject({
  itemsPerRequest: whole(1, 1_000_000).default(5000).describe('Most items (FQNs) in one request.'),
  samplesPerItem: whole(1, 100_000_000).default(1_000_000).describe('Most samples of one item in one answer.'),
  plottedRawSamples: whole(1, 100_000_000)
    .default(500_000)
    .describe(
      'Most recorded samples of one item that `plotted` reads; of a longer series of numbers the server computes the lowest and highest values. Text is always read.',
    ),
  rangeDays: whole(1, 200_000).default(3660).describe('Longest time range of one request, in days.'),
  // At least the contract's own default of `limit`.
  searchLimit: whole(100, 1_000_000).default(10_000).describe('Highest allowed `limit` of a search.'),
  pageSamples: whole(10, 1_000_000)
    .default(10_000)
    .describe('Samples that the driver requests from a source in one call. Larger pages block the process for longer.'),
  requestBytes: whole(KiB, 64 * MiB)
    .default(MiB)
    .describe('Largest request body, in bytes.'),
  defaultTimeoutMs: whole(10, 24 * HOUR_MS)
    .default(30_000)
    .describe('Time budget of a request without `timeoutMs`, in milliseconds.'),
  maxTimeoutMs: whole(10, 24 * HOUR_MS)
    .default(300_000)
    .describe('Highest allowed `timeoutMs` of a request, in milliseconds.'),
  concurrentRequests: whole(1, 100_000)
    .default(256)
    .describe(
      'Requests that one driver process handles at once for each server. Three times as many may wait; further ones are answered `overloaded`. One caller gets at most three quarters of either.',
    ),
  maxLeaseMs: whole(1000, 24 * HOUR_MS)
    .default(600_000)
    .describe('Highest allowed `leaseMs` of `eventpipepoll`, in milliseconds.'),
  maxLeases: whole(1, 100_000)
    .default(1000)
    .describe(
      'Leases that one driver process holds at once; further ones are answered `overloaded`. One caller gets at most three quarters.',
    ),
  maxLeasedItems: whole(1, 10_000_000)
    .default(50_000)
    .describe(
      'Items of all leases of one driver process together; leases beyond it are answered `overloaded`. One caller gets at most three quarters, except that its first lease may use all that is free.',
    ),
  drainTimeoutMs: whole(0, 600_000)
    .default(20_000)
    .describe('Time to complete the requests in flight when the driver is stopped, in milliseconds.'),
});

/** Driver settings of the NATS connection. */
export const busSchema = z.strictObject({
  keyFile: filePath()
    .optional()
    .describe(
      'File with the NKey seed of the driver, if it is not `privatekey.nk` beside this file. Relative to the configuration file. The option `--key` and the variable `IOTA_SEEQDRV_KEY` have priority.',
    ),
  caFile: filePath()
    .optional()
    .describe('PEM file of the authorities to trust instead of the public ones. Relative to the configuration file.'),
  serverName: hostName()
    .optional()
    .describe('Host name that the server certificate must have, if it differs from the one in `natsurl`.'),
  insecure: z
    .boolean()
    .default(false)
    .describe('Permission to use plain TCP for `nats://` addresses. Without it every connection uses TLS.'),
  tlsFirst: z.boolean().default(false).describe('Start with the TLS handshake, for servers with `handshake_first`.'),
  queue: subject()
    .default('iota-seeqdrv')
    .describe('Queue group of the request topic: processes with the same one share the requests.'),
  chunkBytes: whole(KiB, 64 * MiB)
    .default(512 * KiB)
    .describe('Largest message of an answer, in bytes. The `max_payload` of the server always applies too.'),
  inFlightBytes: whole(64 * KiB, 1024 * MiB)
    .default(8 * MiB)
    .describe('Bytes of answers that may be in flight to the server at once.'),
  pingIntervalMs: whole(100, 600_000)
    .default(15_000)
    .describe('How often the connection is probed, in milliseconds. Two missed answers close it.'),
});

/** The driver's own part of the file. */
export const settingsSchema = z.strictObject({
  servers: z
    .array(serverSchema)
    .default([])
    .describe('The Seeq servers; at least one, unless `ingest` brings device data in.'),
  limits: limitsSchema.prefault({}).describe('Limits of one request, and of concurrent work.'),
  bus: busSchema.prefault({}).describe('The connection to NATS beyond `natsurl`.'),
  ingest: ingestSchema
    .optional()
    .describe('The feeds of device data: MQTT brokers, the I3 marketplace, IoT Open and seneye sensors.'),
});

const topic = (what: string) => subject().optional().describe(`${what} Not published if absent.`);
const period = (what: string, byDefault: number) =>
  whole(100, 24 * HOUR_MS)
    .default(byDefault)
    .describe(`How often ${what} are published, in milliseconds.`);

/** Accepted because the file that IOTA installs contains it. This driver stores nothing on disk. */
const logFileKey = () =>
  whole(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .describe('Accepted and not used: the driver writes no log files, it logs to standard output and `logstopic`.');

/**
 * The configuration file, `iota.seeqdrv.json`. Top-level names, spelling, meaning and defaults are those that IOTA
 * documents for its drivers. IOTA publishes no defaults for `healthmsec` and `enablemetrics`; they follow its sample
 * file.
 */
export const configSchema = z.object({
  driverid: z.string().max(128).optional().describe('Id of this driver in logs and in its messages.'),
  debug: whole(0, 3).default(0).describe('Log level: 0 errors, 1 also warnings, 2 also information, 3 everything.'),
  natsurl: natsUrl().describe(
    'Address of the NATS server as `host:port`, or several separated by commas. Connections use TLS. Port 4222 if none is given.',
  ),
  publickey: userPublicKey().describe(
    'NKey public key of the driver (56 characters, begins with U). The private key is in the file `privatekey.nk` beside this file.',
  ),
  reqtopic: subject().describe('Topic on which requests arrive, for example `us-east-1.site-a.seeq.request`.'),
  statstopic: topic('Topic for statistics.'),
  logstopic: topic('Topic for log lines.'),
  metricstopic: topic('Topic for metrics.'),
  metricsmsec: period('metrics and statistics', 30_000),
  healthtopic: topic('Topic for the health report, for example `iota.health`.'),
  healthmsec: period('health reports', 10_000),
  enablemetrics: z.boolean().default(true).describe('Whether metrics are published on `metricstopic`.'),
  logfilecount: logFileKey(),
  logfilesize: logFileKey(),
  logscanmsec: logFileKey(),
  settings: settingsSchema.describe('The settings of this driver.'),
});

/** The file as parsed, with defaults. Secrets are still references. */
export type ConfigFile = z.output<typeof configSchema>;
/** See `limitsSchema`. */
export type Limits = z.output<typeof limitsSchema>;
