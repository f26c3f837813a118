/** Health of the driver: on `healthtopic`, as answer of the function `health`, and between replicas. */
import { z } from 'zod';
import { readingSchemes } from './reading.ts';
import { head, instant, pollPace } from './telemetry-parts.ts';

export const healthStates = ['ok', 'degraded', 'down', 'stopping'] as const;
export type HealthState = (typeof healthStates)[number];

export const serverHealth = z.strictObject({
  name: z.string().describe('The configured connection name'),
  state: z.enum(['up', 'down', 'unauthorized', 'unknown']).describe('Last known state; unknown: not probed yet'),
  since: instant.nullable().describe('When this state began; null before the first result'),
  checked: instant.nullable().describe('When that state was last confirmed'),
  version: z.string().nullable().describe('Version of the server, as the last probe found it'),
  message: z.string().optional().describe('The problem and its remedy'),
  polls: pollPace,
});
export type ServerHealth = z.infer<typeof serverHealth>;

export const busHealth = z.strictObject({
  connected: z.boolean(),
  since: instant.describe('When the connection was made or lost; before the first one, when the driver started'),
  subscribed: z.boolean().describe('False if the NATS server refused the subscription of the request topic'),
  server: z.string().optional().describe('Address of the NATS server; absent without a connection'),
  message: z.string().optional().describe('Why there is no connection'),
});
export type BusHealth = z.infer<typeof busHealth>;

/** Feeds receive readings; `egress` sends them from the bus to a broker. */
export const feedKinds = [...readingSchemes, 'egress'] as const;
export type FeedKind = (typeof feedKinds)[number];

export const feedStates = ['connecting', 'up', 'silent', 'waiting', 'refused', 'down', 'stopped'] as const;
export type FeedState = (typeof feedStates)[number];

export const feedHealth = z.strictObject({
  kind: z.enum(feedKinds),
  name: z.string().describe('The configured connection name'),
  state: z
    .enum(feedStates)
    .describe(
      'connecting: the first attempt runs, or subscriptions are not confirmed yet; up: it works; silent: no message has arrived for longer than configured; waiting: the bus accepts no readings, so senders must wait; refused: the log-in was refused; down: the other side cannot be reached',
    ),
  since: instant.describe('When this state began'),
  message: z.string().optional().describe('The problem and its remedy'),
  lastMessage: instant.nullable().describe('When the last message arrived; null before the first'),
  silent: z
    .array(
      z.strictObject({
        name: z.string().describe('The device or source, in words'),
        since: instant.nullable().describe('Its last message; null if there was none since the start'),
      }),
    )
    .optional()
    .describe('seneye devices that no longer post, at most 50; absent if there are none'),
});
export type FeedHealth = z.infer<typeof feedHealth>;

export const streamHealth = z.strictObject({
  name: z.string().describe('Name of the stream for readings'),
  state: z
    .enum(['unknown', 'ok', 'degraded', 'unavailable'])
    .describe(
      'unknown: not checked yet, or no right to check it; degraded: it works, but has a problem; unavailable: nothing is published to it',
    ),
  since: instant.describe('When this state began'),
  message: z.string().optional().describe('The problem and its remedy'),
});
export type StreamHealth = z.infer<typeof streamHealth>;

export const healthSchema = z.strictObject({
  kind: z.literal('health'),
  ...head,
  state: z
    .enum(healthStates)
    .describe(
      'ok; degraded: some servers cannot be used; down: no server can be used, or the bus is not available; stopping: the last message of this process',
    ),
  reasons: z.array(z.string()).describe('Why the state is not ok, in words; empty when it is ok'),
  started: instant.describe('When the process started; ISO 8601 UTC'),
  bus: busHealth,
  servers: z.array(serverHealth),
  stream: streamHealth.optional().describe('The stream for readings; absent without feeds or with core NATS'),
  feeds: z.array(feedHealth).optional().describe('The feeds of device data; absent where none is configured'),
});
export type Health = z.infer<typeof healthSchema>;

/** What a replica reports of itself to the others. It is not published. */
export const replicaHealth = z.object({
  instance: z.string().max(300),
  version: z.string().max(100),
  started: instant,
  state: z.enum(healthStates),
  reasons: z.array(z.string().max(4096)).max(20),
});
export type ReplicaHealth = z.infer<typeof replicaHealth>;

/** What is known of another replica. */
export const knownReplica = replicaHealth.extend({
  answered: instant.describe('When it last answered; ISO 8601 UTC'),
  isPresent: z.boolean().describe('False if it did not answer the last question: it has crashed or cannot be reached'),
});
export type KnownReplica = z.infer<typeof knownReplica>;

/** The health of the driver for a caller, with its other replicas. */
export const driverHealth = healthSchema.extend({
  replicas: z.array(knownReplica).describe('The other replicas that serve this request topic'),
});
export type DriverHealth = z.infer<typeof driverHealth>;
