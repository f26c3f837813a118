/** What tests of the MQTT link share: a broker, a link with short pauses, and what came of it. */
import { onTestFinished, vi } from 'vitest';
import { SecretSource } from '../../../src/config/secret.ts';
import {
  openLink,
  type Incoming,
  type LinkOptions,
  type LinkState,
  type MqttLink,
} from '../../../src/ingest/mqtt/link.ts';
import { TestLog } from '../../bus/support.ts';
import {
  connectPlain,
  startMosquitto,
  type Mosquitto,
  type MosquittoOptions,
  type PlainClient,
} from '../../support/mosquitto/index.ts';

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
  readonly link: MqttLink;
  readonly log: TestLog;
  /** Messages that were handed over, in order. */
  readonly got: Incoming[];
  readonly texts: () => string[];
  /** All changes of state. */
  readonly states: LinkState[];
  /** Resolves when it is so, now or later. */
  readonly becomes: (state: LinkState['state']) => Promise<LinkState>;
}

/** Starts a link that listens to everything below `t/`; ends with the test. */
export function linkForTest(url: string, options: Partial<LinkOptions> = {}): TestLink {
  const log = new TestLog();
  const got: Incoming[] = [];
  const states: LinkState[] = [];
  const { onMessage } = options;
  const link = openLink({
    url,
    version: '5',
    tls: { insecureSkipVerify: false },
    clientId: 'driver under test',
    keepAliveSeconds: 10,
    connectTimeoutMs: 5000,
    credentials: async () => ({}),
    subscriptions: () => [{ filter: 't/#', qos: 1 }],
    full: () => false,
    room: async () => undefined,
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
      vi.waitFor(
        () => {
          const now = link.state;
          if (now.state !== state) throw new Error(`The link is ${now.state}: ${now.message ?? ''}`);
          return now;
        },
        { timeout: 30_000 },
      ),
  };
}

export const textOf = ({ payload }: Incoming): string => Buffer.from(payload).toString('utf8');

/** A file of the configuration whose text a test can change. */
export function fileOf(text: string | (() => string)): SecretSource {
  return new SecretSource(async () => (typeof text === 'string' ? text : text()));
}

/** Messages that the broker has for a client and that are not acknowledged, as its log tells; needs `logPackets`. */
export function unacknowledged(broker: Mosquitto, clientId: string): number {
  const lines = broker.log().split('\n');
  const sent = lines.filter((line) => line.includes(`Sending PUBLISH to ${clientId} (d0, q1`)).length;
  const acknowledged = lines.filter((line) => line.includes(`Received PUBACK from ${clientId} `)).length;
  return sent - acknowledged;
}
