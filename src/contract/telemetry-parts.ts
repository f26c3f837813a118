/** What the messages of the telemetry topics have in common. */
import { z } from 'zod';

/** Version of the bodies. It changes when a member is removed or changes its meaning. */
export const TELEMETRY_VERSION = 1;

export const count = z.number().int().min(0);
export const milliseconds = z.number().min(0);

export const instant = z.string().describe('ISO 8601 UTC');

/** Members of every message. */
export const head = {
  schema: z.literal(TELEMETRY_VERSION).describe('Version of these bodies'),
  driver: z.literal('iota-seeqdrv'),
  type: z.literal('seeq').describe('Driver type'),
  driverid: z.string().nullable().describe('As configured'),
  instance: z.string().describe('Id of this process among the replicas'),
  version: z.string().describe('Version of the driver'),
  reqtopic: z.string().describe('Request topic that this driver serves'),
  time: instant.describe('When the message was created; ISO 8601 UTC'),
};
export const telemetryHead = z.strictObject(head);
export type TelemetryHead = z.infer<typeof telemetryHead>;

export const pollPace = z
  .strictObject({
    tags: count.describe('Leased tags that have been read at least twice'),
    askedMs: milliseconds.describe('Requested interval of the reads, on average'),
    realMs: milliseconds.describe('Actual interval of the reads, on average'),
    late: z
      .boolean()
      .describe('True when the actual interval has been more than twice the requested one for some seconds'),
  })
  .optional()
  .describe('Gauge: reads for leases; absent where there are none');
