/** Where answers may go: nothing that a caller names makes the driver publish on a subject that is not a caller's. */
import { StringCodec } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plantItemId } from '../../simulators/seeq/plant/plant.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../../simulators/support/free-port.ts';

const CONTROL = `${REQUEST_TOPIC}.control`;
const text = StringCodec();

/** Subjects on which the driver's user may publish, but not on behalf of a caller. */
const forbidden = [
  '$JS.API.STREAM.PURGE.READINGS',
  '$JS.API.STREAM.DELETE.READINGS',
  '$JS.ACK.READINGS.out.1.1.1.1795650781377209516.0',
  '$SYS.REQ.SERVER.PING',
  '$SRV.PING',
  '$KV.bucket.key',
  '$O.bucket.C.x',
  'imported.$JS.API.STREAM.PURGE.READINGS',
  'iota.readings.x.y',
  'iota.readings.x',
  'iota.deadletters.x',
  'iota.health',
  'iota.metrics',
  'iota.stats',
  'iota.logs',
  REQUEST_TOPIC,
  CONTROL,
  `${CONTROL}.inbox.x.y`,
  `${CONTROL}.0123456789abcdef0123456789abcdef.1`,
  'answers.*',
  'answers.>',
  '>',
  'answers..x',
  'x'.repeat(1025),
];

const withoutAck = forbidden.filter((subject) => !subject.startsWith('$JS.ACK'));

const lease = () => ({
  function: 'eventpipepoll',
  params: {
    items: [`seeq:plant-a/signal/${plantItemId('plant-a', 'Example >> Cooling Tower 1 >> Area A >> Temperature')}`],
  },
});
const bodies: [string, (replyTo?: string) => string][] = [
  ['a good request', (replyTo) => JSON.stringify({ function: 'functions', replyTo })],
  ['a lease', (replyTo) => JSON.stringify({ ...lease(), replyTo })],
  ['a wrong request', (replyTo) => JSON.stringify({ function: 'functions', x: 1, replyTo })],
  [
    'a request with a wrong parameter',
    (replyTo) => JSON.stringify({ function: 'functions', params: { x: 1 }, replyTo }),
  ],
  ['nonsense', () => '{"'],
];

let cluster: Cluster;
/** Messages that somebody but this test has sent to a forbidden subject. */
const strays: string[] = [];

beforeAll(async () => {
  cluster = await startCluster({
    // The driver itself refuses, whatever the server would allow.
    ...{ unrestricted: true, jetstream: true },
    files: { 'seneye.secret': 'SECRET' },
    config: {
      ...{ healthtopic: 'iota.health', healthmsec: 3_600_000, metricstopic: 'iota.metrics', metricsmsec: 3_600_000 },
      ...{ statstopic: 'iota.stats', logstopic: 'iota.logs' },
    },
    settings: {
      ingest: {
        stream: { create: true },
        seneye: {
          ...{ host: '127.0.0.1', port: await freePort() },
          sources: [{ source: 'SWS_1', secret: { file: 'seneye.secret' } }],
        },
      },
    },
  });
  const js = cluster.connection.jetstream();
  expect(await eventually(messagesInStream)).toBe(0);
  for (let n = 0; n < 3; n++) await js.publish('iota.readings.test.tag', text.encode('{}'));
  const spy = await cluster.connect();
  spy.subscribe('>', {
    callback: (_error, { subject, data }) => {
      const body = text.decode(data);
      // Answers and the yes of a replica; telemetry and what this test sends look otherwise.
      if (forbidden.includes(subject) && /"(?:function|items|type|error)":.*(?:"last"|io\.nats)|^yes$/s.test(body))
        strays.push(`${subject}: ${body.slice(0, 200)}`);
    },
  });
  await spy.flush();
});
afterAll(() => cluster.stop());

async function messagesInStream(): Promise<number> {
  const manager = await cluster.connection.jetstreamManager();
  return (await manager.streams.info('READINGS')).state.messages;
}

async function stats() {
  const answer = await cluster.connection.request('$SRV.STATS.iota-seeqdrv', '', { timeout: 30_000 });
  return answer.json<{ endpoints: { num_requests: number; data: { unanswerable: number } }[] }>().endpoints[0];
}

const dropped = async () => (await stats())?.data.unanswerable ?? 0;

