/** The MQTT feed from the broker to the stream, on real ones of both. */
import { hostname } from 'node:os';
import { expect, onTestFinished, test } from 'vitest';
import { unescapeToken } from '../../../../../src/contract/reading-subject.ts';
import { serverForTest } from '../../../bus/support.ts';
import { eventually } from '../../../../support/eventually.ts';
import { startProxy } from '../../../../support/nats/index.ts';
import { ingestForTest, type IngestHarness } from '../../support.ts';
import { kindly, scriptedBroker } from '../../../mqtt/scripted-broker.ts';
import { acknowledged, brokerForTest, plainForTest } from '../../../mqtt/support.ts';

const DRIVER = 'driver';

/** An entry of `mqtt` that takes everything below `t/`, one number each. */
const entry = (url: string, more: object = {}): object => ({
  name: 'hall',
  url,
  clientId: DRIVER,
  topics: [{ filter: 't/#', payload: 'number' }],
  ...more,
});

const valuesOf = async (harness: IngestHarness): Promise<unknown[]> =>
  (await harness.readings()).map(({ value }) => value);
const numbers = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('messages become readings; what cannot be read becomes a dead letter; all of it is acknowledged', async () => {
  const broker = await brokerForTest({ logPackets: true });
  const harness = await ingestForTest({
    mqtt: [
      entry(broker.url(), {
        topics: [
          {
            filter: 't/+/room',
            pattern: 't/{area}/room',
            values: [
              { field: 'temperature', path: '$.t', unit: '°C' },
              { field: 'state', path: '$.on', type: 'boolean' },
            ],
            time: { path: '$.at' },
          },
          // Contains the other: a broker would deliver what both take twice.
          { filter: 't/#', pattern: 't/plain', payload: 'text' },
        ],
      }),
    ],
  });
  await harness.becomes('up');
  const sender = await plainForTest(broker);
  await sender.publish('t/north/room', JSON.stringify({ t: 21.5, on: 1, at: '2026-03-01T12:00:00.123456789Z' }));
  await sender.publish('t/plain', 'ready');
  await sender.publish('t/north/room', '{"t":');
  await sender.publish('t/elsewhere', 'x');
  await eventually(() => {
    expect(harness.metrics()).toMatchObject({
      ...{ kind: 'mqtt', name: 'hall', received: 4, readings: 3, duplicates: 0, waiting: 0, atMostOnce: 0 },
      ...{ rejected: { notJson: 1, noMapping: 1 }, connections: 1, dropped: 0, refused: 0 },
    });
  });
  const [first, second, third] = await harness.stored();
  expect(first).toMatchObject({
    subject: 'iota.readings.mqtt.hall.t.north.room.#temperature',
    body: {
      fqn: 'mqtt:hall/signal/t%2Fnorth%2Froom%23temperature',
      source: 'mqtt:hall',
      time: '2026-03-01T12:00:00.123456789Z',
      value: 21.5,
      unit: '°C',
      status: 'Good',
      attributes: { area: 'north' },
    },
  });
  expect(second?.body).toMatchObject({ value: true, time: '2026-03-01T12:00:00.123456789Z' });
  expect(third).toMatchObject({ subject: 'iota.readings.mqtt.hall.t.plain', body: { value: 'ready' } });
  const letters = await harness.deadLetters();
  expect(letters.map(({ code, about }) => [code, about?.topic])).toEqual([
    ['notJson', 't/north/room'],
    ['noMapping', 't/elsewhere'],
  ]);
  await eventually(() => {
    expect(acknowledged(broker, DRIVER)).toBe(4);
  });
});

test('while the bus is frozen nothing is acknowledged, and nothing is there twice when it continues', async () => {
  const broker = await brokerForTest({ logPackets: true });
  const proxy = await startProxy(broker.port());
  onTestFinished(() => proxy.stop());
  const harness = await ingestForTest({ mqtt: [entry(`mqtt://127.0.0.1:${proxy.port}`)] });
  await harness.becomes('up');
  const sender = await plainForTest(broker);
  await sender.publish('t/x', '1');
  await eventually(() => {
    expect(acknowledged(broker, DRIVER)).toBe(1);
  });
  harness.nats.freeze();
  onTestFinished(() => {
    harness.nats.thaw();
  });
  for (const n of numbers(2, 10)) await sender.publish('t/x', String(n));
  await harness.becomes('waiting');
  await eventually(() => {
    expect(harness.metrics()).toMatchObject({ readings: 1, waiting: 9 });
  });
  // The broker delivers all of them again: by its time of arrival each is recognized.
  proxy.cut();
  await eventually(() => {
    expect(harness.metrics()).toMatchObject({ received: 19, connections: 2 });
  });
  expect(acknowledged(broker, DRIVER)).toBe(1);
  harness.nats.thaw();
  await eventually(async () => {
    expect(harness.metrics()).toMatchObject({ waiting: 0 });
    expect(await valuesOf(harness)).toEqual(numbers(1, 10));
  });
  await harness.becomes('up');
  expect(harness.metrics().duplicates).toBeGreaterThanOrEqual(9);
});

