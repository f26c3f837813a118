/** The ingest load: MQTT messages of one number each, and what a driver needs to take them. */
import type { MqttClient } from 'mqtt';

/** The stream of the readings. */
export const READINGS = {
  name: 'READINGS',
  subjects: ['iota.readings.>', 'iota.deadletters.>'],
  duplicate_window: 600_000 * 1e6,
};

/** The feed of a driver that takes the messages below topic `name`. */
export function feedSettings(url: string, name: string): object {
  return {
    name,
    url,
    clientId: name,
    topics: [{ filter: `${name}/#`, values: [{ path: '$.n' }], time: { path: '$.t', format: 'iso' } }],
  };
}

/** Sends `messages` below topic `name`, numbered after `from`; resolves with the last number when the broker has all. */
export async function publish(
  publisher: MqttClient,
  name: string,
  { from, messages, atOnce }: { from: number; messages: number; atOnce: number },
): Promise<number> {
  let n = from;
  const send = async (): Promise<void> => {
    while (n < from + messages) {
      n++;
      const payload = JSON.stringify({ n, t: new Date(1.7e12 + n).toISOString() });
      await publisher.publishAsync(`${name}/hall/${n % 100}`, payload, { qos: 1 });
    }
  };
  await Promise.all(Array.from({ length: atOnce }, send));
  return n;
}
