import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { IClientOptions } from 'mqtt';
import { generate } from 'mqtt-packet';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { connectPlain, startMosquitto } from '../../support/mosquitto/index.ts';
import { startMqttGate, type MqttGate, type MqttGateOptions } from '../../support/mqtt-gate.ts';
import { createAuthority } from '../../support/nats/index.ts';

const authority = await createAuthority();
const certificate = await authority.issue();

async function gateForTest(options: Partial<MqttGateOptions> = {}): Promise<MqttGate> {
  const broker = await startMosquitto({ users: { inner: 'inner-password' } });
  onTestFinished(() => broker.stop());
  const gate = await startMqttGate({
    target: broker.port(),
    authorize: ({ username }) =>
      username === 'outer'
        ? { accept: { username: 'inner', password: 'inner-password' } }
        : { refuse: username === 'banned' ? 'notAuthorized' : 'badUserNameOrPassword' },
    ...options,
  });
  onTestFinished(() => gate.stop());
  return gate;
}

async function clientForTest(gate: MqttGate, options: IClientOptions = {}) {
  const client = await connectPlain(gate.url, { username: 'outer', password: 'x', ca: authority.caPem, ...options });
  onTestFinished(() => client.end());
  return client;
}

async function rawForTest(gate: MqttGate): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: gate.port });
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const codeOf = (gate: MqttGate, options: IClientOptions) =>
  connectPlain(gate.url, options).then(
    () => 'accepted',
    (error: unknown) => (error as { code: unknown }).code,
  );

describe('a gate', () => {
  test.each([
    ['tcp', {}],
    ['TLS', { certificate }],
    ['WebSocket', { webSocket: true }],
    ['WebSocket over TLS', { webSocket: true, certificate }],
  ])('passes on what was let in, over %s', async (_name, options) => {
    const gate = await gateForTest(options);
    for (const protocolVersion of [4, 5] as const) {
      const client = await clientForTest(gate, { protocolVersion });
      await client.subscribe('a/b');
      await client.publish('a/b', 'x'.repeat(200_000));
      await eventually(() => {
        expect(client.heard.map(({ text }) => text.length)).toEqual([200_000]);
      });
    }
    expect(gate.open).toHaveLength(2);
    expect(gate.bytes.toBroker).toBeGreaterThan(400_000);
  });

  it('refuses with the codes of the version', async () => {
    const gate = await gateForTest();
    expect(await codeOf(gate, { username: 'x', password: 'y', protocolVersion: 4 })).toBe(4);
    expect(await codeOf(gate, { username: 'banned', password: 'y', protocolVersion: 4 })).toBe(5);
    expect(await codeOf(gate, { username: 'x', password: 'y', protocolVersion: 5 })).toBe(0x86);
    expect(await codeOf(gate, { username: 'banned', password: 'y', protocolVersion: 5 })).toBe(0x87);
    expect(gate.attempts[0]).toMatchObject({ username: 'x', password: 'y', protocolVersion: 4 });
    expect(gate.open).toEqual([]);
  });

  it('says that it is unavailable when nobody can decide', async () => {
    const gate = await gateForTest({
      authorize: () => {
        throw new Error('no idea');
      },
    });
    expect(await codeOf(gate, { protocolVersion: 4 })).toBe(3);
    expect(await codeOf(gate, { protocolVersion: 5 })).toBe(0x88);
  });

  it('takes a CONNECT byte by byte, and what was sent right behind it', async () => {
    const gate = await gateForTest();
    const listener = await clientForTest(gate);
    await listener.subscribe('a');
    const socket = await rawForTest(gate);
    const hello = generate({ cmd: 'connect', clientId: 'slow', username: 'outer', password: Buffer.from('x') });
    const publish = generate({ cmd: 'publish', topic: 'a', payload: 'early', qos: 0, dup: false, retain: false });
    for (const byte of hello.subarray(0, -1)) {
      socket.write(Buffer.from([byte]));
      await new Promise(setImmediate);
    }
    socket.write(Buffer.concat([hello.subarray(-1), publish]));
    await eventually(() => {
      expect(listener.heard.map(({ text }) => text)).toEqual(['early']);
    });
  });

  test.each([
    ['is no MQTT', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['is too long', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])],
    ['has a malformed length', Buffer.from([0x10, 0xff, 0xff, 0xff, 0xff, 0x01])],
    ['is malformed', Buffer.from([0x10, 2, 0, 9])],
    ['never ends', Buffer.from([0x10, 20, 0])],
  ])('closes a connection whose beginning %s', async (_name, bytes) => {
    const gate = await gateForTest({ connectTimeoutMs: 300 });
    const socket = await rawForTest(gate);
    socket.resume().write(bytes);
    await once(socket, 'close');
    expect(gate.attempts).toEqual([]);
  });

  it('ends the connections that are meant, and no others', async () => {
    const gate = await gateForTest();
    const [one, two] = [await clientForTest(gate, { clientId: 'one' }), await clientForTest(gate, { clientId: 'two' })];
    const closed = new Promise<void>((resolve) => {
      one.raw.once('close', resolve);
    });
    expect(gate.kick({ clientId: 'one' })).toBe(1);
    await closed;
    await two.publish('still', 'there');
    expect(gate.kick({ username: 'nobody' })).toBe(0);
  });
});
