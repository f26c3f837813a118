/** `settings.ingest.mqtt[]`: any MQTT broker. */
import { z } from 'zod';
import { SENSITIVE } from '../../lib/explain.ts';
import { plainName } from '../fields.ts';
import { connectionKeys, userPasswordSchema } from './connection.ts';
import { topicSchema } from './mapping.ts';

export const mqttSchema = z.strictObject({
  ...connectionKeys,
  version: z.enum(['3.1.1', '5']).default('5').describe('Version of MQTT.'),
  clientId: plainName(256)
    .refine((text) => !/[{}]/.test(text.replaceAll('{hostname}', '')), {
      message: 'must hold no braces but {hostname}',
    })
    .describe(
      'Id of the session at the broker; fixed, since the broker keeps what it could not deliver under it. Two processes with the same one evict each other. `{hostname}` stands for the name of the machine.',
    ),
  credentials: userPasswordSchema
    .prefault({})
    .meta({ [SENSITIVE]: true })
    .describe('How the driver logs in; read anew for every attempt. Empty for a broker that asks for nothing.'),
  topics: z
    .array(topicSchema)
    .min(1)
    .max(10_000)
    .describe(
      'What to subscribe to, and how messages become readings. Of several that take a topic, the first counts.',
    ),
});

export type MqttFile = z.output<typeof mqttSchema>;