test.each(['3.1.1', '5'])('MQTT %s: a window that is full makes the broker wait; nothing is lost', async (version) => {
  const broker = await brokerForTest({ logPackets: true, maxQueued: 0 });
  const harness = await ingestForTest({
    window: { messages: 5 },
    mqtt: [entry(broker.url(), { version, keepAliveSeconds: 1 })],
  });
  await harness.becomes('up');
  await harness.nats.halt();
  const sender = await plainForTest(broker);
  for (const n of numbers(1, 100)) await sender.publish('t/x', String(n));
  await harness.becomes('waiting');
  if (version === '3.1.1') {
    // The other version says beforehand how many it takes.
    await eventually(() => {
      expect(broker.log()).toContain('Received DISCONNECT from driver');
    });
  }
  await eventually(() => {
    expect(harness.metrics()).toMatchObject({ received: 5, waiting: 5, readings: 0 });
  });
  await harness.nats.restart();
  await eventually(async () => {
    expect(await valuesOf(harness)).toEqual(numbers(1, 100));
  });
  await harness.becomes('up');
});

test('a driver that ends without the bus acknowledges nothing; the next one brings it all', async () => {
  const broker = await brokerForTest();
  const topics = [{ filter: 't/#', values: [{ path: '$.n' }], time: { path: '$.t' } }];
  const nats = await serverForTest({ jetstream: true });
  const first = await ingestForTest({ mqtt: [entry(broker.url(), { topics })] }, { nats });
  await first.becomes('up');
  const sender = await plainForTest(broker);
  const send = (n: number): Promise<void> => sender.publish('t/x', JSON.stringify({ n, t: Date.now() }));
  await send(1);
  await eventually(() => {
    expect(first.metrics().readings).toBe(1);
  });
  await nats.halt();
  for (const n of numbers(2, 20)) await send(n);
  await eventually(() => {
    expect(first.metrics().waiting).toBe(19);
  });
  await first.ingest.stop(0);
  expect(first.health().state).toBe('stopped');
  for (const n of numbers(21, 25)) await send(n);
  await nats.restart();
  const second = await ingestForTest({ mqtt: [entry(broker.url(), { topics })] }, { nats });
  await eventually(async () => {
    expect(await valuesOf(second)).toEqual(numbers(1, 25));
  });
});

test('several brokers at once: one that is away or refuses keeps no other from working', async () => {
  const [broker, gone, closed] = [
    await brokerForTest(),
    await brokerForTest(),
    await brokerForTest({ users: { driver: 'right-secret' } }),
  ];
  await gone.halt();
  const harness = await ingestForTest(
    {
      mqtt: [
        entry(broker.url(), { name: 'works' }),
        entry(gone.url(), { name: 'away' }),
        entry(closed.url(), {
          name: 'refuses',
          credentials: { user: { env: 'MQTT_USER' }, password: { file: 'mqtt.password' } },
        }),
      ],
    },
    { files: { 'mqtt.password': 'wrong-secret\n' }, env: { MQTT_USER: 'driver' } },
  );
  await harness.becomes('up', 'works');
  expect((await harness.becomes('down', 'away')).message).toMatch(/nothing listens there/);
  expect((await harness.becomes('refused', 'refuses')).message).toMatch(/refused the log-in/);
  const sender = await plainForTest(broker);
  await sender.publish('t/x', '7');
  await eventually(async () => {
    expect(await valuesOf(harness)).toEqual([7]);
  });
  expect(harness.health('works').lastMessage).not.toBeNull();
  expect(harness.health('away').lastMessage).toBeNull();
  // The right password is found without a restart.
  harness.files['mqtt.password'] = 'right-secret\n';
  await harness.becomes('up', 'refuses');
  const said = JSON.stringify([harness.log.text(), harness.ingest.health(), harness.ingest.metrics()]);
  expect(said).not.toMatch(/wrong-secret|right-secret/);
});

test('what may be lost is counted: quality of service 0, and core NATS', async () => {
  const broker = await brokerForTest();
  const topics = [
    { filter: 't/zero', payload: 'number', qos: 0 },
    { filter: 't/one', payload: 'number' },
  ];
  const sender = await plainForTest(broker);
  for (const [mode, counted] of [
    ['jetstream', 1],
    ['core', 2],
  ] as const) {
    const harness = await ingestForTest({
      stream: { create: true, mode },
      mqtt: [entry(broker.url(), { topics, clientId: mode })],
    });
    await harness.becomes('up');
    await sender.publish('t/zero', '0');
    await sender.publish('t/one', '1');
    await eventually(() => {
      expect(harness.metrics()).toMatchObject({ received: 2, readings: 2, atMostOnce: counted });
    });
  }
});

