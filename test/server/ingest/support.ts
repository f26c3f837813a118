/** What tests of whole feeds share: a real nats-server with the stream, and the feeds as the configuration has them. */
import type { JetStreamManager } from 'nats';
import { onTestFinished } from 'vitest';
import type { BusConnection, BusOptions } from '../../../src/bus/connection/connection.ts';
import { loadConfig } from '../../../src/app/configuration.ts';
import type { DeadLetter, Reading } from '../../../src/contract/reading.ts';
import type { FeedHealth } from '../../../src/contract/health.ts';
import type { FeedMetrics } from '../../../src/contract/telemetry.ts';
import { openIngest, type Ingest } from '../../../src/ingest/ingest.ts';
import { busForTest, callerForTest, serverForTest, TestLog } from '../bus/support.ts';
import { good, pair } from '../../support/config.ts';
import { eventually } from '../../support/eventually.ts';
import type { NatsServer } from '../../support/nats/index.ts';
import { skippingClock } from '../../support/skipping-clock.ts';

/** Name of the stream, as it is by default. */
export const STREAM = 'READINGS';

/** A message of the stream. */
export interface Stored {
  readonly subject: string;
  /** Its `Nats-Msg-Id`. */
  readonly id: string;
  readonly body: Reading | DeadLetter;
}

export interface IngestHarness {
  readonly nats: NatsServer;
  readonly bus: BusConnection;
  readonly ingest: Ingest;
  readonly log: TestLog;
  /** Files by name and variables by name; what is changed is seen when it is read again. */
  readonly files: Record<string, string>;
  readonly env: Record<string, string>;
  readonly manager: JetStreamManager;
  /** Everything in the stream, in order. */
  stored(): Promise<Stored[]>;
  readings(): Promise<Reading[]>;
  deadLetters(): Promise<DeadLetter[]>;
  /** How a feed is; the only one without a name. */
  health(name?: string): FeedHealth;
  metrics(name?: string): FeedMetrics;
  /** Resolves when a feed is so. */
  becomes(state: FeedHealth['state'], name?: string): Promise<FeedHealth>;
}

export interface IngestHarnessOptions {
  /** Beside the configuration file, by name. */
  readonly files?: Record<string, string>;
  readonly env?: Record<string, string>;
  /** One that runs already, with JetStream. */
  readonly nats?: NatsServer;
  readonly bus?: Partial<BusOptions>;
}

/** Starts the feeds of `settings.ingest` as the driver does; everything ends with the test. */
export async function ingestForTest(settings: object, options: IngestHarnessOptions = {}): Promise<IngestHarness> {
  const { files = {}, env = {} } = options;
  const nats = options.nats ?? (await serverForTest({ jetstream: true }));
  const caller = await callerForTest(nats);
  const bus = busForTest(nats, { pingIntervalMs: 500, connectTimeoutMs: 2000, ...options.bus });
  const log = new TestLog();
  const ingest = openIngest({
    config: await ingestConfig(settings, files, env),
    ...{ bus, logger: log, userAgent: 'test', clock: skippingClock() },
  });
  onTestFinished(() => ingest.stop(0));
  await bus.connected();
  await eventually(() => {
    // There is none with core NATS.
    const { state = 'ok' } = ingest.stream() ?? {};
    if (state !== 'ok') throw new Error(`The stream is ${state}.`);
  });
  ingest.start();
  // One request may be lost while the server starts again; the next is not far.
  const manager = await caller.jetstreamManager({ timeout: 2000 });
  const one = <T extends { name: string }>(all: T[], name: string | undefined): T => {
    const found = name === undefined ? all[0] : all.find((feed) => feed.name === name);
    if (found === undefined) throw new Error(`There is no feed ${name ?? ''}.`);
    return found;
  };
  const health = (name?: string): FeedHealth => one(ingest.health(), name);
  const stored = (): Promise<Stored[]> => storedIn(manager);
  return {
    ...{ nats, bus, ingest, log, files, env, manager, stored, health },
    metrics: (name) => one(ingest.metrics(), name),
    readings: async () => (await stored()).flatMap(({ body }) => ('kind' in body ? [] : [body])),
    deadLetters: async () => (await stored()).flatMap(({ body }) => ('kind' in body ? [body] : [])),
    becomes: (state, name) =>
      eventually(() => {
        const now = health(name);
        if (now.state !== state) throw new Error(`The feed is ${now.state}: ${now.message ?? ''}`);
        return now;
      }),
  };
}

/** Everything in the stream, in order. */
export async function storedIn(manager: JetStreamManager): Promise<Stored[]> {
  const { state } = await manager.streams.info(STREAM);
  const found: Stored[] = [];
  // An empty stream names 0 as its first message, which cannot be asked for.
  for (let seq = Math.max(1, state.first_seq); seq <= state.last_seq; seq++) {
    const { subject, header, data } = await manager.streams.getMessage(STREAM, { seq });
    const body = JSON.parse(Buffer.from(data).toString('utf8')) as Reading | DeadLetter;
    found.push({ subject, id: header.get('Nats-Msg-Id'), body });
  }
  return found;
}

const FOLDER = '/etc/driver';

/** The part of the configuration, read as the driver reads it, with a stream that may be made. */
async function ingestConfig(settings: object, files: Record<string, string>, env: Record<string, string>) {
  const ingest = { stream: { create: true, ackTimeoutMs: 500 }, ...settings };
  Object.assign(env, { SEEQ_KEY: 'key-for-nothing' });
  const fixed: Record<string, string> = {
    'iota.seeqdrv.json': JSON.stringify(good({}, { ingest })),
    'privatekey.nk': pair.seed,
    'seeq.password': 'password-for-nothing',
  };
  const { config } = await loadConfig({
    path: `${FOLDER}/iota.seeqdrv.json`,
    env,
    readFile: async (path) => {
      const name = path.slice(FOLDER.length + 1);
      const text = files[name] ?? fixed[name];
      if (text === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
      return Buffer.from(text);
    },
  });
  if (config.ingest === undefined) throw new Error('There is no ingest.');
  return config.ingest;
}
