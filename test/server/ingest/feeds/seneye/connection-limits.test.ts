/** Connections that do nothing, however many and from wherever, keep no sender out. */
import { once } from 'node:events';
import { request, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { signMessage } from '../../../../../simulators/seneye/encoding.ts';
import { eventually } from '../../../../support/eventually.ts';
import { configOf, message, PATH, SECRET, SOURCE, harnessForTest } from './harness.ts';

/** Only ends a test that hangs. */
const FOR_EVER_MS = 120_000;

/** Connections that have sent `start` and send nothing more; all of 127.0.0.0/8 is this machine. */
async function hold(
  port: number,
  count: number,
  addressOf: (at: number) => string,
  start = 'POST / HTTP/1.1\r\nX: ',
): Promise<Socket[]> {
  const sockets: Socket[] = [];
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let at = 0; at < count; at++) {
    const socket = connect({ port, host: '127.0.0.1', localAddress: addressOf(at) });
    socket.on('error', () => undefined);
    sockets.push(socket);
    socket.write(start);
    await once(socket, 'connect');
  }
  return sockets;
}

/** Posts as a device does, from an address of this machine; resolves with the status. */
async function postFrom(localAddress: string, port: number, secret = SECRET): Promise<number | undefined> {
  const body = signMessage(Buffer.from(JSON.stringify(message())), secret);
  const headers = { 'content-type': 'application/jose', 'x-seneye': SOURCE, 'content-length': body.length };
  const options: RequestOptions = {
    method: 'POST',
    host: '127.0.0.1',
    port,
    path: PATH,
    localAddress,
    headers,
    agent: false,
  };
  const posted = request(options);
  posted.end(body);
  const [response] = (await once(posted, 'response')) as [IncomingMessage];
  await text(response);
  return response.statusCode;
}

const patient = {
  requestTimeoutMs: FOR_EVER_MS,
  ackTimeoutMs: FOR_EVER_MS,
  rateLimit: { burst: 1000, perSecond: 1000 },
};

describe('connections that do nothing', () => {
  it('of one address keep no other connection out, not even at that address', async () => {
    const { port, feed, log } = await harnessForTest(configOf(patient));
    const held = await hold(port, 300, () => '127.0.0.2');
    expect(await postFrom('127.0.0.3', port)).toBe(200);
    expect(await postFrom('127.0.0.2', port)).toBe(200);
    await eventually(() => {
      expect(held.filter(({ closed }) => !closed).length).toBeLessThanOrEqual(10);
    });
    expect(feed.metrics().refused).toBeGreaterThanOrEqual(290);
    const lines = log.lines.filter(({ message: line }) => line.startsWith('Too many connections'));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.facts).toMatchObject({ from: '127.0.0.2' });
  });

  it('of many addresses keep no other connection out, known or not', async () => {
    const { port } = await harnessForTest(configOf(patient));
    expect(await postFrom('127.0.0.3', port)).toBe(200);
    await hold(port, 300, (at) => `127.0.1.${1 + (at % 100)}`);
    expect(await postFrom('127.0.0.3', port)).toBe(200);
    expect(await postFrom('127.0.0.4', port)).toBe(200);
  });

  it.each([
    ['nothing', ''],
    ['a head without an end', `POST ${PATH} HTTP/1.1\r\nX-SENEYE: ${SOURCE}\r\n`],
    [
      'a body without an end',
      `POST ${PATH} HTTP/1.1\r\nX-SENEYE: ${SOURCE}\r\nContent-Type: application/jose\r\nContent-Length: 9999\r\n\r\ne30.`,
    ],
    [
      'a wait for 100 Continue',
      `POST ${PATH} HTTP/1.1\r\nX-SENEYE: ${SOURCE}\r\nContent-Type: application/jose\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n`,
    ],
    ['a request that was answered, kept alive', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['the start of a TLS handshake', '\x16\x03\x01\x02\x00'],
  ])('may have sent %s', async (_what, start) => {
    const { port } = await harnessForTest(configOf({ ...patient, maxConnections: 20 }));
    await hold(port, 100, (at) => `127.0.1.${1 + (at % 50)}`, start);
    expect(await postFrom('127.0.0.3', port)).toBe(200);
  });

  it('end no post whose readings are on their way to the bus', async () => {
    const { port, server, feed } = await harnessForTest(configOf({ ...patient, maxConnections: 20 }), {
      ackMs: FOR_EVER_MS,
    });
    server.freeze();
    onTestFinished(() => {
      server.thaw();
    });
    const posted = postFrom('127.0.0.3', port);
    await eventually(() => {
      expect(feed.metrics().waiting).toBeGreaterThan(0);
    });
    await hold(port, 100, (at) => `127.0.${at % 3 === 0 ? 0 : 1}.${at % 3 === 0 ? 3 : 1 + (at % 50)}`);
    server.thaw();
    expect(await posted).toBe(200);
  });

  it('and a thousand requests in one piece leave room for others', async () => {
    const { port } = await harnessForTest(configOf(patient));
    const [socket] = await hold(port, 1, () => '127.0.0.2', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1000));
    expect(await postFrom('127.0.0.3', port)).toBe(200);
    socket?.resume();
    if (socket?.closed === false) await once(socket, 'close');
  });
});
