/** Traps of the client that are closed by how the connection is made and watched. */
import { createSocket, type Socket } from 'node:dgram';
import dns from 'node:dns';
import { describe, expect, onTestFinished, test } from 'vitest';
import { connectBus } from '../../../../src/bus/connection/connection.ts';
import { eventually } from '../../../support/eventually.ts';
import { startNatsServer } from '../../../support/nats/index.ts';
import {
  ask,
  authority,
  busForTest,
  callerForTest,
  callerKey,
  certificate,
  driverKey,
  flushed,
  itemsOf,
  meta,
  problem,
  proxyForTest,
  requestSubject,
  serveForTest,
  serverForTest,
  TestLog,
  until,
} from '../support.ts';

describe('the key', () => {
  test.each([
    ['a line break after it', (seed: string) => `${seed}\n`],
    ['white space around it, as bytes', (seed: string) => Buffer.from(`\r\n  ${seed} \r\n`)],
    ['a function', (seed: string) => () => Buffer.from(`${seed}\n`)],
  ])('a seed with %s logs in', async (_name, given) => {
    const server = await serverForTest();
    const bus = busForTest(server, { seed: given(driverKey.seed) });
    await bus.connected();
  });

  test('two equal authentication errors do not end the connection for good, neither at start nor later', async () => {
    const server = await serverForTest({ users: [callerKey] });
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy);
    await until(() => proxy.taken >= 4);
    await server.reload({ users: [callerKey, driverKey] });
    await bus.connected();
    // The server throws the driver out, and refuses it again and again.
    const before = proxy.taken;
    await server.reload({ users: [callerKey] });
    await problem(bus, 'authentication');
    await until(() => proxy.taken >= before + 4);
    await server.reload({ users: [callerKey, driverKey] });
    await bus.connected();
    expect(bus.state).toBe('connected');
  });
});

describe('finding the server', () => {
  test('names are resolved by the machine, not by a name server of its own choice', async () => {
    const server = await serverForTest();
    const liar = await lyingNameServer();
    const before = dns.getServers();
    dns.setServers([`127.0.0.1:${liar.address().port}`]);
    onTestFinished(() => {
      dns.setServers(before);
    });
    const bus = busForTest(server, { servers: [`localhost:${server.port}`] });
    await bus.connected();
  });

  test('a server that begins with TLS', async () => {
    const starting = startNatsServer({ certificate, users: [driverKey], handshakeFirst: true });
    const old = await starting.then(
      () => false,
      (error: unknown) => String(error),
    );
    // nats-server before 2.10 does not know this, and says so.
    if (old !== false) {
      expect(old).toContain('handshake_first');
      return;
    }
    const server = await starting;
    onTestFinished(() => server.stop());
    const bus = busForTest(server, { tls: { ca: authority.caPem, first: true } });
    await bus.connected();
    await server.restart({ handshakeFirst: false });
    expect(await problem(bus, 'tlsFailed')).toContain('check that the server does so too');
  });
});

describe('a server that falls silent', () => {
  test('is noticed by pings, even with a full socket, and is found again', async () => {
    const server = await serverForTest();
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy, { pingIntervalMs: 30, connectTimeoutMs: 500 });
    await bus.connected();
    proxy.pause();
    // More than the buffers of both sockets hold, so that the connection cannot be given up by a polite last write.
    for (let i = 0; i < 64; i++) bus.nats?.publish('filler', Buffer.alloc(500_000));
    expect(await problem(bus, 'stale')).toContain('has not answered a ping for 90 ms');
    await problem(bus, 'timeout');
    proxy.resume();
    await bus.connected();
    expect(bus.log.messages().some((message) => message.includes('has not answered a ping'))).toBe(true);
  });

  test('a frozen server process is noticed too', async () => {
    const server = await serverForTest();
    const bus = busForTest(server, { pingIntervalMs: 30, connectTimeoutMs: 500 });
    await bus.connected();
    server.freeze();
    await problem(bus, 'stale');
    server.thaw();
    await bus.connected();
  });

  test('a quiet connection that answers pings stays', async () => {
    const server = await serverForTest();
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy, { pingIntervalMs: 100 });
    await bus.connected();
    const before = proxy.passed;
    // Four pings and their answers, of six bytes each at least. After three without an answer the connection would end.
    await until(() => proxy.passed >= before + 48);
    expect(proxy.taken).toBe(1);
    expect(bus.state).toBe('connected');
  });

  test('bytes that are not NATS end the connection, not the driver', async () => {
    const server = await serverForTest({ certificate: undefined });
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy, { tls: 'insecure', pingIntervalMs: 100 });
    serveForTest(bus, async (request) => {
      await request.answer({ id: '1', function: 'version' }).end({ status: 'ok', meta });
    });
    await bus.connected();
    // The client stops reading without a word; only unanswered pings tell.
    proxy.inject('GARBAGE\r\n');
    await until(() => proxy.taken >= 2);
    const caller = await callerForTest(server, { tls: null });
    // A request finds nobody while the next connection is being made.
    expect(await eventually(() => ask(caller))).toHaveLength(1);
  });
});