test('no topic makes a wrong or an unsafe subject, and each can be read back', async () => {
  const broker = await brokerForTest();
  const harness = await ingestForTest({
    mqtt: [entry(broker.url(), { topics: [{ filter: '#', payload: 'text' }] })],
  });
  await harness.becomes('up');
  const topics = [
    't/a.b',
    't/a/b',
    't/a b',
    't//b',
    '/t',
    't/',
    't/*',
    't/>',
    't/$SYS',
    't/%2A',
    't/ä€𝄞',
    't/_',
    't/~',
  ];
  const sender = await plainForTest(broker);
  for (const topic of topics) await sender.publish(topic, topic);
  await eventually(() => {
    expect(harness.metrics().received).toBe(topics.length);
    expect(harness.metrics().waiting).toBe(0);
  });
  const stored = await harness.stored();
  expect(stored).toHaveLength(topics.length);
  for (const { subject, body } of stored) {
    expect(subject).toMatch(/^iota\.readings\.mqtt\.hall(\.[^.\s*>]+)+$/);
    const levels = subject.split('.').slice(4).map(unescapeToken);
    if ('value' in body) expect(levels.join('/')).toBe(body.value);
  }
  expect(new Set(stored.map(({ subject }) => subject)).size).toBe(topics.length);
});

test('topics that mosquitto does not let through do no harm either', async () => {
  const topics = ['t/line\r\nPUB x 0\r\n', 't/\u0001', 't/\u007F', 't/\u2028'];
  const messages = [...topics.map((topic) => Buffer.from(topic)), Buffer.from([0x74, 0x2f, 0xff])];
  const broker = await scriptedBroker(
    '3.1.1',
    kindly((packet, peer) => {
      if (packet.cmd !== 'subscribe') return false;
      peer.send({ cmd: 'suback', messageId: packet.messageId ?? 0, granted: [1] });
      for (const [at, topic] of messages.entries()) {
        const body = Buffer.concat([Buffer.from([0, topic.length]), topic, Buffer.from([0, at + 1]), Buffer.from('1')]);
        peer.raw(Buffer.concat([Buffer.from([0x32, body.length]), body]));
      }
      return true;
    }),
  );
  const harness = await ingestForTest({ mqtt: [entry(broker.url, { version: '3.1.1' })] });
  await eventually(() => {
    expect(broker.packets.filter(({ cmd }) => cmd === 'puback')).toHaveLength(messages.length);
  });
  const stored = await harness.stored();
  const found = stored.flatMap(({ subject, body }) => ('kind' in body ? [] : [subject]));
  expect(found.map((subject) => subject.split('.').slice(4).map(unescapeToken).join('/'))).toEqual(topics);
  for (const subject of found) expect(subject).toMatch(/^[!-~]+$/);
  expect(await harness.deadLetters()).toMatchObject([{ code: 'badName' }]);
});

test('a silent filter is reported, and so is its next message', async () => {
  const broker = await brokerForTest();
  const sender = await plainForTest(broker);
  await sender.publish('t/kept', '1', { retain: true });
  const harness = await ingestForTest({
    mqtt: [
      entry(broker.url(), {
        topics: [
          { filter: 't/quiet', payload: 'number' },
          { filter: 't/kept', payload: 'number', silentAfterMs: 1000 },
        ],
      }),
    ],
  });
  // What the broker had kept is no sign of life, but a reading, and a doubtful one.
  const { message } = await harness.becomes('silent');
  expect(message).toMatch(/No message has arrived on "t\/kept" for more than 1 s/);
  expect(await harness.readings()).toMatchObject([{ value: 1, status: 'Questionable' }]);
  await sender.publish('t/quiet', '2');
  await eventually(() => {
    expect(harness.metrics().readings).toBe(2);
  });
  expect(harness.health().state).toBe('silent');
  await sender.publish('t/kept', '3');
  // It is silent again a second later, so what it was in between shows in the log only.
  await eventually(() => {
    const told = harness.log.lines.map(({ message: line }) => line).filter((line) => line.includes('Feed mqtt "hall"'));
    expect(told.map((line) => /is (\w+)/.exec(line)?.[1]).join(' ')).toMatch(/silent up/);
  });
});

test('the name of the machine can be part of the client id', async () => {
  const broker = await brokerForTest();
  const harness = await ingestForTest({ mqtt: [entry(broker.url(), { clientId: 'driver-{hostname}' })] });
  await harness.becomes('up');
  await eventually(() => {
    expect(broker.log()).toMatch(new RegExp(`as driver-${hostname()} `));
  });
});
