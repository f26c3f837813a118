/** The rights on the bus that `permissions` prints: each of them is needed, the driver names one that is missing, and there are no others. */
import { execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AckPolicy, Events, type NatsConnection } from 'nats';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { covers } from '../../src/bus/jetstream/stream-monitor.ts';
import { driverRights, readerRights, type Right } from '../../src/bus/rights.ts';
import { runProgram } from '../../src/cli/program.ts';
import { serverConfiguration } from '../../src/cli/server-configuration.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { startDriver } from '../support/driver-process.ts';
import { permissionsOf, rightsOf } from '../support/driver-user.ts';
import { freePort } from '../../simulators/support/free-port.ts';
import { createUserKey, findNatsServer } from '../support/nats/index.ts';

const CONTROL = `${REQUEST_TOPIC}.control`;
const SECRET = 'SENEYESECRET';
const DURABLE = 'sell-all';

const CONFIG = { healthtopic: 'iota.health', healthmsec: 100, metricstopic: 'iota.metrics', metricsmsec: 100 };
const SETTINGS = {
  ingest: {
    stream: { create: true, ackTimeoutMs: 500 },
    egress: [
      {
        // No broker is there, so readings stay unacknowledged, and the driver asks the server for more time.
        ...{ name: 'city', url: 'mqtt://127.0.0.1:1', user: 'a$b$c', ackWaitMs: 1000 },
        credentials: { password: { file: 'seneye.secret' } },
        publish: [{ subject: 'iota.readings.>', topic: 'a/b/c', durable: DURABLE, from: 'all' }],
      },
    ],
  },
};
const rights = rightsOf(
  { publickey: createUserKey().publicKey, reqtopic: REQUEST_TOPIC, ...CONFIG, settings: SETTINGS },
  ['_INBOX'],
);

let cluster: Cluster;
let seneyeUrl: string;

beforeAll(async () => {
  const port = await freePort();
  seneyeUrl = `http://127.0.0.1:${port}/localexchange/endpoint`;
  const seneye = {
    ...{ host: '127.0.0.1', port, ackTimeoutMs: 100, rateLimit: { burst: 1000, perSecond: 1000 } },
    sources: [{ source: 'SWS_1', secret: { file: 'seneye.secret' } }],
  };
  cluster = await startCluster({
    ...{ plants: {}, jetstream: true, files: { 'seneye.secret': SECRET }, config: CONFIG },
    settings: { ingest: { ...SETTINGS.ingest, seneye } },
  });
});
afterAll(async () => {
  await cluster.stop();
});

/** A post of one sensor; what is no JSON becomes a dead letter. */
async function post(content: string): Promise<void> {
  const signed = `eyJhbGciOiJIUzI1NiJ9.${Buffer.from(content).toString('base64url')}`;
  const body = `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64')}`;
  const headers = { 'content-type': 'application/jose', 'x-seneye': 'SWS_1' };
  const answer = await request(seneyeUrl, { method: 'POST', headers, body });
  await answer.body.dump();
}
const reading = (): string =>
  JSON.stringify({ SUD: { id: 'A', TS: Math.floor(Date.now() / 1000), data: { S: { W: 1 }, T: 20 } } });

/** Has the driver use a right, where it does not use it by itself on every connection. */
const provoke: Readonly<Record<string, () => Promise<unknown>>> = {
  '_INBOX.>': () => ask({ function: 'functions' }),
  // Another replica may have the request.
  [CONTROL]: () => ask({ function: 'cancel', params: { request: 'unknown' } }),
  'iota.readings.>': () => post(reading()),
  'iota.deadletters.>': () => post('no JSON'),
  [`$JS.ACK.READINGS.${DURABLE}.>`]: () => post(reading()),
};
const ask = (body: object): Promise<void> => {
  cluster.connection.publish(REQUEST_TOPIC, JSON.stringify(body), { reply: '_INBOX.rights' });
  return cluster.connection.flush();
};

