/** `settings.ingest`: the feeds of device data. A new kind of feed is one file beside this one, and one line here. */
import { z } from 'zod';
import { commonKeys } from './common.ts';
import { mqttSchema } from './mqtt.ts';
import { seneyeSchema } from './seneye.ts';

export const ingestSchema = z.strictObject({
  ...commonKeys,
  mqtt: z.array(mqttSchema).default([]).describe('MQTT brokers, one entry for each connection.'),
  seneye: seneyeSchema.optional().describe('The listener that seneye devices post to.'),
});

/** As read, with defaults filled in and secrets still as references. */
export type IngestFile = z.output<typeof ingestSchema>;
