/** MQTT brokers as a kind of feed. */
import { namedList } from '../../../config/uniqueness.ts';
import { hideSecrets } from '../../../lib/shown-value.ts';
import { feedKind } from '../../kind.ts';
import { mqttSchema } from './config.ts';
import { openMqttFeed } from './feed.ts';

export const mqtt = feedKind({
  schema: namedList(mqttSchema).describe('MQTT brokers, one entry for each connection.'),
  open: (brokers, tools) => brokers.map((broker) => openMqttFeed(broker, tools)),
  summary: (brokers) => brokers.map(({ name, url }) => `mqtt ${name}: ${hideSecrets(url)}`),
  brokerUse: ({ url, clientId, topics }) => ({
    ...{ url, clientId, session: [] },
    subscriptions: topics.map(({ filter }, at) => ({ filter, path: ['topics', at] })),
  }),
});
