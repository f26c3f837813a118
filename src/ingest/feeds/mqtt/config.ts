/** `settings.ingest.mqtt[]`: any MQTT broker. */
import { z } from 'zod';
import { plainName } from '../../../config/fields.ts';
import type { Resolved } from '../../../config/references.ts';
import { rule } from '../../../config/rules.ts';
import { SENSITIVE } from '../../../lib/wording/explain.ts';
import { connectionKeys, connectionRule, sessionRule, userPasswordSchema } from '../../../mqtt/config.ts';
import { topicList } from '../../mapping/config.ts';

export const mqttSchema = z
  .strictObject({
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
    topics: topicList().describe(
      'What to subscribe to, and how messages become readings. If several entries match a topic, the first one applies.',
    ),
  })
  .check(
    connectionRule(),
    sessionRule(),
    rule(['credentials', 'version'], ({ credentials: { user, password }, version }, report) => {
      // MQTT 3.1.1, section 3.1.2.9.
      if (password === undefined || user !== undefined || version !== '3.1.1') return;
      report.problem(['credentials', 'user'], 'is missing: MQTT 3.1.1 has no password without a user');
    }),
  );

/** A configured broker. Its secrets and certificates are read again for every use. */
export type MqttConfig = Resolved<z.output<typeof mqttSchema>>;
