/** `settings.ingest`: the feeds. A new kind of feed needs a file beside this one, and a line here. */
import { z } from 'zod';
import { commonKeys } from './common.ts';
import { egressSchema } from './egress.ts';
import { i3Schema } from './i3.ts';
import { iotOpenSchema } from './iotopen.ts';
import { mqttSchema } from './mqtt.ts';
import { seneyeSchema } from './seneye.ts';

export const ingestSchema = z.strictObject({
  ...commonKeys,
  i3: z.array(i3Schema).default([]).describe('I3 data marketplaces as a buyer, one entry for each connection.'),
  egress: z
    .array(egressSchema)
    .default([])
    .describe('I3 data marketplaces as a seller: readings on the bus published to products.'),
  iotopen: z.array(iotOpenSchema).default([]).describe('IoT Open platforms (Lynx), one entry for each connection.'),
  mqtt: z.array(mqttSchema).default([]).describe('MQTT brokers, one entry for each connection.'),
  seneye: seneyeSchema.optional().describe('The listener that seneye devices post to.'),
});

/** As parsed, with defaults. Secrets are still references. */
export type IngestFile = z.output<typeof ingestSchema>;
