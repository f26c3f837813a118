/**
 * Readings on the bus: device values from MQTT brokers and seneye sensors. Each reading is one message on
 * `<prefix>.readings.<scheme>.<connection>.<name tokens>`. Undecodable input becomes a dead letter on
 * `<prefix>.deadletters.<scheme>.<connection>`. This contract is the driver's own, like its other bus messages.
 */
import { z } from 'zod';
import { scalarValue, valueStatuses } from './values.ts';

/** The kinds of feeds that receive readings. They are also the schemes of their FQNs. */
export const readingSchemes = ['mqtt', 'i3', 'iotopen', 'seneye'] as const;
export type ReadingScheme = (typeof readingSchemes)[number];

const instant = z.string().describe('ISO 8601 UTC, with as many fraction digits as the sender gave, at most nine');

export const readingSchema = z.strictObject({
  fqn: z.string().describe('Fully qualified name, `<scheme>:<connection>/signal/<id>`; permanent for a tag'),
  source: z.string().describe('Feed that received it: `<scheme>:<connection>`'),
  name: z.string().describe('Name for people'),
  time: instant.describe(
    'When it was measured, by the sender; the time of arrival if the sender gives no time or an implausible one',
  ),
  value: scalarValue.describe('null only with status "Bad Data"; a missing value is never replaced'),
  unit: z.string().optional(),
  status: z.enum(valueStatuses),
  reason: z.string().optional().describe('Why the status is not Good'),
  received: instant.describe('When the driver received it'),
  attributes: z
    .record(z.string(), scalarValue)
    .optional()
    .describe('Further facts from the sender: flags of the device, fields of the topic, the original time'),
});
export type Reading = z.infer<typeof readingSchema>;

/** Why a message, or a part of one, could not become a reading. A closed list, shared by dead letters and metrics. */
export const rejectCodes = [
  'notUtf8',
  'notJson',
  'wrongShape',
  'missingValue',
  'badValue',
  'badTime',
  'badName',
  'noMapping',
  'tooLarge',
] as const;
export type RejectCode = (typeof rejectCodes)[number];

export const deadLetterSchema = z.strictObject({
  kind: z.literal('deadLetter'),
  source: z.string().describe('Feed that received it: `<scheme>:<connection>`'),
  code: z.enum(rejectCodes),
  reason: z.string().describe('What is wrong, in words'),
  received: instant.describe('When the driver received it'),
  about: z.record(z.string(), z.string()).optional().describe('Origin, for example the MQTT topic; long texts are cut'),
  payload: z.string().describe('The unchanged message, in base64; only its beginning if it is long'),
  payloadBytes: z.number().int().min(0).describe('Length of the whole message'),
  truncated: z.boolean().describe('Whether `payload` is only the beginning'),
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;
