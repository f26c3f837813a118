/** Subscribes on one connection and returns what the broker granted. */
import type { ClientSubscribeCallback, MqttClient } from 'mqtt';
import type { Subscription } from './client-options.ts';

type Suback = NonNullable<Parameters<ClientSubscribeCallback>[2]>;

/** Some brokers accept no more filters in one packet. */
const FILTERS_A_PACKET = 8;

/** The broker's response for each filter. */
export interface Granted {
  readonly subscription: Subscription;
  /** The granted QoS, at most the requested one, or the reason of the refusal. */
  readonly answer: { readonly qos: number } | { readonly refused: string };
}

/** Reasons of a refused subscription by SUBACK code: 128 in MQTT 3.1.1, more in MQTT 5. */
const refusalTexts: Record<number, string> = {
  128: 'refused without a reason, mostly for want of rights',
  135: 'not authorized',
  143: 'the filter is not allowed',
  151: 'a quota is used up',
  158: 'it has no shared subscriptions',
  162: 'it has no wildcards',
};

/** Rejects if the connection ends before the broker has answered. */
export async function subscribe(client: MqttClient, subscriptions: readonly Subscription[]): Promise<Granted[]> {
  const packets = ([1, 0] as const).flatMap((qos) =>
    chunks(
      subscriptions.filter((subscription) => subscription.qos === qos),
      FILTERS_A_PACKET,
    ),
  );
  return (await Promise.all(packets.map((packet) => subscribeSome(client, packet)))).flat();
}

/** All filters have the same QoS. */
async function subscribeSome(client: MqttClient, subscriptions: readonly Subscription[]): Promise<Granted[]> {
  const filters = subscriptions.map(({ filter }) => filter);
  const qos = subscriptions[0]?.qos ?? 0;
  // Retained messages arrive with a new subscription, and not again with a repeated one.
  const handling = client.options.protocolVersion === 5 ? { rh: 1 } : {};
  const { promise, resolve, reject } = Promise.withResolvers<Suback | string>();
  client.subscribe(filters, { qos, ...handling }, (error, _subscriptions, packet) => {
    if (packet !== undefined) resolve(packet);
    else if (error !== null && client.connected) resolve(error.message);
    else reject(error ?? new Error('The connection was closed.'));
  });
  const answer = await promise;
  return subscriptions.map((subscription, index) => {
    if (typeof answer === 'string') return { subscription, answer: { refused: answer } };
    const code = Number(answer.granted[index] ?? 128);
    if (code < 128) return { subscription, answer: { qos: code } };
    return { subscription, answer: { refused: refusalTexts[code] ?? `code ${code}` } };
  });
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
