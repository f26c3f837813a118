/** The common entrance of feeds, on a real server with JetStream. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { streamPublisher } from '../../../src/bus/jetstream/readings-publisher.ts';
import { deadLetterSchema, readingSchema } from '../../../src/contract/reading.ts';
import { ReadingsSink } from '../../../src/ingest/readings-sink.ts';
import { Stopped } from '../../../src/lib/stopped.ts';
import type { Measurement, Reject } from '../../../src/ingest/reading.ts';
import { busForTest, callerForTest, serverForTest, TestLog, until } from '../bus/support.ts';
import type { NatsServerOptions } from '../../support/nats/index.ts';

async function setUp(options: NatsServerOptions = {}, window = 10) {
  const server = await serverForTest({ jetstream: true, ...options });
  await (
    await (await callerForTest(server)).jetstreamManager()
  ).streams.add({ name: 'READINGS', subjects: ['iota.>'] });
  const bus = busForTest(server, { limitLook: { minMs: 20, maxMs: 100 } });
  await bus.connected();
  const publisher = streamPublisher(bus, {
    stream: 'READINGS',
    timeoutMs: 1000,
    blocked: () => undefined,
    onUnexpected: () => undefined,
  });
  const origin = { scheme: 'mqtt', connection: 'hall' } as const;
  const sink = new ReadingsSink({ origin, prefix: 'iota', publisher, inFlight: 8, window, logger: bus.log });
  onTestFinished(() => sink.stop(0));
  const stored = async () => {
    // A connection of its own: one from before a restart may not be back yet.
    const manager = await (await callerForTest(server)).jetstreamManager();
    const { messages } = (await manager.streams.info('READINGS')).state;
    const all = Array.from({ length: messages }, (_, at) => manager.streams.getMessage('READINGS', { seq: at + 1 }));
    return (await Promise.all(all)).map((message) => ({
      subject: message.subject,
      body: message.json<Record<string, unknown>>(),
    }));
  };
  return { server, bus, sink, stored };
}

const received = 1_700_000_000_000_000_000n;
const measurement = (field: string, changes: Partial<Measurement> = {}): Measurement => ({
  tag: { id: `a#${field}`, name: field },
  time: received,
  value: 1,
  status: 'Good',
  received,
  ...changes,
});
const reject: Reject = { code: 'notJson', reason: 'It is no JSON.', payload: Buffer.from('x'), received };

describe('a delivery', () => {
  it('reaches the bus whatever the sender wrote in the place of a time', async () => {
    const { sink, stored } = await setUp();
    await sink.publish({ measurements: [measurement('t', { sourceTime: 'now\r\nthen' })], rejects: [] });
    expect(await stored()).toHaveLength(1);
    expect(sink.metrics()).toMatchObject({ readings: 1, retried: 0, waiting: 0 });
  });

  it('may be acknowledged when all of it is on the bus, the dead letters too', async () => {
    const { sink, stored } = await setUp();
    await sink.publish({ measurements: [measurement('t'), measurement('p')], rejects: [reject] });
    const messages = await stored();
    expect(messages.map(({ subject }) => subject).sort()).toEqual([
      'iota.deadletters.mqtt.hall',
      'iota.readings.mqtt.hall.a.#p',
      'iota.readings.mqtt.hall.a.#t',
    ]);
    expect(sink.metrics()).toEqual({
      received: 1,
      readings: 2,
      duplicates: 0,
      rejected: { notJson: 1 },
      retried: 0,
      dropped: 0,
      waiting: 0,
      // Both have the time of their arrival.
      ages: [2, 0, 0, 0, 0, 0, 0],
      agesMs: 0,
    });
  });

  it('that comes again is stored once', async () => {
    const { sink, stored } = await setUp();
    await sink.publish({ measurements: [measurement('t')], rejects: [] });
    await sink.publish({ measurements: [measurement('t')], rejects: [] });
    expect(await stored()).toHaveLength(1);
    expect(sink.metrics()).toMatchObject({ received: 2, readings: 2, duplicates: 1 });
  });

  it('of nothing may be acknowledged at once', async () => {
    const { sink } = await setUp();
    await sink.publish({ measurements: [], rejects: [] });
    expect(sink.metrics()).toMatchObject({ received: 1, readings: 0 });
  });

  it.each([
    ['too long', 'x'.repeat(2000), /longer than 1024 bytes/],
    ['half a character', '\ud800', /well-formed/],
  ])('with a name that is %s becomes a dead letter', async (_what, token, reason) => {
    const { sink, stored } = await setUp();
    await sink.publish({
      measurements: [measurement('t', { tag: { id: token, name: '' } }), measurement('p')],
      rejects: [],
    });
    const bodies = (await stored()).map(({ body }) => body);
    expect(bodies.map((body) => deadLetterSchema.safeParse(body).data?.code).filter(Boolean)).toEqual(['badName']);
    expect(deadLetterSchema.parse(bodies.find(({ kind }) => kind === 'deadLetter')).reason).toMatch(reason);
    expect(bodies.filter((body) => readingSchema.safeParse(body).success)).toHaveLength(1);
  });

  it('that is too large for the bus becomes a dead letter, and one for which even that is too large is reported', async () => {
    const { sink, stored, bus } = await setUp({ maxPayload: 70_000 });
    await sink.publish({ measurements: [measurement('t', { value: 'x'.repeat(80_000) })], rejects: [] });
    expect((await stored()).map(({ body }) => body.code)).toEqual(['tooLarge']);
    expect(sink.metrics()).toMatchObject({ readings: 0, rejected: { tooLarge: 1 }, dropped: 0 });
    // Without its payload it fits, and still tells how long that was.
    await sink.publish({
      measurements: [],
      rejects: [{ ...reject, payload: Buffer.alloc(9000), reason: 'y'.repeat(66_000) }],
    });
    expect((await stored()).at(-1)?.body).toMatchObject({ payload: '', payloadBytes: 9000, truncated: true });
    await sink.publish({ measurements: [], rejects: [{ ...reject, reason: 'y'.repeat(80_000) }] });
    expect(sink.metrics()).toMatchObject({ rejected: { tooLarge: 1, notJson: 2 }, dropped: 1 });
    expect(bus.log.messages('error').join()).toMatch(/it is dropped/);
  });
});

describe('a limit of the server that is lowered for a while', () => {
  it.each([
    ['max_payload of the server', 300],
    ['max_payload of the server, so that dead letters pass and readings do not', 700],
  ])(
    '%s: nothing is dropped, nothing is acknowledged before it is stored, and it is reported once',
    async (_what, low) => {
      const { server, bus, sink, stored } = await setUp({}, 200);
      await sink.publish({ measurements: [measurement('before')], rejects: [] });
      await server.reload({ maxPayload: low });
      let acknowledged = 0;
      const taken = Array.from({ length: 100 }, async (_one, i) => {
        await sink.publish({
          measurements: [measurement(`tag ${i}`, { value: 'long enough to be too long '.repeat(20) })],
          rejects: i % 10 === 0 ? [{ ...reject, payload: Buffer.from(`odd ${i}`) }] : [],
        });
        acknowledged++;
      });
      // The server ends the connection at the first message; what it takes is known by the next one.
      await until(() => sink.problem?.includes(`accepts messages of at most ${low} bytes`) ?? false);
      expect(acknowledged).toBe(0);
      expect(sink.metrics()).toMatchObject({ waiting: 100, dropped: 0, readings: 1 });
      await server.reload({ maxPayload: 1024 * 1024 });
      await Promise.all(taken);
      const subjects = (await stored()).map(({ subject }) => subject);
      expect(subjects.filter((subject) => subject.startsWith('iota.readings.'))).toHaveLength(101);
      expect(subjects.filter((subject) => subject.startsWith('iota.deadletters.'))).toHaveLength(10);
      expect(sink.metrics()).toMatchObject({ waiting: 0, dropped: 0, readings: 101, rejected: { notJson: 10 } });
      expect(sink.problem).toBeUndefined();
      expect(bus.log.messages().filter((text) => text.includes('max_payload'))).toHaveLength(1);
    },
  );

  it('max_msg_size of the stream: the same', async () => {
    const { server, sink, stored } = await setUp({}, 200);
    const manager = await (await callerForTest(server)).jetstreamManager();
    const { config } = await manager.streams.info('READINGS');
    await manager.streams.update('READINGS', { ...config, max_msg_size: 400 });
    const taken = Array.from({ length: 20 }, (_one, i) =>
      sink.publish({ measurements: [measurement(`tag ${i}`, { value: 'x'.repeat(500) })], rejects: [] }),
    );
    await until(() => sink.problem?.includes('max_msg_size') ?? false);
    // Others pass meanwhile.
    await sink.publish({ measurements: [measurement('small')], rejects: [] });
    expect(sink.metrics()).toMatchObject({ waiting: 20, dropped: 0, readings: 1 });
    await manager.streams.update('READINGS', { ...config, max_msg_size: -1 });
    await Promise.all(taken);
    expect(await stored()).toHaveLength(21);
    expect(sink.metrics()).toMatchObject({ rejected: {}, dropped: 0, readings: 21 });
  });
});

describe('the window', () => {
  it('is full while the bus is away, and has room when it is back', async () => {
    const { server, sink, stored } = await setUp({}, 2);
    await server.halt();
    const taken = ['t', 'p'].map((field) => sink.publish({ measurements: [measurement(field)], rejects: [] }));
    expect(sink.full).toBe(true);
    let room = false;
    const waiting = sink.whenReady().then(() => {
      room = true;
    });
    await expect.poll(() => sink.problem).toMatch(/connection to the bus/);
    expect(room).toBe(false);
    await server.restart();
    await Promise.all(taken);
    await waiting;
    expect(sink.problem).toBeUndefined();
    expect(await stored()).toHaveLength(2);
  });

  it('is full with few messages too, when these hold very many readings', async () => {
    const gate = Promise.withResolvers<undefined>();
    const publisher = {
      publish: () => gate.promise.then(() => ({ duplicate: false })),
      atMostOnce: false,
      onAvailable: () => () => undefined,
    };
    const origin = { scheme: 'mqtt', connection: 'hall' } as const;
    const options = { origin, prefix: 'iota', publisher, inFlight: 8, window: 500, logger: new TestLog() };
    const sink = new ReadingsSink(options);
    const large = {
      measurements: Array.from({ length: 10_000 }, (_, n) => measurement(String(n))),
      rejects: [],
    };
    const first = sink.publish(large);
    expect(sink.full).toBe(false);
    const second = sink.publish(large);
    expect(sink.full).toBe(true);
    const room = sink.whenReady();
    gate.resolve(undefined);
    await room;
    expect(sink.full).toBe(false);
    await Promise.all([first, second]);
    expect(sink.metrics()).toMatchObject({ received: 2, readings: 20_000, waiting: 0 });
  });

  it('says that nothing may be acknowledged when the driver stops before', async () => {
    const { server, sink } = await setUp();
    await server.halt();
    const taken = expect(sink.publish({ measurements: [measurement('t')], rejects: [reject] })).rejects.toBeInstanceOf(
      Stopped,
    );
    await expect.poll(() => sink.problem).toBeDefined();
    await sink.stop(1000);
    await taken;
    expect(sink.metrics()).toMatchObject({ readings: 0, waiting: 0 });
  });
});