describe('state', () => {
  test('is reported when it changes, and closing is final', async () => {
    const server = await serverForTest();
    const bus = busForTest(server);
    const states: string[] = [];
    bus.onState((state) => states.push(state));
    await bus.connected();
    expect(bus.server).toMatchObject({ version: server.version, maxPayload: 1_048_576, tls: true });
    await server.restart({ maxPayload: 2000 });
    await until(() => bus.state === 'connecting');
    await bus.connected();
    expect(bus.server?.maxPayload).toBe(2000);
    await bus.close();
    expect(bus.state).toBe('closed');
    expect(bus.server).toBeUndefined();
    expect(states.filter((state, position) => state !== states[position - 1])).toEqual([
      'connected',
      'connecting',
      'connected',
      'draining',
      'closed',
    ]);
  });

  test('a failing listener or subscriber does no harm', async () => {
    const server = await serverForTest();
    const bus = busForTest(server);
    const fail = (): never => {
      throw new Error('listener');
    };
    bus.onState(fail);
    bus.use(fail);
    await bus.connected();
    expect(bus.log.messages('error').length).toBeGreaterThanOrEqual(2);
  });

  test('a signal ends a connection that was never made, at once', async () => {
    const server = await serverForTest();
    server.freeze();
    const ending = new AbortController();
    const log = new TestLog();
    const options = {
      servers: [server.url],
      seed: driverKey.seed,
      name: 'x',
      tls: { ca: authority.caPem },
      logger: log,
    };
    const bus = connectBus({ ...options, signal: ending.signal });
    const connected = bus.connected();
    ending.abort();
    await expect(connected).rejects.toThrow(/closed before/);
    await bus.closed;
    const late = connectBus({ ...options, signal: ending.signal });
    await late.closed;
    expect(late.state).toBe('closed');
  });
});

/** Answers every request, and asks again for a refused subscription at once. */
const impatientEndpoint = (bus: ReturnType<typeof busForTest>) =>
  serveForTest(
    bus,
    async (request) => {
      await request.answer({ id: '1', function: 'version' }).end({ status: 'ok', meta });
    },
    { resubscribeMs: 20 },
  );

