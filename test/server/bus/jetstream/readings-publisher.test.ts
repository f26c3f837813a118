/** Publishing to JetStream on a real server: what counts as safe, and why something is not. */
import type { StreamConfig } from 'nats';
import { describe, expect, it } from 'vitest';
import type { BusConnection } from '../../../../src/bus/connection/connection.ts';
import {
  corePublisher,
  PublishFailure,
  streamPublisher,
  type Publication,
  type ReadingsPublisher,
} from '../../../../src/bus/jetstream/readings-publisher.ts';
import type { NatsServer } from '../../../support/nats/index.ts';
import { busForTest, callerForTest, callerKey, driverKey, proxyForTest, serverForTest, until } from '../support.ts';

const STREAM = 'READINGS';
const publication = (id: string, text = id, subject = 'iota.readings.mqtt.hall.a'): Publication => ({
  subject,
  id,
  body: Buffer.from(text),
});

async function withStream(server: NatsServer, config: object = {}) {
  const nc = await callerForTest(server);
  const manager = await nc.jetstreamManager();
  await manager.streams.add({ name: STREAM, subjects: ['iota.readings.>'], ...config });
  return { nc, manager };
}

interface Doubts {
  doubts: number;
  blocked: string | undefined;
}

function publisherFor(
  bus: BusConnection,
  timeoutMs = 2000,
  limit?: { now: number; largest: number },
): ReadingsPublisher & Doubts {
  const state: Doubts = { doubts: 0, blocked: undefined };
  const publisher = streamPublisher(bus, {
    stream: STREAM,
    timeoutMs,
    blocked: () => state.blocked,
    onUnexpected: () => state.doubts++,
    ...(limit === undefined ? {} : { messageLimit: () => limit }),
  });
  return Object.assign(state, publisher);
}

async function failure(promise: Promise<unknown>): Promise<PublishFailure> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof PublishFailure)) throw new Error(`no PublishFailure but ${String(error)}`);
  return error;
}

