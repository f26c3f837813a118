/** What a hostile client can send and hold open: the server goes on to answer others, and its memory is bounded. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Route } from '../../../src/http/route.ts';
import { sendText } from '../../../src/http/send.ts';
import { eventually } from '../../support/eventually.ts';
import { raw, serverForTest } from './support.ts';

const live: Route = {
  path: '/livez',
  access: 'open',
  handle: (_request, response) => {
    sendText(response, 200, 'live');
  },
};
const MEGABYTE = 'x'.repeat(1 << 20);
const large: Route = {
  path: '/large',
  access: 'open',
  handle: (_request, response) => {
    sendText(response, 200, MEGABYTE);
  },
};
const HEAD = 'Host: localhost\r\n';
const REQUEST = `GET /livez HTTP/1.1\r\n${HEAD}\r\n`;

/** Connections that have sent this and nothing more. They are closed with the test. */
async function hold(port: number, count: number, start: string, localAddress = '127.0.0.2'): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect({ port, host: '127.0.0.1', localAddress }));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(
    sockets.map(async (socket) => {
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(start);
    }),
  );
  return sockets;
}

const closedOf = (sockets: readonly Socket[]): number => sockets.filter(({ closed }) => closed).length;

describe('connections that stay open', () => {
  it.each([
    ['that send nothing', ''],
    ['that send a head byte by byte', 'GET /livez HTT'],
    ['whose request was answered', REQUEST],
  ])('%s: a thousand keep no one out', async (_what, start) => {
    const { port, get } = await serverForTest([live]);
    const held = await hold(port, 1000, start);
    for (const socket of held) socket.resume();
    expect((await get('/livez')).status).toBe(200);
    // Also from the same address.
    expect((await get('/livez', { localAddress: '127.0.0.2' })).status).toBe(200);
    await eventually(() => {
      expect(held.length - closedOf(held)).toBeLessThanOrEqual(100);
    });
  });

  it('a head that does not end is ended by the server', async () => {
    const { port } = await serverForTest([live]);
    const socket = connect({ port, host: '127.0.0.1' });
    socket.write('GET /livez HTTP/1.1\r\n');
    const drip = setInterval(() => socket.write('X: y\r\n'), 100);
    onTestFinished(() => {
      clearInterval(drip);
    });
    socket.on('error', () => undefined);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
  });
});

describe('requests', () => {
  it('with a huge head are refused', async () => {
    const { port, get } = await serverForTest([live]);
    expect(await raw(port, `GET /livez HTTP/1.1\r\n${HEAD}X: ${'y'.repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
    expect(await raw(port, `GET /${'y'.repeat(20_000)} HTTP/1.1\r\n${HEAD}\r\n`)).toMatch(/^HTTP\/1.1 4(?:31|14) /);
    expect((await get('/livez')).status).toBe(200);
  });

  it.each([
    ['nonsense', 'nonsense\r\n\r\n'],
    ['the start of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['two lengths', `POST /livez HTTP/1.1\r\n${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nx`],
    [
      'a length and chunks',
      `POST /livez HTTP/1.1\r\n${HEAD}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['no Host', 'GET /livez HTTP/1.1\r\n\r\n'],
    ['a line feed in a header', `GET /livez HTTP/1.1\r\n${HEAD}X: a\nb\r\n\r\n`],
  ])('of %s are refused, and end the connection', async (_what, bytes) => {
    const { port } = await serverForTest([live]);
    expect(await raw(port, bytes)).toMatch(/^HTTP\/1.1 400 /);
  });

  it('to another server are not passed on', async () => {
    const { port } = await serverForTest([live]);
    const end = 'Connection: close\r\n\r\n';
    expect(await raw(port, `GET http://example.com/livez HTTP/1.1\r\n${HEAD}${end}`)).toMatch(/^HTTP\/1.1 404 /);
    expect(await raw(port, `CONNECT example.com:443 HTTP/1.1\r\n${HEAD}\r\n`)).toBe('');
    expect(await raw(port, `GET /livez HTTP/1.1\r\n${HEAD}Upgrade: websocket\r\nConnection: close\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 200 /,
    );
  });

  it('of a pipeline are answered in order, up to a limit', async () => {
    const { port } = await serverForTest([live]);
    const answers = await raw(port, REQUEST.repeat(500));
    expect(answers.match(/HTTP\/1.1 200 /g)?.length).toBe(100);
    expect(answers.match(/HTTP\/1.1 503 /g)?.length ?? 0).toBeLessThanOrEqual(400);
  });
});

describe('readers that do not read', () => {
  it('keep no one out, and the answers for them are not all in memory', async () => {
    let answered = 0;
    const counted: Route = { ...large, handle: (...given) => ((answered += 1), large.handle(...given)) };
    const { port, get } = await serverForTest([live, counted]);
    await hold(port, 20, `GET /large HTTP/1.1\r\n${HEAD}\r\n`.repeat(100));
    await eventually(() => {
      expect(answered).toBeGreaterThanOrEqual(20);
    });
    expect((await get('/livez')).status).toBe(200);
    // Node stops reading requests of a connection whose answers are not read.
    expect(answered).toBeLessThan(20 * 10);
  });
});

describe('the port', () => {
  it('that another program uses is reported, and used as soon as it is free', async () => {
    const { server, port } = await serverForTest([live]);
    const second = await serverForTest([live], { port }, { waits: false });
    await eventually(() => {
      expect(second.server.problem).toContain(`port ${port} of 127.0.0.1: another program does`);
    });
    expect(second.log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    await server.stop();
    await eventually(() => {
      expect(second.server.address?.port).toBe(port);
    });
    expect(second.server.problem).toBeUndefined();
    expect(second.log.text()).toContain('The HTTP server listens now.');
  });

  it('can be used again at once after a stop, with connections open', async () => {
    const { server, port } = await serverForTest([live]);
    const held = await hold(port, 10, REQUEST);
    await server.stop();
    const again = await serverForTest([live], { port });
    expect((await again.get('/livez')).status).toBe(200);
    for (const socket of held) socket.resume();
    await eventually(() => {
      expect(closedOf(held)).toBe(10);
    });
  });
});
