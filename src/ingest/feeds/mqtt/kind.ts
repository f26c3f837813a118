/** `settings.ingest.mqtt[]`: any MQTT broker, as a kind of feed. */
import { hostname } from 'node:os';
import { namedList } from '../../../config/uniqueness.ts';
import { hideSecrets } from '../../../lib/wording/shown-value.ts';
import { feedKind } from '../../kind.ts';
import { mqttSchema, type MqttConfig } from './config.ts';
import type { Feed, FeedTools } from '../../feed.ts';
import type { BrokerCredentials } from '../../../mqtt/client.ts';
import { brokerGroup } from '../../../mqtt/check.ts';
import { subscriptionsOf, TopicFeed } from '../topic-feed.ts';

export const mqtt = feedKind({
  schema: namedList(mqttSchema).describe('MQTT brokers, one entry for each connection.'),
  open: (brokers, tools) => brokers.map((broker) => openMqttFeed(broker, tools)),
  summary: (brokers) => brokers.map(({ name, url }) => `mqtt ${name}: ${hideSecrets(url)}`),
  check: (brokers, { takeOver }) =>
    brokers.map((broker) => {
      const { connection, ...login } = connectionOf(broker);
      const subscriptions = subscriptionsOf(broker.topics);
      return brokerGroup({
        name: `mqtt ${broker.name}`,
        options: { ...connection, ...login },
        subscriptions,
        takeOver,
      });
    }),
  brokerUse: ({ url, clientId, topics }) => ({
    ...{ url, clientId, session: [] },
    subscriptions: topics.map(({ filter }, at) => ({ filter, path: ['topics', at] })),
  }),
});

/** One configured broker. It does not connect before `start`. */
function openMqttFeed(broker: MqttConfig, tools: FeedTools): Feed {
  const { name, topics } = broker;
  return new TopicFeed({
    ...connectionOf(broker),
    tools,
    origin: { scheme: 'mqtt', connection: name },
    entries: topics,
  });
}

/** The client options that follow from the configuration. */
function connectionOf({ name, version, clientId, credentials, topics: _topics, ...connection }: MqttConfig) {
  return {
    ...{ connection, version },
    clientId: clientId.replaceAll('{hostname}', hostname()),
    credentials: () => logIn(credentials),
    label: `MQTT broker "${name}"`,
  };
}

/** Reads the credentials again for every attempt. */
async function logIn({ user, password }: MqttConfig['credentials']): Promise<BrokerCredentials> {
  return {
    username: typeof user === 'string' ? user : await user?.reveal(),
    password: await password?.reveal(),
  };
}
