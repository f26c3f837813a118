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
      'Id of the session at the broker; fixed, because the broker keeps undelivered messages under it. Two processes with the same id disconnect each other. `{hostname}` is replaced by the name of the machine.',
    ),
  credentials: userPasswordSchema
    .prefault({})
    .meta({ [SENSITIVE]: true })
    .describe('How the driver logs in; read again for every attempt. Empty for a broker without a log-in.'),
  topics: z
    .array(topicSchema)
    .min(1)
    .max(10_000)
    .describe(
      'What to subscribe to, and how messages become readings. If several entries match a topic, the first one applies.',
    ),
});

export type MqttFile = z.output<typeof mqttSchema>;
