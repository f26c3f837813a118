/** What the tests of the way out share: an entry of `egress`, readings in the stream, and a listener at the broker. */
import type { Reading } from '../../../../src/contract/reading.ts';
import type { NatsConnection } from 'nats';
import { keyProbe, temperature } from '../feeds/i3/harness.ts';
import { eventually } from '../../../support/eventually.ts';
import type { PlainClient } from '../../../../simulators/support/mosquitto/index.ts';

/** An entry of `egress` of the seller's device with a key. */
export const asSeller = (broker: { url: string }, more: object = {}) => ({
  name: 'shop',
  url: broker.url,
  user: keyProbe,
  credentials: { privateKey: { env: 'KEY' } },
  ackWaitMs: 1000,
  publish: [{ subject: 'iota.readings.mqtt.hall.>', topic: temperature, payload: 'value', from: 'all' }],
  ...more,
});

export const readingOf = (value: Reading['value'], more: Partial<Reading> = {}): Reading => ({
  fqn: 'mqtt:hall/signal/t',
  source: 'mqtt:hall',
  name: 't',
  time: '2026-01-01T00:00:00Z',
  value,
  status: value === null ? 'Bad Data' : 'Good',
  received: '2026-01-01T00:00:00Z',
  ...more,
});

/** Stores a message as a feed would; the id makes it safe to try again until the server is there. */
export async function store(nc: NatsConnection, body: Reading | string, subject = 'iota.readings.mqtt.hall.t') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const msgID = typeof body === 'string' ? body : `reading ${String(body.value)}`;
  await eventually(() => nc.jetstream().publish(subject, text, { msgID, timeout: 1000 }));
}

export const textsOf = ({ heard }: PlainClient): string[] => heard.map(({ text }) => text);

/** The first time that each was heard, in that order. */
export const firsts = (client: PlainClient): string[] => [...new Set(textsOf(client))];

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at));
