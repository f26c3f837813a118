/** Attempts to connect that come to nothing: whatever the other side does, they end when they are told to, and leave nothing. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished, describe, expect, test } from 'vitest';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { COMPILE_CACHE } from '../../../../simulators/support/compile-cache.ts';
import { startDriver } from '../../../support/driver-process.ts';
import { busForTest, driverKey, problem, until } from '../support.ts';

const GREETING =
  'INFO {"server_id":"X","server_name":"x","version":"2.10.0","proto":1,"headers":true,"max_payload":1048576,"nonce":"abcdefgh"}\r\n';
const TLS_GREETING = GREETING.replace('{', '{"tls_required":true,');
/** The head of a TLS record of a server's hello, whose rest never comes. */
const HALF_HELLO = Buffer.from([0x16, 0x03, 0x03, 0x00, 0x7a, 0x02, 0x00]);

/** A listener that takes connections, answers as it is told, and counts those that are open. */
async function rudeServer(answer: (socket: Socket) => void = () => undefined) {
  const open = new Set<Socket>();
  let taken = 0;
  const server = createServer((socket) => {
    taken++;
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.resume();
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    open,
    get taken() {
      return taken;
    },
  };
}

const rudeness: [string, (socket: Socket) => void, { secure: boolean; first?: boolean }][] = [
  ['stays silent', () => undefined, { secure: true }],
  ['sends half of its greeting', (socket) => socket.write(GREETING.slice(0, 40)), { secure: false }],
  ['greets and says no more', (socket) => socket.write(GREETING), { secure: false }],
  ['does not answer to the TLS handshake', (socket) => socket.write(TLS_GREETING), { secure: true }],
  ['stops in the middle of the TLS handshake', (socket) => socket.write(HALF_HELLO), { secure: true, first: true }],
];

describe('a server that takes the connection', () => {
  test.each(rudeness)('and %s: closing the bus ends the attempt and its socket', async (_name, answer, tls) => {
    const server = await rudeServer(answer);
    const bus = busForTest(server, { tls: tls.secure ? { first: tls.first } : 'insecure', connectTimeoutMs: 600_000 });
    await until(() => server.open.size === 1);
    await bus.close();
    await until(() => server.open.size === 0);
    expect(bus.state).toBe('closed');
  });

  test.each(rudeness)('and %s: an attempt that runs out of time leaves no socket', async (_name, answer, tls) => {
    const server = await rudeServer(answer);
    const bus = busForTest(server, { tls: tls.secure ? { first: tls.first } : 'insecure', connectTimeoutMs: 30 });
    await problem(bus, 'timeout');
    await until(() => server.taken >= 3);
    // The one under way, and at most the one before it, whose end is on its way.
    await until(() => server.open.size <= 1);
    await bus.close();
    await until(() => server.open.size === 0);
  });
});

const settings = (port: number) => ({
  natsurl: `nats://127.0.0.1:${port}`,
  reqtopic: 'north.mill.seeq.request',
  publickey: driverKey.publicKey,
  debug: 2,
  settings: {
    bus: { insecure: true },
    servers: [
      {
        name: 'plant',
        url: 'http://127.0.0.1:9',
        credentials: { accessKey: { env: 'SEEQ_SECRET' }, password: { env: 'SEEQ_SECRET' } },
      },
    ],
  },
});

describe('the process', () => {
  test('ends on SIGTERM while an attempt is under way', async () => {
    const server = await rudeServer();
    const driver = startDriver({
      config: settings(server.port),
      seed: driverKey.seed,
      env: { SEEQ_SECRET: 'x' },
    });
    await until(() => server.open.size === 1);
    await driver.line(({ msg }) => msg === 'driver started');
    expect(await driver.stop()).toBe(0);
    expect(driver.output()).toContain('driver stopped');
    expect(driver.output()).not.toContain('still open');
  });

  test('of `call` ends after a report that the server does not answer', async () => {
    const server = await rudeServer();
    const driver = startDriver({ config: settings(server.port), seed: driverKey.seed, env: { SEEQ_SECRET: 'x' } });
    const main = fileURLToPath(new URL('../../../../src/main.ts', import.meta.url));
    const call = spawn(process.execPath, [main, 'call', 'version', '--config', driver.configFile], {
      env: { ...COMPILE_CACHE, ...process.env, SEEQ_SECRET: 'x' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    call.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const [code] = (await once(call, 'exit')) as [number];
    await driver.stop();
    expect(text).toContain('did not answer within');
    expect(text).not.toContain('still open');
    expect(code).toBe(1);
  });
});