/** What must be gone before the server starts again, so that the driver makes it. */
const remove: Readonly<Record<string, () => Promise<unknown>>> = {
  '$JS.API.STREAM.CREATE.READINGS': async () =>
    (await cluster.connection.jetstreamManager()).streams.delete('READINGS'),
  [`$JS.API.CONSUMER.CREATE.READINGS.${DURABLE}.iota.readings.>`]: async () =>
    (await cluster.connection.jetstreamManager()).consumers.delete('READINGS', DURABLE),
};

/** Rights of which one server alone shows the need. */
const elsewhere = (subject: string): boolean =>
  // A reply to another replica: see the tests of replicas.
  subject === `${CONTROL}.>` ||
  // The longer form of newer servers.
  subject.startsWith('$JS.ACK.*');

describe('a right that is missing', () => {
  const alone = rights.filter(({ operation, subject }) => operation === 'subscribe' || !elsewhere(subject));
  it.each(alone)('to $operation "$subject" is named by the driver', async (right) => {
    const { subject } = right;
    const { caller, driverKey, nats } = cluster;
    // There is something to read, and to acknowledge.
    await post(reading()).catch(() => undefined);
    // How the one before ends is not the question here, and an orderly end takes its time.
    await cluster.driver.stop('SIGKILL');
    // What is not there need not be removed.
    await remove[subject]?.().catch(() => undefined);
    const less = permissionsOf(rights.filter((other) => other !== right));
    await nats.reload({ users: [caller, { publicKey: driverKey.publicKey, permissions: less }] });
    cluster.driver = startDriver(cluster.driverOptions);
    const named = cluster.driver.line(
      (line) =>
        typeof line.subject === 'string' &&
        covers(subject, line.subject) &&
        /does not allow|may not subscribe/.test(line.msg ?? ''),
    );
    const provoking = setInterval(() => void provoke[subject]?.().catch(() => undefined), 100);
    await named.finally(() => {
      clearInterval(provoking);
    });
  });
});

/** Connects as a user with these rights. */
async function connectWith(some: readonly Right[]): Promise<NatsConnection> {
  const key = createUserKey();
  const user = { publicKey: key.publicKey, permissions: permissionsOf(some) };
  await cluster.nats.reload({ users: [cluster.caller, cluster.driverUser, user] });
  return cluster.connect(key);
}

/** What the server refuses of a list of subjects. */
async function refused(nc: NatsConnection, operation: Right['operation'], subjects: readonly string[]) {
  const found: string[] = [];
  // It ends with the process: the client leaves it open.
  void (async () => {
    for await (const { type, permissionContext } of nc.status()) {
      if (type === Events.Error && permissionContext !== undefined) found.push(permissionContext.subject);
    }
  })();
  for (const subject of subjects) {
    if (operation === 'publish') nc.publish(subject);
    else nc.subscribe(subject, { callback: () => undefined });
  }
  await nc.flush();
  await expect.poll(() => found.length).toBe(subjects.length);
  await nc.close();
  return found;
}

describe('beyond them', () => {
  it('the driver may publish and listen nowhere', async () => {
    const publish = [
      REQUEST_TOPIC,
      ...['elsewhere', 'iota.stats', 'iota.readings', '$SRV.PING', '$SYS.REQ.SERVER.PING'],
      ...['STREAM.PURGE', 'STREAM.DELETE', 'STREAM.UPDATE', 'STREAM.MSG.DELETE'].map(
        (api) => `$JS.API.${api}.READINGS`,
      ),
      ...['$JS.API.STREAM.CREATE.OTHER', '$JS.API.STREAM.NAMES', '$JS.API.INFO'],
      ...[`$JS.API.CONSUMER.DELETE.READINGS.${DURABLE}`, '$JS.API.CONSUMER.CREATE.READINGS.other.iota.readings.>'],
      `$JS.API.CONSUMER.CREATE.READINGS.${DURABLE}`,
      '$JS.ACK.READINGS.other.1.1.1.1.0',
    ];
    expect(await refused(await connectWith(rights), 'publish', publish)).toEqual(publish);
    const subscribe = [
      '>',
      '_INBOX.>',
      'iota.readings.>',
      '$JS.API.>',
      '$SYS.>',
      '$SRV.PING.other',
      `${REQUEST_TOPIC}.>`,
    ];
    expect(await refused(await connectWith(rights), 'subscribe', subscribe)).toEqual(subscribe);
  });

  it('without device data there are none to JetStream', () => {
    const subjects = driverRights({ reqtopic: REQUEST_TOPIC, topics: [] }).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject.startsWith('$JS'))).toEqual([]);
  });
});

