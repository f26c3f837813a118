/** `settings.ingest`: where readings go, how many are in progress, and the feeds. */
import { z } from 'zod';
import { DAY_MS, MINUTE_MS, subject, whole } from '../config/fields.ts';
import type { Resolved } from '../config/references.ts';
import { rule } from '../config/rules.ts';
import { brokerRules } from './broker-rules.ts';
import { feedKinds } from './feed-kinds.ts';

/** The stream for readings, and whether the driver may create it. */
const streamKeys = {
  mode: z
    .enum(['jetstream', 'core'])
    .default('jetstream')
    .describe(
      '`jetstream`: a reading is acknowledged to its sender only after the stream has acknowledged it. `core`: readings are published without a stream and MAY BE LOST.',
    ),
  name: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, { message: 'must be 1 to 64 letters, digits, - or _' })
    .default('READINGS')
    .describe('Name of the stream. It must capture `<prefix>.readings.>` and `<prefix>.deadletters.>`.'),
  create: z
    .boolean()
    .default(false)
    .describe('Whether the driver may create the stream if it is missing. An existing stream is never changed.'),
  duplicateWindowMs: whole(1000, DAY_MS)
    .default(10 * MINUTE_MS)
    .describe(
      'How long the stream must recognize a reading that arrives again, in milliseconds. A reading that is sent again later (after a longer outage) may be in the stream twice.',
    ),
  maxAgeMs: whole(0, 3660 * DAY_MS)
    .default(30 * DAY_MS)
    .describe('How long a stream that the driver creates keeps readings, in milliseconds; 0 for no limit.'),
  maxBytes: whole(-1, Number.MAX_SAFE_INTEGER)
    .refine((bytes) => bytes !== 0, { message: 'must be at least 1, or -1 for no bound' })
    .default(-1)
    .describe(
      'Size of a stream that the driver creates, in bytes; the oldest readings are removed first. -1 for no limit.',
    ),
  replicas: whole(1, 5)
    .default(1)
    .describe('Copies of a stream that the driver creates, in a cluster of NATS servers.'),
  storage: z
    .enum(['file', 'memory'])
    .default('file')
    .describe('Where a stream that the driver creates keeps readings.'),
  ackTimeoutMs: whole(100, 120_000)
    .default(5000)
    .describe('Time that the stream has to acknowledge a reading before it is sent again, in milliseconds.'),
};

/** Defaults of the keys: a key that differs from them was meant. */
const STREAM_DEFAULTS = z.object(streamKeys).parse({});

/** Keys that apply only to a stream that the driver creates. */
const OF_NEW_STREAMS = ['maxAgeMs', 'maxBytes', 'replicas', 'storage'] as const;

const streamSchema = z.strictObject(streamKeys).check(
  rule(['mode', 'create', 'duplicateWindowMs', 'maxAgeMs', 'ackTimeoutMs'], (stream, report) => {
    const { mode, create, duplicateWindowMs, maxAgeMs, ackTimeoutMs } = stream;
    if (mode === 'core') return;
    const window = `${report.at('duplicateWindowMs')}, which is ${duplicateWindowMs}`;
    if (create && maxAgeMs > 0 && maxAgeMs < duplicateWindowMs) {
      const message = `must be 0 or at least ${window}; the server accepts no stream that keeps readings for less time`;
      report.problem(['maxAgeMs'], message, String(maxAgeMs));
    }
    if (ackTimeoutMs >= duplicateWindowMs) {
      const message = `must be less than ${window}; otherwise a reading that is sent again is in the stream twice`;
      report.problem(['ackTimeoutMs'], message, String(ackTimeoutMs));
    }
  }),
  rule([], (stream, report) => {
    const given = (Object.keys(streamKeys) as (keyof typeof streamKeys)[]).filter(
      (key) => key !== 'mode' && stream[key] !== STREAM_DEFAULTS[key],
    );
    if (stream.mode === 'core') {
      for (const key of given) report.warning([key], 'has no effect with mode core');
    } else if (!stream.create) {
      for (const key of given.filter((one) => OF_NEW_STREAMS.some((other) => other === one))) {
        report.warning([key], 'has no effect without create: true');
      }
    } else if (stream.storage === 'memory') {
      report.warning(['storage'], 'is memory: readings that were acknowledged are lost when the NATS server restarts');
    }
  }),
);

/** Most messages in progress. A full window makes senders wait. */
const windowSchema = z.strictObject({
  messages: whole(1, 65_535)
    .default(500)
    .describe(
      'Messages of one feed that are received and not yet acknowledged. Beyond it senders wait. They also wait while 20,000 readings of these messages wait, or 64 MiB of messages of an MQTT broker.',
    ),
  inFlight: whole(1, 10_000)
    .default(64)
    .describe('Readings of one feed that wait for the acknowledgement of the stream at once.'),
});

/** Which sender timestamps are accepted. */
export const timesSchema = z.strictObject({
  aheadMs: whole(0, 3660 * DAY_MS)
    .default(5 * MINUTE_MS)
    .describe(
      "How far a sender's clock may be ahead, in milliseconds. A reading with a later time gets its time of arrival and is `Questionable`.",
    ),
  oldMs: whole(1000, 36_600 * DAY_MS)
    .default(3660 * DAY_MS)
    .describe(
      'How old a reading may be, in milliseconds. An older reading gets its time of arrival and is `Questionable`.',
    ),
});

/** Default for the first part of the subjects of readings. */
export const DEFAULT_PREFIX = 'iota';

/** Keys directly below `settings.ingest`. */
export const commonKeys = {
  prefix: subject()
    .refine((text) => !text.startsWith('$'), { message: 'must not begin with $, which belongs to the server' })
    .default(DEFAULT_PREFIX)
    .describe(
      'First part of the subjects of readings, `<prefix>.readings.<scheme>.<connection>.…`, and of dead letters, `<prefix>.deadletters.<scheme>.<connection>`.',
    ),
  stream: streamSchema.prefault({}).describe('The stream that stores the readings.'),
  window: windowSchema.prefault({}).describe('How many messages are in progress at once.'),
  times: timesSchema.prefault({}).describe('Which times of senders are accepted.'),
};

type FeedSchemas = { readonly [K in keyof typeof feedKinds]: (typeof feedKinds)[K]['schema'] };

const feedSchemas = Object.fromEntries(
  Object.entries(feedKinds).map(([key, { schema }]) => [key, schema]),
) as unknown as FeedSchemas;

export const ingestSchema = z.strictObject({ ...commonKeys, ...feedSchemas }).check(...brokerRules(feedKinds));

/** As parsed, with defaults. Secrets are still references. */
export type IngestFile = z.output<typeof ingestSchema>;

/** The feeds, ready to use. Secrets and certificates are read again for every use. */
export type IngestConfig = Resolved<IngestFile>;

/** Whether a feed is configured. */
export const hasFeed = (ingest: IngestFile): boolean =>
  (Object.keys(feedKinds) as (keyof typeof feedKinds)[]).some((key) => {
    const feeds: unknown = ingest[key];
    return Array.isArray(feeds) ? feeds.length > 0 : feeds !== undefined;
  });
