/** `settings.ingest.mqtt[]`: any MQTT broker. */
import { hostname } from 'node:os';
import type { Feed, FeedTools } from '../../feed.ts';
import type { BrokerCredentials } from '../../../mqtt/client.ts';
import { TopicFeed } from '../topic-feed.ts';
import type { MqttConfig } from './config.ts';

/** One configured broker. It does not connect before `start`. */
export function openMqttFeed(broker: MqttConfig, tools: FeedTools): Feed {
  const { name, version, clientId, credentials, topics, ...connection } = broker;
  return new TopicFeed({
    ...{ connection, version, tools },
    origin: { scheme: 'mqtt', connection: name },
    clientId: clientId.replaceAll('{hostname}', hostname()),
    credentials: () => logIn(credentials),
    entries: topics,
    label: `MQTT broker "${name}"`,
  });
}

/** Reads the credentials again for every attempt. */
async function logIn({ user, password }: MqttConfig['credentials']): Promise<BrokerCredentials> {
  return {
    username: typeof user === 'string' ? user : await user?.reveal(),
    password: await password?.reveal(),
  };
}