it('a reader reads and acknowledges with its rights', async () => {
  const readings = { subjects: ['iota.readings.>'], stream: { name: 'READINGS', create: false }, consumers: [] };
  const nc = await connectWith(readerRights(readings, 'archive'));
  await cluster.driver.stop();
  cluster.driver = startDriver(cluster.driverOptions);
  const manager = await nc.jetstreamManager({ checkAPI: false });
  // A driver without the right to create the stream may have been the last.
  await expect.poll(() => manager.streams.info('READINGS').catch(() => undefined)).toBeDefined();
  const settings = { durable_name: 'archive', filter_subject: 'iota.readings.>', ack_policy: AckPolicy.Explicit };
  await manager.consumers.add('READINGS', settings);
  const live = nc.subscribe('iota.readings.>', { max: 1 });
  await nc.flush();
  await expect.poll(() => post(reading()).then(() => live.getReceived()), { timeout: 20_000, interval: 1000 }).toBe(1);
  const consumer = await nc.jetstream().consumers.get('READINGS', 'archive');
  const message = await consumer.next({ expires: 10_000 });
  expect(await message?.ackAck()).toBe(true);
});

describe('what the command prints', () => {
  it('is a configuration that nats-server takes, and no secret is read for it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'rights-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = (name: string): string => join(folder, name);
    const { publicKey } = createUserKey();
    const config = {
      ...{ natsurl: 'x', publickey: cluster.driverKey.publicKey, reqtopic: 'a.b' },
      settings: { servers: [], ingest: { seneye: { sources: [{ source: 'S', secret: { file: 'nowhere' } }] } } },
    };
    await writeFile(file('c.json'), JSON.stringify(config));
    const out: string[] = [];
    const args = ['permissions', '-c', file('c.json'), '--caller', `${publicKey}=_INBOX_x`, '--reader', publicKey];
    const terminal = { out: (line: string) => out.push(line), err: (line: string) => out.push(line), env: {} };
    expect(await runProgram(args, terminal)).toBe(0);
    const { certPem, keyPem } = await cluster.authority.issue();
    await writeFile(file('server.crt'), certPem);
    await writeFile(file('server.key'), keyPem);
    const text = out.join('\n').replaceAll('/etc/nats', folder).replaceAll('/var/lib/nats', folder);
    expect(text).toContain('"_INBOX_x.>"');
    await writeFile(file('server.conf'), text);
    await promisify(execFile)(findNatsServer(), ['-t', '-c', file('server.conf')]);
    // What is allowed nowhere is denied, not open.
    expect(serverConfiguration({ users: [{ title: 'x', publicKey, rights: [] }], jetstream: false })).toMatch(
      /publish: \{ deny: \[">"\] \}\s+subscribe: \{ deny: \[">"\] \}/,
    );
  });

  it.each([
    [['--caller', 'nonsense'], /--caller: must be the NKey public key/],
    [['--caller', `${createUserKey().publicKey}=$JS`], /must not begin with \$/],
    ...[REQUEST_TOPIC, CONTROL, `${CONTROL}.x`, 'iota', 'iota.health', 'iota.readings', 'iota.readings.x'].map(
      (inbox): [string[], RegExp] => [
        ['--caller', `${createUserKey().publicKey}=${inbox}`],
        /subjects of the driver itself/,
      ],
    ),
    [['--reader', createUserKey().publicKey, '--durable', 'a b'], /--durable/],
  ])('refuses %j', async (args, reason) => {
    const err: string[] = [];
    const terminal = { out: (line: string) => err.push(line), err: (line: string) => err.push(line), env: {} };
    const code = await runProgram(['permissions', '-c', cluster.driver.configFile, ...args], terminal);
    expect([code, err.join()]).toEqual([2, expect.stringMatching(reason)]);
  });
});
