/** A plain MQTT client for tests, the demo and the bench: somebody who publishes or listens beside the driver. */
import { connect, type IClientOptions, type MqttClient } from 'mqtt';

/** A message as the broker delivered it. */
export interface Heard {
  topic: string;
  text: string;
  qos: number;
  retained: boolean;
}

export interface PlainClient {
  /** The mqtt.js client, for what is not here. */
  readonly raw: MqttClient;
  /** Everything that came, in order. */
  readonly heard: Heard[];
  /** Resolves when the broker has acknowledged it (QoS 1, the default) or when it was sent (QoS 0). */
  publish(topic: string, payload: string | Buffer, options?: { qos?: 0 | 1 | 2; retain?: boolean }): Promise<void>;
  /** Resolves when the broker has granted it. */
  subscribe(filter: string, qos?: 0 | 1): Promise<void>;
  end(): Promise<void>;
}

/** Connects once (rejects when that fails) and does not come back by itself unless `reconnectPeriod` says so. */
export async function connectPlain(url: string, options: IClientOptions = {}): Promise<PlainClient> {
  const raw = connect(url, { reconnectPeriod: 0, connectTimeout: 10_000, ...options });
  const heard: Heard[] = [];
  // Before the connection is there: a session's messages come with it.
  raw.on('message', (topic, payload, packet) => {
    heard.push({ topic, text: payload.toString('utf8'), qos: packet.qos, retained: packet.retain });
  });
  await new Promise<void>((resolve, reject) => {
    raw.once('connect', () => {
      resolve();
    });
    raw.on('error', reject);
    raw.once('close', () => {
      reject(new Error('The broker closed the connection.'));
    });
  }).catch((error: unknown) => {
    raw.end(true);
    throw error;
  });
  return {
    raw,
    heard,
    publish: async (topic, payload, { qos = 1, retain = false } = {}) => {
      await raw.publishAsync(topic, payload, { qos, retain });
    },
    subscribe: async (filter, qos = 1) => {
      await raw.subscribeAsync(filter, { qos });
    },
    end: async () => {
      await raw.endAsync(true);
    },
  };
}
