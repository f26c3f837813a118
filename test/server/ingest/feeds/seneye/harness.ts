/** What the tests of the receiver share: a real nats-server with the stream, the receiver, and posts over real HTTP. */
import { onTestFinished } from 'vitest';
import { NatsError, type JetStreamManager } from 'nats';
import type { z } from 'zod';
import { corePublisher, streamPublisher } from '../../../../../src/bus/jetstream/readings-publisher.ts';
import type { BusConnection } from '../../../../../src/bus/connection/connection.ts';
import { StreamMonitor } from '../../../../../src/bus/jetstream/stream-monitor.ts';
import { seneyeSchema, type SeneyeConfig } from '../../../../../src/ingest/feeds/seneye/config.ts';
import { SecretSource } from '../../../../../src/config/secret.ts';
import type { DeadLetter, Reading } from '../../../../../src/contract/reading.ts';
import type { StatusPageUrl } from '../../../../../src/ingest/feed.ts';
import { ReadingsSink } from '../../../../../src/ingest/readings-sink.ts';
import { readingSubjects } from '../../../../../src/contract/reading-subject.ts';
import { openSeneyeFeed, type SeneyeFeed } from '../../../../../src/ingest/feeds/seneye/feed.ts';
import { busForTest, callerForTest, serverForTest, until, type TestLog } from '../../../bus/support.ts';
import { signMessage, type Encoding } from '../../../../../simulators/seneye/encoding.ts';
import { post, type PostAnswer, type PostOptions } from '../../../../../simulators/seneye/http-post.ts';
import type { NatsServer } from '../../../../support/nats/index.ts';

export const SECRET = 'FGQEEESSA';
export const SOURCE = 'SWS_0001';
export const PATH = '/localexchange/endpoint';
export const SUD_ID = 'AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00';

/** As a person writes it, without secrets. */
type Written = Partial<z.input<typeof seneyeSchema>>;

/** The configuration as the driver would read it; the secrets are given as text. */
export function configOf(
  written: Written = {},
  secrets: { source?: string; devices?: Record<string, string>; read?: () => Promise<string> } = {},
): SeneyeConfig {
  const parsed = seneyeSchema.parse({
    host: '127.0.0.1',
    port: 0,
    sources: [{ source: SOURCE, name: 'home', secret: { env: 'UNUSED' } }],
    ...written,
  });
  const text = (secret: string): SecretSource => new SecretSource(async () => secret);
  const { tls: _tls, ...rest } = parsed;
  return {
    ...rest,
    sources: parsed.sources.map(({ secret, devices, ...source }) => ({
      ...source,
      ...(secret === undefined
        ? {}
        : { secret: secrets.read === undefined ? text(secrets.source ?? SECRET) : new SecretSource(secrets.read) }),
      devices: devices.map(({ secret: own, ...device }) => ({
        ...device,
        ...(own === undefined ? {} : { secret: text(secrets.devices?.[device.id] ?? '') }),
      })),
    })),
  };
}

export interface Harness {
  readonly server: NatsServer;
  readonly bus: BusConnection;
  readonly feed: SeneyeFeed;
  readonly log: TestLog;
  readonly port: number;
  readonly url: string;
  /** Everything in the stream, in order. */
  stored(): Promise<Stored[]>;
  readings(): Promise<Reading[]>;
  deadLetters(): Promise<DeadLetter[]>;
  /** Posts a message, signed as the devices do unless told otherwise. */
  send(message: unknown, options?: SendOptions): Promise<PostAnswer>;
}

export interface Stored {
  readonly subject: string;
  readonly id: string;
  readonly body: Reading | DeadLetter;
}

export interface SendOptions extends Partial<PostOptions> {
  readonly secret?: string;
  readonly encoding?: Encoding;
}

export interface HarnessOptions {
  window?: number;
  ackMs?: number;
  core?: boolean;
  statusPage?: StatusPageUrl;
}

