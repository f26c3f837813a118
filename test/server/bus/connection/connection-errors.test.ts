/** Each reason for not being connected is told by itself, once, and ends when the server is mended on the same port. */
import { createServer } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createAuthority, createUserKey } from '../../../support/nats/index.ts';
import {
  authority,
  busForTest,
  callerKey,
  certificate,
  driverKey,
  problem,
  proxyForTest,
  serverForTest,
  until,
} from '../support.ts';

/** Told once, in spite of many attempts; the private key stays private. */
async function expectToldOnce(
  bus: ReturnType<typeof busForTest>,
  pattern: RegExp,
  attempts: () => number,
): Promise<void> {
  const before = attempts();
  await until(() => attempts() >= before + 3);
  expect(bus.log.messages('error').filter((message) => pattern.test(message))).toHaveLength(1);
  expect(bus.log.text()).not.toContain(driverKey.seed);
  expect(bus.state).toBe('connecting');
}

describe('a server that will not have us', () => {
  test('wrong key: reported with the public key; works when the server knows the key', async () => {
    const server = await serverForTest({ users: [callerKey] });
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy);
    const message = await problem(bus, 'authentication');
    expect(message).toContain("refused the driver's key");
    expect(message).toContain(driverKey.publicKey);
    await expectToldOnce(bus, /refused the driver's key/, () => proxy.taken);
    await server.restart({ users: [callerKey, driverKey] });
    await bus.connected();
    expect(bus.problem).toBeUndefined();
  });

  test('wrong CA: not trusted; works when the server gets the right certificate', async () => {
    const other = await createAuthority();
    const server = await serverForTest({ certificate: await other.issue() });
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy);
    expect(await problem(bus, 'untrusted')).toMatch(
      /authority that the driver does not trust.*settings\.bus\.tls\.caFile/,
    );
    await expectToldOnce(bus, /does not trust/, () => proxy.taken);
    await server.restart({ certificate });
    await bus.connected();
  });

  test('no TLS offered: the driver does not go on in the clear', async () => {
    const server = await serverForTest({ certificate: undefined });
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy);
    expect(await problem(bus, 'tlsNotOffered')).toContain('offers no TLS');
    await expectToldOnce(bus, /offers no TLS/, () => proxy.taken);
    await server.restart({ certificate });
    await bus.connected();
    expect(bus.server?.tls).toBe(true);
  });

  test('TLS required, but the driver set to insecure', async () => {
    const server = await serverForTest();
    const proxy = await proxyForTest(server);
    const bus = busForTest(proxy, { tls: 'insecure' });
    expect(await problem(bus, 'tlsRequired')).toMatch(/requires TLS.*settings\.bus\.insecure/);
    await expectToldOnce(bus, /requires TLS/, () => proxy.taken);
    await server.restart({ certificate: undefined });
    await bus.connected();
    expect(bus.server?.tls).toBe(false);
  });

  test('certificate of another name, for addresses as for names', async () => {
    const server = await serverForTest({ certificate: await authority.issue(['bus.example']) });
    const byAddress = busForTest(server);
    const byName = busForTest(server, { servers: [`localhost:${server.port}`] });
    const corrected = busForTest(server, { tls: { ca: authority.caPem, serverName: 'bus.example' } });
    expect(await problem(byAddress, 'hostMismatch')).toMatch(
      /does not contain the name "127\.0\.0\.1".*bus\.example.*settings\.bus\.tls\.serverName/,
    );
    expect(await problem(byName, 'hostMismatch')).toContain('does not contain the name "localhost"');
    await corrected.connected();
    await server.restart({ certificate });
    await Promise.all([byAddress.connected(), byName.connected(), problem(corrected, 'hostMismatch')]);
  });

  test('a server dialled by its address is not held to the name "localhost"', async () => {
    const server = await serverForTest({ certificate: await authority.issue(['127.0.0.1']) });
    await busForTest(server).connected();
    await server.restart({ certificate: await authority.issue(['localhost']) });
    const bus = busForTest(server);
    expect(await problem(bus, 'hostMismatch')).toContain('"127.0.0.1"');
  });

  test('expired certificate', async () => {
    const server = await serverForTest({ certificate: await authority.issue(undefined, { expired: true }) });
    const bus = busForTest(server);
    expect(await problem(bus, 'expired')).toMatch(/not valid today.*clock/);
    await server.restart({ certificate });
    await bus.connected();
  });
});