describe('a publication to JetStream', () => {
  it('is safe when the stream has it, and stored once however often it comes', async () => {
    const server = await serverForTest({ jetstream: true });
    const { manager } = await withStream(server);
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    expect(await publisher.publish(publication('one'))).toEqual({ duplicate: false });
    expect(await publisher.publish(publication('one'))).toEqual({ duplicate: true });
    expect(await publisher.publish(publication('two'))).toEqual({ duplicate: false });
    expect((await manager.streams.info(STREAM)).state.messages).toBe(2);
    const stored = await manager.streams.getMessage(STREAM, { seq: 1 });
    expect(stored.header.get('Nats-Msg-Id')).toBe('one');
    expect(stored.string()).toBe('one');
  });

  it('fails at once without a connection, and says why there is none', async () => {
    const server = await serverForTest({ jetstream: true });
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    await server.halt();
    await expect.poll(() => bus.state).toBe('connecting');
    const { kind, message } = await failure(publisher.publish(publication('one')));
    expect(kind).toBe('unavailable');
    expect(message).toMatch(/no connection to the bus/);
  });

  it('fails when the connection breaks under it, without waiting for its time', async () => {
    const server = await serverForTest({ jetstream: true });
    await withStream(server);
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy);
    const publisher = publisherFor(bus, 600_000);
    await bus.connected();
    proxy.pause();
    const waiting = failure(publisher.publish(publication('one')));
    proxy.cut();
    expect((await waiting).message).toMatch(/ended before/);
  });

  it('fails when the stream does not answer in time', async () => {
    const server = await serverForTest({ jetstream: true });
    await withStream(server);
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy);
    const publisher = publisherFor(bus, 150);
    await bus.connected();
    proxy.pause();
    const { kind, message } = await failure(publisher.publish(publication('one')));
    expect([kind, message]).toEqual(['unavailable', expect.stringMatching(/within 150 ms/)]);
    expect(publisher.doubts).toBe(1);
  });

  it('fails when no stream takes it, or another one', async () => {
    const server = await serverForTest({ jetstream: true });
    const { manager } = await withStream(server);
    await manager.streams.add({ name: 'OTHER', subjects: ['other.>'] });
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    const nobody = await failure(publisher.publish(publication('one', 'x', 'nobody.listens')));
    expect(nobody.kind).toBe('unavailable');
    const other = await failure(publisher.publish(publication('one', 'x', 'other.a')));
    expect([other.kind, other.message]).toEqual(['refused', expect.stringMatching(/A stream other than/)]);
    expect((await manager.streams.info('OTHER')).state.messages).toBe(0);
    expect(publisher.doubts).toBe(2);
  });

  it.each([
    ['is full', { max_msgs: 1 }, 'unavailable', /maximum messages/],
    [
      'has enough of this subject',
      { max_msgs_per_subject: 1, discard_new_per_subject: true },
      'refused',
      /per subject/,
    ],
  ])('is not taken by a stream that %s', async (_what, limits, kind, reason) => {
    const server = await serverForTest({ jetstream: true });
    await withStream(server, { ...limits, discard: 'new' });
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    await publisher.publish(publication('one'));
    const full = await failure(publisher.publish(publication('two')));
    expect([full.kind, full.message]).toEqual([kind, expect.stringMatching(reason)]);
  });

  it('is too large for the server or for the stream, which no attempt mends', async () => {
    const server = await serverForTest({ jetstream: true, maxPayload: 200_000 });
    await withStream(server, { max_msg_size: 100_000 });
    const bus = busForTest(server);
    const publisher = publisherFor(bus, 2000, { now: Infinity, largest: 100_000 });
    await bus.connected();
    const ofServer = await failure(publisher.publish(publication('one', 'x'.repeat(200_000))));
    expect([ofServer.kind, ofServer.message]).toEqual(['tooLarge', expect.stringMatching(/accepts at most 200000/)]);
    const ofStream = await failure(publisher.publish(publication('one', 'x'.repeat(150_000))));
    expect(ofStream.kind).toBe('tooLarge');
    // The connection lives on.
    expect(await publisher.publish(publication('one'))).toEqual({ duplicate: false });
  });

  it('waits when the limit is too small for any bus of readings, or was larger before', async () => {
    const server = await serverForTest({ jetstream: true, maxPayload: 4096 });
    await withStream(server);
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    const small = await failure(publisher.publish(publication('one', 'x'.repeat(60_000))));
    expect([small.kind, small.message]).toEqual(['lowered', expect.stringMatching(/max_payload.*Set max_payload/)]);
    await server.restart({ maxPayload: 1_000_000 });
    await until(() => bus.server?.maxPayload === 1_000_000);
    await publisher.publish(publication('one', 'x'.repeat(300_000)));
    await server.restart({ maxPayload: 200_000 });
    await until(() => bus.server?.maxPayload === 200_000);
    expect((await failure(publisher.publish(publication('two', 'x'.repeat(300_000))))).kind).toBe('lowered');
    const manager = await (await callerForTest(server)).jetstreamManager();
    const { config } = await manager.streams.info(STREAM);
    await manager.streams.update(STREAM, { ...config, max_msg_size: 1000 });
    const ofStream = await failure(publisher.publish(publication('two', 'x'.repeat(2000))));
    expect([ofStream.kind, ofStream.message]).toEqual(['lowered', expect.stringMatching(/max_msg_size/)]);
  });

  it('waits with all others while the account is full, or the stream sealed', async () => {
    const users = [driverKey, callerKey].map(({ publicKey }) => `{ nkey: "${publicKey}" }`).join(', ');
    const extraConfig = `accounts { A { jetstream { max_file: 100000, max_mem: 0 }, users: [${users}] } }`;
    const server = await serverForTest({ jetstream: true, users: undefined, extraConfig });
    const { manager } = await withStream(server);
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    await publisher.publish(publication('one', 'x'.repeat(60_000)));
    const full = await failure(publisher.publish(publication('two', 'x'.repeat(60_000))));
    expect([full.kind, full.message]).toEqual(['unavailable', expect.stringMatching(/limits exceeded for account/)]);
    await manager.streams.update(STREAM, { sealed: true } as Partial<StreamConfig>);
    const sealed = await failure(publisher.publish(publication('three')));
    expect([sealed.kind, sealed.message]).toEqual(['unavailable', expect.stringMatching(/sealed/)]);
  });

  it('is too large when its id is, which no attempt mends', async () => {
    const server = await serverForTest({ jetstream: true });
    await withStream(server);
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    expect((await failure(publisher.publish(publication('x'.repeat(70_000), 'x')))).kind).toBe('tooLarge');
  });

  it.each([
    ['somebody else', '{}', /A subscriber other than stream "READINGS"/],
    ['somebody else, with text', 'thank you', /could not be published/],
    ['another stream', '{"stream":"OTHER","seq":7}', /A subscriber other than stream "READINGS"/],
    ['a cluster that has it under way', '{"stream":"READINGS","seq":0,"duplicate":true}', /not stored it yet/],
  ])('is not safe when %s answers', async (_who, answer, told) => {
    const server = await serverForTest({ jetstream: true });
    const nc = await callerForTest(server);
    nc.subscribe('iota.readings.>', {
      callback: (_error, message) => {
        message.respond(Buffer.from(answer));
      },
    });
    await nc.flush();
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    const { kind, message } = await failure(publisher.publish(publication('one')));
    expect([kind, message]).toEqual(['unavailable', expect.stringMatching(told)]);
    expect(publisher.doubts).toBe(1);
  });

  it('goes on when the right to publish, or to hear the answer, was taken away and given back', async () => {
    const server = await serverForTest({ jetstream: true });
    await withStream(server);
    const bus = busForTest(server);
    const publisher = publisherFor(bus, 600_000);
    await bus.connected();
    await publisher.publish(publication('one'));
    for (const permissions of [{ publish: { deny: ['iota.>'] } }, { subscribe: { deny: ['>'] } }]) {
      await server.reload({ users: [callerKey, { ...driverKey, permissions }] });
      expect((await failure(publisher.publish(publication('two')))).message).toMatch(/Permissions Violation/);
    }
    await server.reload({ users: [callerKey, driverKey] });
    await publisher.publish(publication('two'));
  });

  it('is not even tried while the stream is known to be unavailable', async () => {
    const server = await serverForTest({ jetstream: true });
    const { manager } = await withStream(server);
    const bus = busForTest(server);
    const publisher = publisherFor(bus);
    await bus.connected();
    publisher.blocked = 'The stream throws everything away.';
    expect((await failure(publisher.publish(publication('one')))).message).toBe(publisher.blocked);
    expect((await manager.streams.info(STREAM)).state.messages).toBe(0);
  });
});

describe('a publication over core NATS', () => {
  it('counts as published when the server has taken it, and may be lost', async () => {
    const server = await serverForTest();
    const nc = await callerForTest(server);
    const heard = nc.subscribe('iota.readings.>', { max: 1 });
    await nc.flush();
    const bus = busForTest(server);
    await bus.connected();
    const publisher = corePublisher(bus);
    expect(publisher.atMostOnce).toBe(true);
    expect(await publisher.publish(publication('one'))).toEqual({ duplicate: false });
    for await (const message of heard) {
      expect([message.string(), message.headers?.get('Nats-Msg-Id')]).toEqual(['one', 'one']);
    }
    await server.halt();
    await expect.poll(() => bus.state).toBe('connecting');
    expect((await failure(publisher.publish(publication('two')))).kind).toBe('unavailable');
  });

  it('fails when the connection ends before the server has confirmed it', async () => {
    const server = await serverForTest();
    const bus = busForTest(server, { pingIntervalMs: 30 });
    await bus.connected();
    server.freeze();
    const { kind, message } = await failure(corePublisher(bus).publish(publication('one')));
    expect([kind, message]).toEqual(['unavailable', expect.stringContaining('ended before the message was stored')]);
    server.thaw();
  });
});
