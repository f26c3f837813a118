/** Device data through the driver as a process: rights, the stream, health and metrics, secrets, wrong configurations. */
import { readFileSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import type { NatsConnection } from 'nats';
import { request } from 'undici';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { readingSchema } from '../../src/contract/reading.ts';
import { healthSchema, type Health } from '../../src/contract/health.ts';
import { metricsSchema, type Metrics } from '../../src/contract/telemetry.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { startDriver } from '../support/driver-process.ts';
import { freePort } from '../../simulators/support/free-port.ts';
import {
  connectPlain,
  type Mosquitto,
  type PlainClient,
  startMosquitto,
} from '../../simulators/support/mosquitto/index.ts';
import { WAIT_MS } from '../support/waiting.ts';

const PASSWORD = 'mqtt-pass-4711';
const SECRET = 'SENEYESECRET';
const SUD = 'AAAAABBBBBCCCCCDDDDDEEEEEFFFFF00';

let cluster: Cluster;
afterEach(async () => {
  await cluster.stop();
});

interface Parts {
  broker: Mosquitto;
  machine: PlainClient;
  seneyeUrl: string;
}

/** A driver without Seeq servers, with one broker and a seneye listener. */
async function start(ingest: object = {}, config: object = {}): Promise<Parts> {
  const broker = await startMosquitto({ users: { driver: PASSWORD, machine: PASSWORD } });
  onTestFinished(() => broker.stop());
  const port = await freePort();
  cluster = await startCluster({
    plants: {},
    jetstream: true,
    files: { 'mqtt.password': PASSWORD, 'seneye.secret': SECRET },
    config: {
      ...{ debug: 3, healthtopic: 'iota.health', healthmsec: 100, metricstopic: 'iota.metrics', metricsmsec: 100 },
      ...config,
    },
    settings: {
      ingest: {
        stream: { create: true },
        mqtt: [
          {
            name: 'hall',
            url: broker.url(),
            clientId: 'driver',
            credentials: { user: 'driver', password: { file: 'mqtt.password' } },
            topics: [{ filter: 'hall/#', payload: 'number' }],
          },
        ],
        seneye: {
          ...{ host: '127.0.0.1', port, ackTimeoutMs: 1000 },
          sources: [{ source: 'SWS_1', secret: { file: 'seneye.secret' } }],
        },
        ...ingest,
      },
    },
  });
  const machine = await connectPlain(broker.url(), { username: 'machine', password: PASSWORD });
  onTestFinished(() => machine.end());
  return { broker, machine, seneyeUrl: `http://127.0.0.1:${port}/localexchange/endpoint` };
}

const feedIsUp = (kind: string) => cluster.driver.line(({ feed, state }) => feed === kind && state === 'up');

/** The values in the stream, by the newest connection there is. */
async function stored(): Promise<unknown[]> {
  const nc = await cluster.connect();
  const manager = await nc.jetstreamManager();
  const { state } = await manager.streams.info('READINGS');
  const all = Array.from({ length: state.messages }, (_, at) =>
    manager.streams.getMessage('READINGS', { seq: state.first_seq + at }),
  );
  return (await Promise.all(all)).map((message) => message.json<{ value: unknown }>().value);
}

/** Resolves with the first message on a topic that fits. */
async function report<T>(
  topic: string,
  fits: (body: T) => boolean,
  nc: NatsConnection = cluster.connection,
): Promise<T> {
  const subscription = nc.subscribe(topic);
  try {
    for await (const message of subscription) {
      const body = message.json<T>();
      if (fits(body)) return body;
    }
  } finally {
    subscription.unsubscribe();
  }
  throw new Error('The connection ended.');
}

async function post(url: string, temperature: number, secret = SECRET): Promise<number> {
  const sud = {
    id: SUD,
    name: 'Office',
    type: 1,
    TS: Math.floor(Date.now() / 1000),
    data: { S: { W: 1 }, T: temperature },
  };
  const payload = Buffer.from(JSON.stringify({ version: '1.0.0', SUD: sud })).toString('base64url');
  const signed = `eyJhbGciOiJIUzI1NiJ9.${payload}`;
  const body = `${signed}.${createHmac('sha256', secret).update(signed).digest('base64')}`;
  const headers = { 'content-type': 'application/jose', 'x-seneye': 'SWS_1' };
  const answer = await request(url, { method: 'POST', headers, body });
  await answer.body.dump();
  return answer.statusCode;
}

describe('a driver that takes in device data', () => {
  it('needs no Seeq server, and answers requests all the same', async () => {
    const { machine } = await start();
    await feedIsUp('mqtt');
    await machine.publish('hall/a', '1.5');
    await expect.poll(stored).toEqual([1.5]);
    expect((await cluster.ask({ function: 'hosts' })).items).toEqual([]);
  });

  it('works with no more rights than it needs', async () => {
    const { machine } = await start();
    await feedIsUp('mqtt');
    await machine.publish('hall/a', '2.5');
    await expect.poll(stored).toEqual([2.5]);
    const { stream } = await report<Health>('iota.health', () => true);
    expect(stream).toEqual({ name: 'READINGS', state: 'ok', since: expect.any(String) as string });
    expect(cluster.driver.output()).not.toMatch(/does not allow/);
  });

  it('reports a missing right to subscribe as such', async () => {
    await start();
    await feedIsUp('mqtt');
    const { driverKey, caller } = cluster;
    const rights = { publish: { allow: ['>'] }, subscribe: { allow: [REQUEST_TOPIC, '$SRV.>'] }, allowResponses: true };
    await cluster.driver.stop();
    await cluster.nats.reload({
      users: [{ publicKey: caller.publicKey }, { publicKey: driverKey.publicKey, permissions: rights }],
    });
    cluster.driver = startDriver(cluster.driverOptions);
    const line = await cluster.driver.line(({ stream, level }) => stream === 'READINGS' && level !== 'info');
    expect(line.msg).toMatch(/could not be checked: .* needs the right to listen below <reqtopic>\.control\./);
  });

  it('says that it does not answer requests for readings', async () => {
    await start();
    const items = ['mqtt:hall/signal/hall%2Fa'];
    const answer = await cluster.ask({ function: 'snapshot', params: { items } });
    expect(answer.items).toMatchObject([{ error: { code: 'unknownHost' } }]);
    expect(JSON.stringify(answer.items)).toContain('mqtt: names device data, which requests do not answer');
    expect((await cluster.ask({ function: 'version', host: 'a' })).error?.message).toContain('none is known here.');
  });

  it('reports its feeds in health and metrics, as their schemas have it', async () => {
    const { machine, seneyeUrl } = await start();
    await feedIsUp('mqtt');
    await machine.publish('hall/a', '1');
    await machine.publish('hall/a', 'nonsense');
    expect(await post(seneyeUrl, 21)).toBe(200);
    expect(await post(seneyeUrl, 21, 'WRONG')).toBe(401);
    const health = await report<Health>(
      'iota.health',
      ({ feeds }) => feeds?.every(({ lastMessage }) => lastMessage) === true,
    );
    expect(healthSchema.parse(health)).toMatchObject({
      state: 'ok',
      stream: { name: 'READINGS', state: 'ok' },
      feeds: [
        { kind: 'mqtt', name: 'hall', state: 'up' },
        { kind: 'seneye', state: 'up' },
      ],
    });
    const { feeds } = metricsSchema.parse(
      await report<Metrics>(
        'iota.metrics',
        (metrics) => metrics.feeds?.[1]?.refused === 1 && metrics.feeds[0]?.received === 2,
      ),
    );
    expect(feeds).toMatchObject([
      { kind: 'mqtt', name: 'hall', received: 2, readings: 2, connections: 1, atMostOnce: 0, waiting: 0 },
      // Temperature, and whether it is in water.
      { kind: 'seneye', received: 1, readings: 2, refused: 1 },
    ]);
  });

  it('takes nothing in without the stream, and goes on as soon as it is there', async () => {
    const { machine, seneyeUrl } = await start({ stream: { create: false } });
    const { reasons } = await report<Health>('iota.health', ({ stream }) => stream?.state === 'unavailable');
    expect(reasons.join()).toMatch(/nats stream add READINGS/);
    await feedIsUp('seneye');
    await machine.publish('hall/a', '7');
    expect(await post(seneyeUrl, 20)).toBe(503);
    const manager = await cluster.connection.jetstreamManager();
    await manager.streams.add({ name: 'READINGS', subjects: ['iota.>'], duplicate_window: 600_000 * 1e6 });
    // The driver looks every 5 s whether there is a stream.
    await expect.poll(stored, { timeout: 4 * WAIT_MS }).toContain(7);
  });

  it('over core NATS publishes without a stream, and counts what may be lost', async () => {
    const { machine } = await start({ stream: { mode: 'core' } });
    await feedIsUp('mqtt');
    const heard = report<object>('iota.readings.mqtt.>', () => true);
    await cluster.connection.flush();
    await machine.publish('hall/a', '3');
    expect(readingSchema.parse(await heard)).toMatchObject({ fqn: 'mqtt:hall/signal/hall%2Fa', value: 3 });
    const { feeds } = await report<Metrics>('iota.metrics', (metrics) => metrics.feeds?.[0]?.readings === 1);
    expect(feeds?.[0]?.atMostOnce).toBe(1);
    expect((await report<Health>('iota.health', () => true)).stream).toBeUndefined();
  });
});

describe('secrets of feeds', () => {
  it('stand in no log, on no topic and in no process list', async () => {
    const { machine, seneyeUrl, broker } = await start();
    const heard: string[] = [];
    cluster.connection.subscribe('>', { callback: (_error, message) => heard.push(message.string()) });
    await feedIsUp('mqtt');
    await machine.publish('hall/a', '1');
    await post(seneyeUrl, 21);
    await post(seneyeUrl, 21, 'WRONG');
    const metrics = await report<Metrics>('iota.metrics', ({ feeds }) => feeds?.[0]?.received === 1);
    await broker.reload({ users: { driver: 'changed', machine: PASSWORD } });
    await broker.restart();
    await cluster.driver.line(({ feed, state }) => feed === 'mqtt' && state === 'refused');
    const commandLine = readFileSync(`/proc/${cluster.driver.pid}/cmdline`, 'latin1');
    const said = [cluster.driver.output(), commandLine, JSON.stringify(metrics), ...heard].join('\n');
    for (const secret of [PASSWORD, SECRET, cluster.driverKey.seed]) expect(said).not.toContain(secret);
  });
});

describe('a wrong configuration of feeds', () => {
  it('ends the process with code 2 and every reason', async () => {
    await start();
    await cluster.driver.stop();
    const { config, ...options } = cluster.driverOptions;
    const settings = {
      ingest: {
        stream: { name: 'two words' },
        mqtt: [
          { name: 'a', url: 'http://broker', clientId: 'x', topics: [{ filter: 'a/#/b' }] },
          { name: 'A', url: 'mqtt://broker', clientId: 'y', credentials: { password: { file: 'absent' } }, topics: [] },
        ],
        seneye: { sources: [{ source: 'SWS_1', secret: 'in plain text' }] },
      },
    };
    cluster.driver = startDriver({ ...options, config: { ...config, settings } });
    expect(await cluster.driver.exited).toBe(2);
    const output = cluster.driver.output();
    for (const path of [
      'settings.ingest.stream.name',
      'settings.ingest.mqtt[0].url',
      'settings.ingest.mqtt[0].topics[0].filter',
      'settings.ingest.mqtt[1].topics',
      'settings.ingest.seneye.sources[0].secret',
    ]) {
      expect(output).toContain(path);
    }
    expect(output).not.toContain('in plain text');
  });
});
