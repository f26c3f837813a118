/** A platform with faults that pass, with answers beyond all bounds, and behind an HTTP proxy. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { DriverError } from '../../../../src/contract/errors.ts';
import type { Platform } from '../../../../src/sources/iotopen/platform.ts';
import type { Row } from '../../../../src/sources/iotopen/log-entry.ts';
import { SCHOOL } from '../../../../simulators/iotopen/plant.ts';
import type { Inventory } from '../../../../simulators/iotopen/inventory.ts';
import { startHttpProxy } from '../../../support/http-proxy.ts';
import { clientOf, given, NEVER, startPlatform, pagesOf } from './support.ts';

const SECOND = 1_000_000_000n;
const T0 = 1_735_732_800;
const HOME = { id: 5034, clientId: SCHOOL, name: 'School', assigned: true };
const TOPICS = ['obj/a', 'obj/b'];
const QUERY = { from: BigInt(T0) * SECOND, to: BigInt(T0 + 10_000) * SECOND, topics: TOPICS, pageRows: 10 };

async function rows(platform: Platform, query = QUERY): Promise<Row[]> {
  return (await Array.fromAsync(pagesOf(platform.log(HOME, query)))).flat();
}

function fill(inventory: Inventory, count: number, text = ''): void {
  for (let at = 0; at < count; at++) {
    for (const topic of TOPICS) inventory.keep(SCHOOL, { topic, value: at, timestamp: T0 + at, msg: text });
  }
}

const failureOf = async (work: Promise<unknown>): Promise<DriverError> =>
  work.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error as DriverError,
  );

it.each(['down', 'half', 'garbage', 'busy', 'restarting', 'page'] as const)(
  'loses nothing where one call of five has the fault "%s"',
  async (fault) => {
    const simulator = await startPlatform({ behaviour: { fault, faultShare: 0.2, retryAfter: '0.05' } });
    fill(simulator.inventory, 100);
    // Each on its own connections, and each with a log-in.
    const password = given('pass:wörd');
    const platform = clientOf(simulator.url, {
      credentials: { kind: 'user', user: given('åsa@example.com'), password },
    });
    expect((await platform.installations(NEVER)).items).toHaveLength(1);
    expect((await platform.functions(HOME, NEVER)).items).toHaveLength(
      simulator.inventory.ofClientId(SCHOOL)?.functions.length ?? 0,
    );
    expect(await platform.status(HOME, TOPICS, NEVER)).toHaveLength(2);
    const found = await rows(platform);
    expect(new Set(found.map(({ topic, content }) => `${topic} ${JSON.stringify(content.timestamp)}`)).size).toBe(200);
    expect(await platform.mqttLogin(NEVER)).toMatchObject({ username: 'token' });
  },
);

it('waits as long as a platform asks that has too much to do', async () => {
  const asked: number[] = [];
  const url = await serving((_request, response) => {
    asked.push(performance.now());
    if (asked.length > 1) response.end('[]');
    else response.writeHead(429, { 'retry-after': '0.4' }).end('{"message":"slow down"}');
  });
  await clientOf(url).installations(NEVER);
  expect((asked[1] ?? 0) - (asked[0] ?? 0)).toBeGreaterThanOrEqual(399);
});

it('passes a hint on that is longer than its own patience', async () => {
  const simulator = await startPlatform({ behaviour: { fault: 'busy', retryAfter: '120' } });
  expect(await failureOf(clientOf(simulator.url).installations(NEVER))).toMatchObject({
    code: 'overloaded',
    details: { status: 429, retryAfterMs: 120_000 },
  });
});

it('asks for compressed answers and reads them', async () => {
  const simulator = await startPlatform();
  fill(simulator.inventory, 20);
  expect(await rows(clientOf(simulator.url))).toHaveLength(40);
  expect(simulator.seen.every(({ gzip }) => gzip)).toBe(true);
});

it('makes a call that hangs once more on a new connection', async () => {
  const simulator = await startPlatform({
    behaviour: { fault: 'hang', faultPath: '/functionx/', faultShare: 0.5 },
  });
  // The first call is answered, and the second one hangs.
  const platform = clientOf(simulator.url, { requestTimeoutMs: 1000 });
  for (let calls = 0; calls < 3; calls++) {
    expect((await platform.functions(HOME, NEVER)).items).not.toHaveLength(0);
  }
});

it.each([
  ['a list of the catalogue', 17, (platform: Platform) => platform.functions(HOME, NEVER), '16 MiB'],
  ['the newest value of a topic', 2, (platform: Platform) => platform.status(HOME, ['obj/a'], NEVER), '1 MiB'],
  [
    'a log of one row',
    2,
    (platform: Platform) => rows(platform, { ...QUERY, topics: ['obj/a'], pageRows: 1 }),
    '1 MiB',
  ],
  ['a log-in', 1, (platform: Platform) => platform.mqttLogin(NEVER), '256 KiB'],
] as const)(
  'refuses an answer for %s that is larger than what was asked for',
  async (_what, mebibytes, read, limit) => {
    const chunk = Buffer.alloc(64 * 1024, ' ');
    const url = await serving((_request, response) => {
      for (let at = 0; at < mebibytes * 16; at++) response.write(chunk);
      response.end('[]');
    });
    const secret = given('some-secret');
    const credentials = { kind: 'oauth', clientId: secret, clientSecret: secret, refreshToken: secret } as const;
    const platform = clientOf(url, limit === '256 KiB' ? { credentials } : {});
    expect(await failureOf(read(platform))).toMatchObject({
      code: 'sourceError',
      message: `IoT Open "plant": it sent an answer larger than the driver accepts for this call (${limit}).`,
    });
  },
);

it('reads long texts in parts: fewer rows of the log, fewer topics of the status', async () => {
  const simulator = await startPlatform();
  // One value has 150 KiB, so that ten of them are more than one answer may have.
  fill(simulator.inventory, 10, 'x'.repeat(150 * 1024));
  for (let at = 0; at < 8; at++) {
    simulator.inventory.keep(SCHOOL, {
      topic: `obj/long/${at}`,
      value: at,
      timestamp: T0,
      msg: 'x'.repeat(150 * 1024),
    });
  }
  const platform = clientOf(simulator.url);
  const found = await rows(platform);
  expect(new Set(found.map(({ topic, content }) => `${topic} ${JSON.stringify(content.timestamp)}`)).size).toBe(20);
  const topics = Array.from({ length: 8 }, (_, at) => `obj/long/${at}`);
  expect((await platform.status(HOME, topics, NEVER)).map(({ topic }) => topic).sort()).toEqual(topics);
});

it('is reached through an HTTP proxy with a log-in, which alone knows its name', async () => {
  const simulator = await startPlatform();
  const proxy = await startHttpProxy(Number(new URL(simulator.url).port));
  const through = { url: proxy.url, user: given('reader'), password: given('päss') };
  await clientOf('http://iotopen.example:8080', { proxy: through }).ping(NEVER);
  expect(new Set(proxy.asked)).toEqual(new Set(['iotopen.example:8080']));
  expect(proxy.logins[0]).toBe(`Basic ${Buffer.from('reader:päss').toString('base64')}`);
});

it('behind a proxy that refuses is reported as the fault of the proxy', async () => {
  const proxy = await startHttpProxy(1, () => 407);
  const error = await failureOf(clientOf('http://iotopen.example', { proxy: { url: proxy.url } }).ping(NEVER));
  expect(error.message).toBe(
    `IoT Open "plant" cannot be reached: the proxy ${proxy.url} refuses the log-in (407); give "user" and "password" of "proxy".`,
  );
});

it('says of a secret that cannot be read where it is, and reads it again', async () => {
  const simulator = await startPlatform();
  let missing = true;
  const key = {
    reveal: () =>
      missing ? Promise.reject(new Error('the file /run/key cannot be read')) : Promise.resolve('key-of-the-driver'),
  };
  const platform = clientOf(simulator.url, { credentials: { kind: 'key', key } });
  expect(await failureOf(platform.ping(NEVER))).toMatchObject({
    code: 'sourceUnavailable',
    message:
      'The log-in at IoT Open "plant" cannot be read: the file /run/key cannot be read. It is read again at the next call.',
  });
  missing = false;
  await platform.ping(NEVER);
});

/** A server that ends with the test. */
async function serving(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