describe('permissions', () => {
  test('without any for service discovery, requests are served all the same', async () => {
    const permissions = { subscribe: { allow: [requestSubject, '_INBOX.>'] } };
    const server = await serverForTest({ users: [{ ...driverKey, permissions }, callerKey] });
    const bus = busForTest(server);
    serveForTest(bus, async (request) => {
      const answer = request.answer({ id: '1', function: 'version' });
      await answer.item({ fine: true });
      await answer.end({ status: 'ok', meta });
    });
    await bus.connected();
    await flushed(bus);
    const caller = await callerForTest(server);
    expect(itemsOf(await ask(caller))).toEqual([{ fine: true }]);
    await until(() => bus.log.text().includes('service discovery does not find it'));
    expect(bus.log.messages('error')).toEqual([]);
  });

  test('one that is taken away and given back lets requests come again, without a new connection', async () => {
    const deny = { ...driverKey, permissions: { subscribe: { deny: [requestSubject] } } };
    const server = await serverForTest({ users: [deny, callerKey] });
    const bus = busForTest(server);
    const endpoint = impatientEndpoint(bus);
    await bus.connected();
    await until(() => bus.log.messages('error').some((text) => text.includes('cannot receive requests')));
    expect(endpoint.isRefused).toBe(true);
    await server.reload({ users: [{ ...driverKey, permissions: { subscribe: { deny: ['other'] } } }, callerKey] });
    const caller = await callerForTest(server);
    // Without a subscription the server answers at once that nobody is there.
    const received = await eventually(() => caller.request(requestSubject, '{}', { timeout: 5000 }));
    expect(received.json()).toMatchObject({ status: 'ok' });
    await until(() => !endpoint.isRefused);
    // However often it is tried, the log is not filled.
    expect(bus.log.messages('error').filter((text) => text.includes('cannot receive')).length).toBeLessThan(15);
  });

  test('one that is taken away from a live connection is noticed, and asked for again', async () => {
    const users = (deny: string) => [{ ...driverKey, permissions: { subscribe: { deny: [deny] } } }, callerKey];
    const server = await serverForTest({ users: users('other') });
    const bus = busForTest(server);
    const endpoint = impatientEndpoint(bus);
    await bus.connected();
    await flushed(bus);
    expect(endpoint.isRefused).toBe(false);
    await server.reload({ users: users(requestSubject) });
    await until(() => endpoint.isRefused);
    await server.reload({ users: users('other') });
    await until(() => !endpoint.isRefused);
    const caller = await callerForTest(server);
    const received = await eventually(() => caller.request(requestSubject, '{}', { timeout: 5000 }));
    expect(received.json()).toMatchObject({ status: 'ok' });
  });

  test('those for service discovery that are given back let it find the driver, without a new connection', async () => {
    const users = (deny: string) => [{ ...driverKey, permissions: { subscribe: { deny: [deny] } } }, callerKey];
    const server = await serverForTest({ users: users('$SRV.>') });
    const bus = busForTest(server);
    serveForTest(bus, () => Promise.resolve(), { resubscribeMs: 20 });
    await bus.connected();
    await flushed(bus);
    await server.reload({ users: users('other') });
    const caller = await callerForTest(server);
    const found = await eventually(() => caller.request('$SRV.PING', '', { timeout: 1000 }));
    expect(found.json()).toMatchObject({ type: 'io.nats.micro.v1.ping_response' });
  });

  test('a missing one for the request subject or an answer is reported by name', async () => {
    const permissions = { subscribe: { deny: [requestSubject] }, publish: { deny: ['forbidden.>'] } };
    const server = await serverForTest({ users: [{ ...driverKey, permissions }, callerKey] });
    const bus = busForTest(server);
    serveForTest(bus, async () => undefined);
    await bus.connected();
    await until(() => bus.log.messages('error').some((text) => text.includes('cannot receive requests')));
    await until(() => bus.log.messages('error').some((text) => text.includes(`"${requestSubject}". Give the user`)));
    for (let i = 0; i < 100; i++) bus.nats?.publish(`forbidden.${i}`);
    await flushed(bus);
    await until(() => bus.log.messages('error').some((text) => text.includes('to publish on "forbidden.0"')));
    await until(() => bus.log.messages('error').length >= 10);
    expect(bus.log.messages('error').length).toBeLessThan(30);
    expect(bus.state).toBe('connected');
  });
});

test('a subscription of a former connection comes back on the next one', async () => {
  const server = await serverForTest();
  const bus = busForTest(server);
  serveForTest(bus, async (request) => {
    await request.answer({ id: '1', function: 'version' }).end({ status: 'ok', meta });
  });
  for (let round = 0; round < 3; round++) {
    await bus.connected();
    await flushed(bus);
    const caller = await callerForTest(server, { reconnect: false });
    expect(await ask(caller)).toHaveLength(1);
    await caller.close();
    const former = bus.nats;
    await server.restart();
    await until(() => bus.nats !== undefined && bus.nats !== former);
  }
});

/** Answers every question for an address with one where nothing listens. */
async function lyingNameServer(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const answer = Buffer.from('c00c000100010000003c0004' + '7f000063', 'hex');
    const header = Buffer.from(question.subarray(0, 12));
    header.writeUInt16BE(0x8180, 2);
    header.writeUInt16BE(1, 6);
    header.writeUInt16BE(0, 10);
    const end = question.indexOf(0, 12) + 5;
    socket.send(Buffer.concat([header, question.subarray(12, end), answer]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}