/** Everything started, the listener up; ends with the test. */
export async function harnessForTest(
  config: SeneyeConfig = configOf(),
  { window = 500, ackMs = 500, core = false, statusPage }: HarnessOptions = {},
): Promise<Harness> {
  const server = await serverForTest({ jetstream: true });
  const bus = busForTest(server, { pingIntervalMs: 500, connectTimeoutMs: 2000 });
  const prefix = 'iota';
  const create = { maxAgeMs: 0, maxBytes: -1, replicas: 1, storage: 'file' } as const;
  const wish = { name: 'READINGS', subjects: readingSubjects(prefix), duplicateWindowMs: 600_000, create };
  const guard = new StreamMonitor(bus, wish, bus.log);
  const toStream = streamPublisher(bus, {
    stream: 'READINGS',
    timeoutMs: ackMs,
    blocked: () => guard.blocked,
    onUnexpected: () => {
      guard.check();
    },
  });
  const publisher = core ? corePublisher(bus) : toStream;
  const times = { aheadMs: 300_000, oldMs: 3660 * 86_400_000 };
  const feed = openSeneyeFeed(config, {
    ...{ bus, prefix, times, logger: bus.log, userAgent: 'test', statusPage },
    stream: { name: 'READINGS', repeatableMs: 0 },
    createSink: (origin) =>
      new ReadingsSink({ ...{ origin, prefix, publisher, window, inFlight: 64, logger: bus.log } }),
  });
  await bus.connected();
  await until(() => guard.status.state === 'ok');
  feed.start();
  onTestFinished(async () => {
    await feed.stop(0);
    guard.stop();
  });
  await until(() => feed.port !== undefined);
  const caller = await callerForTest(server);
  const manager = await caller.jetstreamManager({ timeout: 500 });
  const port = feed.port ?? 0;
  const url = `${config.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}${PATH}`;
  const stored = async (): Promise<Stored[]> => {
    for (;;) {
      try {
        return await allOf(manager);
      } catch (error) {
        // The connection of the test was broken like that of the receiver, and comes back when it does.
        if (!(error instanceof NatsError)) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  };
  return {
    ...{ server, bus, feed, log: bus.log, port, url, stored },
    readings: async () => (await stored()).flatMap(({ body }) => ('kind' in body ? [] : [body])),
    deadLetters: async () => (await stored()).flatMap(({ body }) => ('kind' in body ? [body] : [])),
    send: (message, { secret = SECRET, encoding, ...options } = {}) =>
      post({ url, source: SOURCE, body: signMessage(bytesOf(message), secret, encoding), ...options }),
  };
}

const bytesOf = (message: unknown): Buffer =>
  Buffer.isBuffer(message) ? message : Buffer.from(typeof message === 'string' ? message : JSON.stringify(message));

async function allOf(manager: JetStreamManager): Promise<Stored[]> {
  const { state } = await manager.streams.info('READINGS');
  const messages: Stored[] = [];
  // An empty stream names 0 as its first message, which cannot be asked for.
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const message = await manager.streams.getMessage('READINGS', { seq });
    const body = JSON.parse(Buffer.from(message.data).toString('utf8')) as Reading | DeadLetter;
    messages.push({ subject: message.subject, id: message.header.get('Nats-Msg-Id'), body });
  }
  return messages;
}

/** A device takes no two readings in the same second. */
let latest = Math.floor(Date.now() / 1000) - 3600;

/** A message as a Home in water sends it, with changes; each is a second later than the one before. */
export function message(
  data: Record<string, unknown> = {},
  sud: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    version: '1.0.0',
    SUD: {
      id: SUD_ID,
      name: 'Office',
      type: 1,
      TS: ++latest,
      data: { S: { W: 1, T: 0, P: 0, N: 0, S: 0 }, T: 21.125, P: 7.94, N: 0.001, ...data },
      ...sud,
    },
  };
}
