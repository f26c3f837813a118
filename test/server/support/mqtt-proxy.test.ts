import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { IClientOptions } from 'mqtt';
import { generate } from 'mqtt-packet';
import { describe, expect, it, onTestFinished, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { connectPlain, startMosquitto } from '../../../simulators/support/mosquitto/index.ts';
import { startMqttProxy, type MqttProxy, type MqttProxyOptions } from '../../../simulators/support/mqtt-proxy.ts';
import { createAuthority } from '../../support/nats/index.ts';

const authority = await createAuthority();
const certificate = await authority.issue();

async function proxyForTest(options: Partial<MqttProxyOptions> = {}): Promise<MqttProxy> {
  const broker = await startMosquitto({ users: { inner: 'inner-password' } });
  onTestFinished(() => broker.stop());
  const proxy = await startMqttProxy({
    target: broker.port(),
    authorize: ({ username }) =>
      username === 'outer'
        ? { accept: { username: 'inner', password: 'inner-password' } }
        : { refuse: username === 'banned' ? 'notAuthorized' : 'badUserNameOrPassword' },
    ...options,
  });
  onTestFinished(() => proxy.stop());
  return proxy;
}

async function clientForTest(proxy: MqttProxy, options: IClientOptions = {}) {
  const client = await connectPlain(proxy.url, { username: 'outer', password: 'x', ca: authority.caPem, ...options });
  onTestFinished(() => client.end());
  return client;
}

async function rawForTest(proxy: MqttProxy): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: proxy.port });
  onTestFinished(() => {
    socket.destroy();
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

const codeOf = (proxy: MqttProxy, options: IClientOptions) =>
  connectPlain(proxy.url, options).then(
    () => 'accepted',
    (error: unknown) => (error as { code: unknown }).code,
  );

describe('a proxy', () => {
  test.each([
    ['tcp', {}],
    ['TLS', { certificate }],
    ['WebSocket', { webSocket: true }],
    ['WebSocket over TLS', { webSocket: true, certificate }],
  ])('passes on what was let in, over %s', async (_name, options) => {
    const proxy = await proxyForTest(options);
    for (const protocolVersion of [4, 5] as const) {
      const client = await clientForTest(proxy, { protocolVersion });
      await client.subscribe('a/b');
      await client.publish('a/b', 'x'.repeat(200_000));
      await eventually(() => {
        expect(client.heard.map(({ text }) => text.length)).toEqual([200_000]);
      });
    }
    expect(proxy.open).toHaveLength(2);
    expect(proxy.bytes.toBroker).toBeGreaterThan(400_000);
  });

  it('refuses with the codes of the version', async () => {
    const proxy = await proxyForTest();
    expect(await codeOf(proxy, { username: 'x', password: 'y', protocolVersion: 4 })).toBe(4);
    expect(await codeOf(proxy, { username: 'banned', password: 'y', protocolVersion: 4 })).toBe(5);
    expect(await codeOf(proxy, { username: 'x', password: 'y', protocolVersion: 5 })).toBe(0x86);
    expect(await codeOf(proxy, { username: 'banned', password: 'y', protocolVersion: 5 })).toBe(0x87);
    expect(proxy.attempts[0]).toMatchObject({ username: 'x', password: 'y', protocolVersion: 4 });
    expect(proxy.open).toEqual([]);
  });

  it('reports that it is unavailable when it cannot check a log-in', async () => {
    const proxy = await proxyForTest({
      authorize: () => {
        throw new Error('no idea');
      },
    });
    expect(await codeOf(proxy, { protocolVersion: 4 })).toBe(3);
    expect(await codeOf(proxy, { protocolVersion: 5 })).toBe(0x88);
  });

  it('takes a CONNECT byte by byte, and what was sent right behind it', async () => {
    const proxy = await proxyForTest();
    const listener = await clientForTest(proxy);
    await listener.subscribe('a');
    const socket = await rawForTest(proxy);
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
    const proxy = await proxyForTest({ connectTimeoutMs: 300 });
    const socket = await rawForTest(proxy);
    socket.resume().write(bytes);
    await once(socket, 'close');
    expect(proxy.attempts).toEqual([]);
  });

  it('ends the connections that are meant, and no others', async () => {
    const proxy = await proxyForTest();
    const [one, two] = [
      await clientForTest(proxy, { clientId: 'one' }),
      await clientForTest(proxy, { clientId: 'two' }),
    ];
    const closed = new Promise<void>((resolve) => {
      one.raw.once('close', resolve);
    });
    expect(proxy.kick({ clientId: 'one' })).toBe(1);
    await closed;
    await two.publish('still', 'there');
    expect(proxy.kick({ username: 'nobody' })).toBe(0);
  });
});
