/** What the tests of I3 share: a marketplace's broker, a real nats-server with the stream, and the feeds as configured. */
import type { JetStreamManager } from 'nats';
import { onTestFinished } from 'vitest';
import type { BusConnection } from '../../../../../src/bus/connection/connection.ts';
import { loadConfig } from '../../../../../src/app/configuration.ts';
import type { Reading } from '../../../../../src/contract/reading.ts';
import type { FeedHealth } from '../../../../../src/contract/health.ts';
import { openIngest, type Ingest } from '../../../../../src/ingest/ingest.ts';
import { busForTest, callerForTest, serverForTest, TestLog } from '../../../bus/support.ts';
import { good, pair } from '../../../../support/config.ts';
import { startI3Broker, type I3Broker, type I3BrokerOptions } from '../../../../../simulators/i3/broker.ts';
import { createDeviceKey, EXAMPLE, exampleMarketplace } from '../../../../../simulators/i3/example.ts';
import { eventually } from '../../../../support/eventually.ts';
import type { NatsServer } from '../../../../support/nats/index.ts';

export const key = createDeviceKey();
export const { temperature, ph, probe, keyProbe, buyer } = EXAMPLE;

export async function brokerForTest(options: I3BrokerOptions = {}): Promise<I3Broker> {
  const broker = await startI3Broker({ ...exampleMarketplace(key), ...options });
  onTestFinished(() => broker.stop());
  return broker;
}

/** Secrets by the name of their variable; a change is seen at the next attempt. */
export type Secrets = Record<string, string>;

export interface Harness {
  readonly nats: NatsServer;
  readonly bus: BusConnection;
  readonly ingest: Ingest;
  readonly log: TestLog;
  readonly secrets: Secrets;
  readonly manager: JetStreamManager;
  /** Readings that are in the stream, in order. */
  readings(): Promise<Reading[]>;
  /** How the one feed is. */
  health(): FeedHealth;
  /** Resolves when the one feed is so. */
  becomes(state: FeedHealth['state']): Promise<FeedHealth>;
}

export interface HarnessOptions {
  secrets?: Secrets;
  /** What secrets are replaced by after the configuration was read and before the first connection. */
  replaced?: Secrets;
  /** One that runs already, with its stream. */
  nats?: NatsServer;
  /** Port at which the bus is looked for, if there is a proxy before it. */
  busPort?: number;
}

/** Starts the feeds of `settings.ingest` as the driver does; all of it ends with the test. */
export async function ingestForTest(ingest: object, options: HarnessOptions = {}): Promise<Harness> {
  const secrets = options.secrets ?? { BUYER: buyer.password, PROBE: probe.password, KEY: key.privatePem };
  const nats = options.nats ?? (await serverForTest({ jetstream: true }));
  const caller = await callerForTest(nats);
  const bus = busForTest({ port: options.busPort ?? nats.port });
  const log = new TestLog();
  const config = await configOf({ stream: { create: true }, ...ingest }, secrets);
  Object.assign(secrets, options.replaced);
  const opened = openIngest({
    ...{ config, bus, logger: log, userAgent: 'test' },
  });
  onTestFinished(() => opened.stop(0));
  await bus.connected();
  await eventually(() => {
    if (opened.stream()?.state !== 'ok') throw new Error('The stream is not there yet.');
  });
  opened.start();
  const manager = await caller.jetstreamManager();
  const health = (): FeedHealth => {
    const [first] = opened.health();
    if (first === undefined) throw new Error('There is no feed.');
    return first;
  };
  return {
    ...{ nats, bus, log, secrets, manager, health },
    ingest: opened,
    readings: async () => (await storedIn(manager, 'iota.readings.')).map(({ text }) => JSON.parse(text) as Reading),
    becomes: (state) =>
      eventually(() => {
        const now = health();
        if (now.state !== state) throw new Error(`The feed is ${now.state}: ${now.message ?? ''}`);
        return now;
      }),
  };
}

async function configOf(ingest: object, secrets: Secrets) {
  const { config } = await loadConfig({
    path: '/etc/driver/iota.seeqdrv.json',
    env: Object.assign(secrets, { SEEQ_KEY: 'key-for-nothing' }),
    readFile: async (path) => {
      const files: Record<string, string> = {
        '/etc/driver/iota.seeqdrv.json': JSON.stringify(good({}, { ingest })),
        '/etc/driver/privatekey.nk': pair.seed,
        '/etc/driver/seeq.password': 'password-for-nothing',
      };
      const text = files[path];
      if (text === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      return Buffer.from(text);
    },
  });
  if (config.ingest === undefined) throw new Error('There is no ingest.');
  return config.ingest;
}

/** What the stream holds below a subject, in order. */
export async function storedIn(manager: JetStreamManager, below: string): Promise<{ subject: string; text: string }[]> {
  const { state } = await manager.streams.info('READINGS');
  const found: { subject: string; text: string }[] = [];
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const { subject, data } = await manager.streams.getMessage('READINGS', { seq });
    if (subject.startsWith(below)) found.push({ subject, text: Buffer.from(data).toString('utf8') });
  }
  return found;
}

/** An entry of `i3` for the buyer of the example. */
export const asBuyer = (broker: { url: string }, more: object = {}) => ({
  name: 'market',
  url: broker.url,
  user: buyer.username,
  credentials: { password: { env: 'BUYER' } },
  products: [{ topic: temperature, payload: 'number' }],
  ...more,
});

/** An entry of `i3` for the seller's device with a key. */
export const asKeyDevice = (broker: { url: string }, more: object = {}) =>
  asBuyer(broker, { user: keyProbe, credentials: { privateKey: { env: 'KEY' } }, ...more });
