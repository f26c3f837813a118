/** What tests of the MQTT link share: a broker, a link with short pauses, and what came of it. */
import { expect, onTestFinished } from 'vitest';
import { SecretSource } from '../../../src/config/secret.ts';
import {
  openBrokerClient,
  type Incoming,
  type BrokerClientOptions,
  type BrokerClientState,
  type BrokerClient,
} from '../../../src/mqtt/client.ts';
import { TestLog } from '../bus/support.ts';
import { eventually } from '../../support/eventually.ts';
import {
  connectPlain,
  startMosquitto,
  type Mosquitto,
  type MosquittoOptions,
  type PlainClient,
} from '../../../simulators/support/mosquitto/index.ts';

export const VERSIONS = ['3.1.1', '5'] as const;

/** Ends with the test. */
export async function brokerForTest(options?: MosquittoOptions): Promise<Mosquitto> {
  const broker = await startMosquitto(options);
  onTestFinished(() => broker.stop());
  return broker;
}

export async function plainForTest(
  broker: Mosquitto,
  options?: Parameters<typeof connectPlain>[1],
): Promise<PlainClient> {
  const client = await connectPlain(broker.url(), options);
  onTestFinished(() => client.end());
  return client;
}

export interface TestLink {
  readonly link: BrokerClient;
  readonly log: TestLog;
  /** Messages that were handed over, in order. */
  readonly got: Incoming[];
  readonly texts: () => string[];
  /** All changes of state. */
  readonly states: BrokerClientState[];
  /** Resolves when it is so, now or later. */
  readonly becomes: (state: BrokerClientState['state']) => Promise<BrokerClientState>;
  /** Resolves when the link was so once and said this, whatever it said before; for what an attempt alone may miss. */
  readonly told: (state: BrokerClientState['state'], message: RegExp) => Promise<void>;
}

/** Starts a link that listens to everything below `t/`; ends with the test. */
export function linkForTest(url: string, options: Partial<BrokerClientOptions> = {}): TestLink {
  const log = new TestLog();
  const got: Incoming[] = [];
  const states: BrokerClientState[] = [];
  const { onMessage } = options;
  const link = openBrokerClient({
    url,
    version: '5',
    tls: { insecureSkipVerify: false },
    clientId: 'driver under test',
    keepAliveSeconds: 10,
    connectTimeoutMs: 5000,
    credentials: async () => ({}),
    subscriptions: () => [{ filter: 't/#', qos: 1 }],
    full: () => false,
    whenReady: async () => undefined,
    label: 'MQTT broker "hall"',
    logger: log,
    retry: { down: { minMs: 10, maxMs: 100 }, refused: { minMs: 10, maxMs: 100 } },
    ...options,
    onMessage: async (message) => {
      got.push(message);
      await onMessage?.(message);
    },
    onState: (state) => {
      states.push(state);
    },
  });
  onTestFinished(() => link.stop(0));
  link.start();
  return {
    ...{ link, log, got, states },
    texts: () => got.map(textOf),
    becomes: (state) =>
      eventually(() => {
        const now = link.state;
        if (now.state !== state) throw new Error(`The link is ${now.state}: ${now.message ?? ''}`);
        return now;
      }),
    told: (state, message) =>
      eventually(() => {
        expect(states).toContainEqual({ state, message: expect.stringMatching(message) as string });
      }),
  };
}

export const textOf = ({ payload }: Incoming): string => Buffer.from(payload).toString('utf8');

/** A file of the configuration whose text a test can change. */
export function fileOf(text: string | (() => string)): SecretSource {
  return new SecretSource(async () => (typeof text === 'string' ? text : text()));
}

/** Messages that a client has acknowledged to the broker, as far as its log has been read; needs `logPackets`. */
export const acknowledged = (broker: Mosquitto, clientId: string): number =>
  broker.log().split(`Received PUBACK from ${clientId} `).length - 1;

let marks = 0;

/**
 * Resolves when the log of the broker has everything that the link sent before this call: the log comes by another way
 * than the messages, so what does not stand in it yet may come. Needs `logPackets`.
 */
export async function logged(broker: Mosquitto, link: BrokerClient): Promise<void> {
  const topic = `mark/${++marks}`;
  await link.publish(topic, Buffer.from('x'), 1);
  await eventually(() => {
    expect(broker.log()).toContain(`'${topic}'`);
  });
}