describe('no server at all', () => {
  test('nothing listens at start; works when it starts', async () => {
    const server = await serverForTest();
    await server.halt();
    const bus = busForTest(server);
    expect(await problem(bus, 'refused')).toContain('connection refused');
    await server.restart();
    await bus.connected();
  });

  test('unknown host name', async () => {
    const bus = busForTest({ port: 4222 }, { servers: ['nats.invalid:4222'] });
    expect(await problem(bus, 'unknownHost')).toContain('"nats.invalid" cannot be resolved');
  });

  test('a server that never greets: reported as a timeout, without piling up connections', async () => {
    const server = await serverForTest();
    const proxy = await proxyForTest(server);
    proxy.pause();
    const bus = busForTest(proxy, { connectTimeoutMs: 50 });
    expect(await problem(bus, 'timeout')).toContain('did not answer within 50 ms');
    await expectToldOnce(bus, /did not answer/, () => proxy.taken);
    expect(proxy.open).toBeLessThanOrEqual(2);
    proxy.resume();
    await bus.connected();
  });

  test('something else than NATS', async () => {
    const web = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      web.close();
    });
    const bus = busForTest(web.address() as { port: number });
    expect(await problem(bus, 'notNats')).toContain('not a NATS server');
  });

  test('a server that closes at once', async () => {
    const rude = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.destroy();
    });
    await new Promise<void>((resolve) => rude.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      rude.close();
    });
    const bus = busForTest(rude.address() as { port: number });
    expect(await problem(bus, 'closedByServer')).toContain('closed the connection before it was made');
  });

  test('the next server of the list is tried', async () => {
    const [down, up] = [await serverForTest(), await serverForTest()];
    await down.halt();
    const bus = busForTest(down, { servers: [`127.0.0.1:${down.port}`, up.url] });
    await bus.connected();
    expect(bus.server?.address).toBe(`127.0.0.1:${up.port}`);
  });
});

describe('things of our own that are wrong', () => {
  test('a key that is none; its text is not shown', async () => {
    const server = await serverForTest();
    let seed = `${driverKey.seed.slice(0, -4)}AAAA`;
    const bus = busForTest(server, { seed: () => seed });
    expect(await problem(bus, 'keyUnusable')).toContain('not a valid seed');
    expect(bus.log.text()).not.toContain(driverKey.seed.slice(0, 20));
    seed = driverKey.seed;
    await bus.connected();
  });

  test('a key file that cannot be read', async () => {
    const server = await serverForTest();
    const bus = busForTest(server, {
      seed: () => {
        throw Object.assign(new Error(`secret ${driverKey.seed}`), { code: 'EACCES' });
      },
    });
    expect(await problem(bus, 'keyUnusable')).toContain('EACCES');
    expect(bus.log.text()).not.toContain(driverKey.seed);
  });

  test('a CA file that is missing, then empty, then right', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'bus-ca-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const server = await serverForTest();
    const caFile = join(folder, 'ca.pem');
    const bus = busForTest(server, { tls: { ca: () => readFileSync(caFile, 'utf8') } });
    expect(await problem(bus, 'caUnreadable')).toContain('ENOENT');
    writeFileSync(caFile, 'nothing');
    await until(() => bus.problem?.message.includes('no certificate') ?? false);
    writeFileSync(caFile, authority.caPem);
    await bus.connected();
  });

  test('an address that is none is refused at once, without repeating it', () => {
    expect(() => busForTest({ port: 1 }, { servers: ['nats://me:secret@host:1'] })).toThrow(/without a user/);
    expect(() => busForTest({ port: 1 }, { servers: [] })).toThrow(/at least one/);
  });

  test('a user that the server does not know is reported once however often it is refused, and again when it changes', async () => {
    const stranger = createUserKey();
    const server = await serverForTest();
    const bus = busForTest(server, { seed: stranger.seed });
    await problem(bus, 'authentication');
    await server.restart({ certificate: undefined });
    await problem(bus, 'tlsNotOffered');
    await server.restart({ certificate });
    await problem(bus, 'authentication');
    expect(bus.log.messages().filter((message) => message.includes("refused the driver's key"))).toHaveLength(2);
  });
});