/** Sends to all these subjects, and waits until the driver has dropped each. */
async function allDropped(subjects: string[], send: (subject: string) => void): Promise<void> {
  const before = await dropped();
  for (const subject of subjects) send(subject);
  await expect.poll(dropped).toBe(before + subjects.length);
}

async function nothingHappened(): Promise<void> {
  // The answer of this request follows whatever the driver has sent before.
  expect((await cluster.ask({ function: 'functions' })).status).toBe('ok');
  expect(await messagesInStream()).toBe(3);
  expect(strays).toEqual([]);
}

describe.each(bodies)('%s', (_what, body) => {
  it('whose reply subject is not for answers is dropped and counted', async () => {
    // A client cannot give the reply subject of an acknowledgement; the server refuses it.
    await allDropped(withoutAck, (subject) => {
      cluster.connection.publish(REQUEST_TOPIC, body(), { reply: subject });
    });
    await nothingHappened();
  });

  // Other bodies cannot name a subject.
  if (body('x') !== body()) {
    it('whose "replyTo" is not for answers, and that has no other, is dropped', async () => {
      await allDropped(forbidden, (subject) => {
        cluster.connection.publish(REQUEST_TOPIC, body(subject));
      });
      await nothingHappened();
    });

    it('whose "replyTo" is not for answers is refused on its reply subject', async () => {
      for (const subject of forbidden) {
        const answer = await cluster.connection.request(REQUEST_TOPIC, body(subject), { timeout: 30_000 });
        expect(answer.json()).toMatchObject({ last: true, status: 'error', error: { code: 'badRequest' } });
      }
      await nothingHappened();
    });
  }
});

it('a request that comes out of a stream is answered on its "replyTo" only, and not acknowledged', async () => {
  const { connection } = cluster;
  const manager = await connection.jetstreamManager();
  await manager.streams.add({ name: 'JOBS', subjects: ['jobs.>'] });
  // The client's own call for it counts such consumers as outdated, but they exist.
  const config = { deliver_subject: REQUEST_TOPIC, deliver_group: 'iota-seeqdrv', ack_policy: 'explicit' };
  const wish = { stream_name: 'JOBS', config: { durable_name: 'out', ...config } };
  await connection.request('$JS.API.CONSUMER.DURABLE.CREATE.JOBS.out', JSON.stringify(wish));
  const before = await dropped();
  await connection.jetstream().publish('jobs.a', '{"function":"functions"}');
  await expect.poll(dropped).toBe(before + 1);
  const answers = connection.subscribe('my.answers', { max: 1 });
  await connection.jetstream().publish('jobs.b', '{"function":"functions","replyTo":"my.answers"}');
  for await (const answer of answers) expect(answer.json()).toMatchObject({ status: 'ok', last: true });
  await nothingHappened();
  expect(await manager.consumers.info('JOBS', 'out')).toMatchObject({ num_ack_pending: 2 });
  await manager.consumers.delete('JOBS', 'out');
});

it.each(['PING', 'INFO', 'STATS'])(
  'service discovery (%s) answers on no subject that is not for answers',
  async (verb) => {
    for (const subject of forbidden) cluster.connection.publish(`$SRV.${verb}.iota-seeqdrv`, '', { reply: subject });
    expect(await stats()).toBeDefined();
    await nothingHappened();
  },
);

it('a question for other replicas is answered to replicas only', async () => {
  const held = cluster.connection.subscribe('lease.messages');
  const messages = held[Symbol.asyncIterator]();
  for (const subject of forbidden.filter((one) => !one.startsWith(`${CONTROL}.0`))) {
    cluster.connection.publish(REQUEST_TOPIC, JSON.stringify({ ...lease(), id: 'held' }), { reply: 'lease.messages' });
    // Its first message says that the lease is open.
    await messages.next();
    cluster.connection.publish(CONTROL, '{"cancel":"held"}', { reply: subject });
    await cluster.ask({ function: 'cancel', params: { request: 'held' } });
    for (;;) {
      const { value } = (await messages.next()) as { value: { json: () => { last: boolean } } };
      if (value.json().last) break;
    }
  }
  held.unsubscribe();
  await nothingHappened();
});

it('a storm of requests without a subject for their answer makes no storm of lines', () => {
  const lines = cluster.driver.output().match(/request dropped/g) ?? [];
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.length).toBeLessThan(forbidden.length);
});
