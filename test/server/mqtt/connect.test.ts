/** Ways to reach a broker, and the words for each way in which that fails. */
import { createServer } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { createAuthority } from '../../support/nats/index.ts';
import { freePort } from '../../../simulators/support/free-port.ts';
import { brokerForTest, fileOf, linkForTest, plainForTest, VERSIONS } from './support.ts';

const authority = await createAuthority();
const certificate = await authority.issue();
const stranger = await createAuthority('Another authority');

describe.each(VERSIONS)('MQTT %s', (version) => {
  test('by TCP, TLS, web socket and secure web socket', async () => {
    const broker = await brokerForTest({
      listeners: {
        tcp: {},
        tls: { certificate },
        ws: { protocol: 'websockets' },
        wss: { protocol: 'websockets', certificate },
      },
    });
    const sender = await plainForTest(broker);
    const tls = { caFile: fileOf(authority.caPem), insecureSkipVerify: false };
    for (const name of ['tcp', 'tls', 'ws', 'wss']) {
      const { link, becomes, texts } = linkForTest(broker.url(name), { version, tls, clientId: `by ${name}` });
      await becomes('up');
      await sender.publish('t/x', name);
      await eventually(() => {
        expect(texts()).toEqual([name]);
      });
      await link.publish('answer', Buffer.from(name), 1);
      await link.stop(1000);
      expect(link.metrics).toMatchObject({ connections: 1, acknowledged: 1, atMostOnce: 0, running: 0 });
    }
  });

  test('a client certificate is given, and asked for in words where it is missing', async () => {
    const own = await authority.issue(['driver'], { client: true });
    const broker = await brokerForTest({
      listeners: {
        tls: { certificate, clientAuthority: authority.caPem },
        wss: { protocol: 'websockets', certificate, clientAuthority: authority.caPem },
      },
    });
    const ca = { caFile: fileOf(authority.caPem), insecureSkipVerify: false };
    const proof = { certFile: fileOf(own.certPem), keyFile: fileOf(own.keyPem) };
    for (const name of ['tls', 'wss']) {
      const url = broker.url(name);
      await linkForTest(url, { version, tls: { ...ca, ...proof }, clientId: `with ${name}` }).becomes('up');
      const without = linkForTest(url, { version, tls: ca, clientId: `without ${name}` });
      const { message } = await without.becomes('refused');
      expect(message).toMatch(/rejects the driver's certificate, or requires one .*tls\.certFile/);
    }
  });

  test('the certificate must bear the name of the address, or the one that is given', async () => {
    const other = await authority.issue(['broker.example.com']);
    const broker = await brokerForTest({
      listeners: { tls: { certificate: other }, wss: { protocol: 'websockets', certificate: other } },
    });
    const tls = { caFile: fileOf(authority.caPem), insecureSkipVerify: false };
    for (const name of ['tls', 'wss']) {
      const url = broker.url(name);
      const { message } = await linkForTest(url, { version, tls }).becomes('down');
      expect(message).toMatch(/for another name than "127\.0\.0\.1".*tls\.serverName/);
      const named = { ...tls, serverName: 'broker.example.com' };
      await linkForTest(url, { version, tls: named, clientId: `named ${name}` }).becomes('up');
      const wrong = await linkForTest(url, { version, tls: { ...tls, serverName: 'elsewhere' } }).becomes('down');
      expect(wrong.message).toContain('"elsewhere"');
    }
  });

  test('a refused log-in is not reported as a broker that is away', async () => {
    const broker = await brokerForTest({ users: { driver: 'right' } });
    const wrong = linkForTest(broker.url(), {
      version,
      credentials: async () => ({ username: 'driver', password: 'wrong-secret' }),
    });
    const { message } = await wrong.becomes('refused');
    expect(message).toMatch(/refused the log-in/);
    expect(JSON.stringify([wrong.states, wrong.log.text()])).not.toContain('wrong-secret');
    await broker.halt();
    await eventually(() => {
      expect(wrong.link.state).toMatchObject({
        state: 'down',
        message: expect.stringMatching(/nothing listens there/) as string,
      });
    });
    expect(wrong.link.metrics.connections).toBe(0);
  });

  test('credentials are read again at every attempt', async () => {
    const broker = await brokerForTest({ users: { driver: 'old' } });
    let password = 'new';
    const { becomes, link } = linkForTest(broker.url(), {
      version,
      credentials: async () => ({ username: 'driver', password }),
    });
    await becomes('refused');
    password = 'old';
    await becomes('up');
    password = 'newer';
    await broker.reload({ users: { driver: 'newer' } });
    await broker.restart();
    await eventually(() => {
      // The change of the password may have ended a connection before the new start does.
      expect(link.metrics.connections).toBeGreaterThanOrEqual(2);
    });
    await becomes('up');
  });
});

test('a password that cannot be read is reported, and found once it is there', async () => {
  const broker = await brokerForTest();
  let there = false;
  const { becomes } = linkForTest(broker.url(), {
    credentials: async () => {
      if (!there) throw new Error('credentials.password: the file /run/secrets/mqtt does not exist');
      return {};
    },
  });
  expect((await becomes('refused')).message).toContain('the file /run/secrets/mqtt does not exist');
  there = true;
  await becomes('up');
});

test('a stop while no message can be taken asks for no log-in any more', async () => {
  let asked = 0;
  const { link, becomes } = linkForTest('mqtt://127.0.0.1:1', {
    full: () => true,
    whenReady: () => new Promise(() => undefined),
    credentials: () => {
      asked++;
      return new Promise(() => undefined);
    },
  });
  await becomes('waiting');
  await link.stop(0);
  expect(asked).toBe(0);
  expect(link.state.state).toBe('stopped');
});

test('a log-in that does not come is given up, and keeps no stop waiting', async () => {
  const broker = await brokerForTest();
  const { becomes, link } = linkForTest(broker.url(), {
    connectTimeoutMs: 100,
    credentials: () => new Promise(() => undefined),
  });
  expect((await becomes('down')).message).toMatch(/the log-in was not ready within 100 ms/);
  await link.stop(0);
  const patient = linkForTest(broker.url(), {
    connectTimeoutMs: 100_000,
    credentials: () => new Promise(() => undefined),
  });
  await patient.link.stop(0);
  expect(patient.link.state.state).toBe('stopped');
});

test('a renewed certificate is used at the next attempt', async () => {
  const broker = await brokerForTest({ listeners: { tls: { certificate } } });
  let ca = stranger.caPem;
  const { becomes } = linkForTest(broker.url(), { tls: { caFile: fileOf(() => ca), insecureSkipVerify: false } });
  expect((await becomes('down')).message).toMatch(/authority that the driver does not trust .*tls\.caFile/);
  ca = authority.caPem;
  await becomes('up');
});

test('an expired certificate, a missing file, a broken file', async () => {
  const expired = await authority.issue(undefined, { expired: true });
  const broker = await brokerForTest({ listeners: { tls: { certificate: expired } } });
  const tls = { caFile: fileOf(authority.caPem), insecureSkipVerify: false };
  expect((await linkForTest(broker.url(), { tls }).becomes('down')).message).toMatch(/is not valid today/);
  const missing = fileOf(() => {
    throw new Error('tls.keyFile: the file /etc/key.pem does not exist');
  });
  const noKey = linkForTest(broker.url(), { tls: { ...tls, keyFile: missing } });
  expect((await noKey.becomes('down')).message).toContain('the file /etc/key.pem does not exist');
  const broken = linkForTest(broker.url(), { tls: { ...tls, certFile: fileOf('no PEM'), keyFile: fileOf('either') } });
  expect((await broken.becomes('down')).message).toMatch(/TLS with it failed/);
  // For a laboratory only.
  await linkForTest(broker.url(), { tls: { insecureSkipVerify: true } }).becomes('up');
});

test('plain where TLS is spoken, TLS where it is not', async () => {
  const broker = await brokerForTest({
    listeners: { tcp: {}, tls: { certificate }, ws: { protocol: 'websockets' } },
  });
  const at = (scheme: string, name: string): string => `${scheme}://127.0.0.1:${broker.port(name)}`;
  const told = (url: string, message: RegExp): Promise<void> =>
    linkForTest(url, { connectTimeoutMs: 1000 }).told('down', message);
  await Promise.all([
    told(at('mqtts', 'tcp'), /closed the connection before the log-in\. Check that this port speaks TLS/),
    told(at('mqtt', 'tls'), /closed the connection before the log-in\. If it expects TLS, use mqtts:/),
    told(at('wss', 'ws'), /does not speak TLS\. Use ws:/),
  ]);
});

test('what answers is no MQTT broker, or nothing answers', async () => {
  const web = createHttpServer((_request, response) => response.writeHead(404).end('nothing'));
  const talker = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.end('220 mail.example.com ESMTP\r\n');
  });
  const mute = createServer((socket) => {
    socket.on('error', () => undefined);
  });
  const [webPort, talkerPort, mutePort] = await Promise.all(
    [web, talker, mute].map(async (server) => {
      onTestFinished(() => {
        server.close();
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as AddressInfo).port;
    }),
  );
  const told = async (url: string, message: RegExp): Promise<void> => {
    const link = linkForTest(url, { connectTimeoutMs: 500 });
    await link.told('down', message);
    expect(JSON.stringify([link.states, link.log.text()])).not.toContain('hidden');
  };
  await told(`ws://127.0.0.1:${webPort}/mqtt?token=hidden`, /answers with HTTP status 404\. Correct the path/);
  await told(`mqtt://127.0.0.1:${webPort}`, /not an MQTT broker|closed the connection/);
  await told(`mqtt://127.0.0.1:${talkerPort}`, /not an MQTT broker|closed the connection/);
  await told(`mqtt://127.0.0.1:${mutePort}`, /did not answer within 500 ms/);
  await told(`mqtts://127.0.0.1:${mutePort}`, /did not answer within 500 ms/);
  await told(`mqtt://127.0.0.1:${await freePort()}`, /nothing listens there/);
  await told('mqtt://no-such-host.invalid', /"no-such-host\.invalid" cannot be resolved/);
});

test('neither the environment nor the address changes what was configured', async () => {
  const broker = await brokerForTest({ logPackets: true });
  vi.stubEnv('MQTTJS_SOCKS_PROXY', `socks5h://127.0.0.1:${await freePort()}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  await linkForTest(`${broker.url()}?clientId=other`, { clientId: 'mine' }).becomes('up');
  await eventually(() => {
    expect(broker.log()).toMatch(/New client connected from \S+ as mine/);
  });
});
