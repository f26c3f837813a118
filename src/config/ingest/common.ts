/** Keys that all feeds share: where readings go, and how many are in progress. */
import { z } from 'zod';
import { subject, whole } from '../fields.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** The stream for readings, and whether the driver may create it. */
export const streamSchema = z.strictObject({
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
});

/** Most messages in progress. A full window makes senders wait. */
export const windowSchema = z.strictObject({
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
