/** `check` on a set-up that is well: its forms of output, its effects on others, a running driver, client ids. */
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { connect, nkeyAuthenticator, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { reportSchema } from '../../../src/checks/result.ts';
import { startI3Broker } from '../../../simulators/i3/broker.ts';
import { createDeviceKey, EXAMPLE, exampleMarketplace } from '../../../simulators/i3/example.ts';
import { startDriver } from '../../support/driver-process.ts';
import { eventually } from '../../support/eventually.ts';
import { kindly, scriptedBroker } from '../mqtt/scripted-broker.ts';
import {
  ADMIN,
  command,
  commandOn,
  filesOf,
  partsOf,
  startSetUp,
  TOPIC,
  type NamedPart,
  type SetUp,
} from './set-up.ts';

let setUp: SetUp;
beforeAll(async () => {
  setUp = await startSetUp();
});
afterAll(() => setUp.stop());

/** A user who may do everything; ends with the test. */
async function observer(): Promise<NatsConnection> {
  const { nats, authority } = setUp.parts;
  const nc = await connect({
    servers: `localhost:${nats.port}`,
    authenticator: nkeyAuthenticator(Buffer.from(ADMIN.seed)),
    tls: { ca: authority.caPem },
  });
  onTestFinished(() => nc.close());
  return nc;
}

async function written(draft: object): Promise<string[]> {
  const file = join(setUp.parts.folder, 'written.json');
  await writeFile(file, JSON.stringify(draft));
  return ['--config', file, '--key', join(setUp.parts.folder, 'key.nk')];
}

describe('a set-up that is well', () => {
  it('has no part that failed, and names every part', async () => {
    const { code, report, text } = await setUp.check(setUp.draft());
    const parts = partsOf(report);
    expect(parts.filter(({ mark }) => mark === 'failed' || mark === 'warning')).toEqual([]);
    expect(code).toBe(0);
    const named = new Set(parts.map(({ group, part }) => `${group.split(' ').slice(0, 2).join(' ')}: ${part}`));
    for (const name of [
      ...['name', 'connection', 'TLS', 'log-in', 'version'].map((part) => `NATS server: ${part}`),
      ...['right to subscribe', 'right to publish'].map((part) => `NATS user: ${part}`),
      ...['NATS stream: stream', 'Feed seneye: port'],
      ...['connection', 'log-in', 'version', 'clock', 'search', 'sample'].map((part) => `Source plant: ${part}`),
      ...['connection', 'log-in', 'subscription'].map((part) => `Feed mqtt: ${part}`),
      ...['log-in', 'clock', 'catalogue', 'broker log-in', 'broker subscription'].map(
        (part) => `Feed iotopen: ${part}`,
      ),
    ]) {
      expect([...named]).toContain(name);
    }
    for (const secret of ['hall-password', 'simulator-access-secret', 'key-of-the-driver', setUp.parts.key.seed]) {
      expect(text).not.toContain(secret);
    }
  });

  it('is shown in words, and with signs and colour on a terminal', async () => {
    const args = ['check', ...(await written(setUp.draft()))];
    const plain = await command(...args);
    expect(plain.code).toBe(0);
    const lines = plain.out.join('\n');
    expect(lines).toMatch(/^NATS user rights$/m);
    expect(lines).toMatch(/^ {2}ok {9}right to publish {4}all \d+$/m);
    expect(lines).toMatch(/^ {2}not tried {2}health/m);
    expect(lines).toMatch(/^No part failed\. \d+ ok, 0 with a warning, \d+ not tried\.$/m);
    expect(lines).not.toContain('\u001b');
    const coloured = await commandOn({ screen: { columns: 80, rows: 24 } }, ...args);
    expect(coloured.out.join('\n')).toContain('\u001b[32m✓\u001b[39m  log-in');
    const without = await commandOn({ screen: { columns: 80, rows: 24 }, env: { NO_COLOR: '1' } }, ...args);
    expect(without.out.join('\n')).not.toContain('\u001b');
  });

  it('gets no message of the check, and loses none', async () => {
    const nc = await observer();
    const subjects: string[] = [];
    nc.subscribe('>', { callback: (_error, message) => subjects.push(message.subject) });
    // A driver that takes requests from the queue group.
    const requests: string[] = [];
    nc.subscribe(TOPIC, { queue: 'iota-seeqdrv', callback: (_error, message) => requests.push(message.string()) });
    await nc.flush();
    const before = setUp.parts.broker.log();
    const checked = { ended: false };
    const running = setUp.check(setUp.draft()).finally(() => (checked.ended = true));
    let sent = 0;
    while (!checked.ended) {
      nc.publish(TOPIC, String(sent++));
      await nc.flush();
    }
    expect((await running).code).toBe(0);
    await nc.flush();
    expect(requests).toHaveLength(sent);
    const own = subjects.filter((subject) => !/^(_INBOX\.|\$JS\.EVENT\.)/.test(subject) && subject !== TOPIC);
    // The running drivers are asked for their health once.
    const sentByCheck = own.filter((subject) => !subject.startsWith(`${TOPIC}.control.`));
    expect(sentByCheck.sort()).toEqual(['$JS.API.STREAM.INFO.READINGS', `${TOPIC}.control`]);
    const log = setUp.parts.broker.log().slice(before.length);
    expect(log).toMatch(/as driver-hal-check-[0-9a-f]{6}/);
    expect(log).not.toMatch(/as driver-hall /);
  });
});

describe('a configuration that is wrong', () => {
  it('connects to nothing, and lists the problems', async () => {
    const { natsurl: _left, ...rest } = setUp.draft();
    const { code, out } = await command('check', '--json', ...(await written({ ...rest, debug: 9 })));
    expect(code).toBe(2);
    const report = reportSchema.parse(JSON.parse(out.join('\n')));
    expect(report).toMatchObject({ result: 'invalid', connected: false, groups: [] });
    expect(report.configuration.problems.map(({ path }) => path)).toEqual(expect.arrayContaining(['natsurl', 'debug']));
  });

  it('is also found with --offline, which connects to nothing', async () => {
    const draft = { ...setUp.draft(), natsurl: 'localhost:1' };
    expect(await command('check', '--offline', ...(await written(draft)))).toMatchObject({ code: 0 });
    const { code, out } = await command('check', '--offline', '--json', ...(await written(draft)));
    expect([code, JSON.parse(out.join('\n'))]).toMatchObject([0, { result: 'ok', connected: false, groups: [] }]);
  });
});

describe('a running driver', () => {
  it('is shown with its health, keeps its port and its connections, and is no failure', async () => {
    const { parts } = setUp;
    const { authority, key, broker } = parts;
    const config = setUp.draft();
    Object.assign(config.settings.ingest.seneye, { port: await unusedPort() });
    const driver = startDriver({ config, seed: key.seed, files: filesOf(authority, key) });
    onTestFinished(async () => {
      await driver.stop();
    });
    const connections = (): number => broker.log().split(/ as driver-hall /).length - 1;
    const health = await eventually(async () => {
      const { report } = await setUp.check(config);
      const found = partsOf(report);
      expect(found.find(({ part }) => part === 'port')?.facts).toMatch(/in use by the running driver/);
      expect(found.find(({ part, mark }) => part === 'health' && mark === 'ok')).toBeDefined();
      return found.find(({ part }) => part === 'health');
    });
    const before = connections();
    expect(health?.item).toContain(String(driver.pid));
    expect(health?.facts).toMatch(/^ok; version \d/);
    const { code } = await setUp.check(config);
    expect([code, connections()]).toEqual([0, before]);
  });
});

/** Below the range from which the system gives ports to others. */
async function unusedPort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => {
        resolve(false);
      });
      server.listen(port, '127.0.0.1', () => {
        resolve(true);
      });
    });
    server.close();
    if (isFree) return port;
  }
}

describe('a broker that prescribes the client id', () => {
  const group = (parts: readonly NamedPart[], name: string) => parts.filter((part) => part.group === `Feed ${name}`);

  it('is only tried with --take-over', async () => {
    const ids: string[] = [];
    const { url } = await scriptedBroker(
      '5',
      kindly((packet, peer) => {
        if (packet.cmd !== 'connect') return false;
        ids.push(`${packet.clientId} ${packet.clean === true ? 'clean' : 'kept'}`);
        if (packet.clientId === 'driver-hall') return false;
        peer.send({ cmd: 'connack', reasonCode: 133, sessionPresent: false });
        return true;
      }),
    );
    const draft = setUp.draft();
    Object.assign(draft.settings.ingest.mqtt[0] as object, { url });
    const first = await setUp.check(draft);
    expect(first.code).toBe(0);
    expect(group(partsOf(first.report), 'mqtt hall')).toMatchObject([
      { part: 'connection', mark: 'ok' },
      { part: 'log-in', mark: 'not tried', message: expect.stringMatching(/"driver-hall".*--take-over/) as string },
      { part: 'subscription', mark: 'not tried' },
    ]);
    const second = await setUp.check(draft, '--take-over');
    expect(second.code).toBe(0);
    expect(group(partsOf(second.report), 'mqtt hall').map(({ part, mark }) => `${part} ${mark}`)).toContain(
      'log-in ok',
    );
    expect(ids.map((id) => id.replace(/[0-9a-f]{6} /, '… '))).toEqual(['driver-hal-check-… clean', 'driver-hall kept']);
  });

  it('is known for the buyers of a marketplace', async () => {
    const broker = await startI3Broker(exampleMarketplace(createDeviceKey()));
    onTestFinished(() => broker.stop());
    const buyer = (password: string) => {
      const draft = setUp.draft();
      const account = {
        name: 'city',
        url: broker.url,
        user: EXAMPLE.buyer.username,
        credentials: { password: { file: password } },
      };
      const i3 = [{ ...account, products: [{ topic: EXAMPLE.temperature }] }];
      return { ...draft, settings: { ...draft.settings, ingest: { ...draft.settings.ingest, i3 } } };
    };
    const { code, report } = await setUp.check(buyer('i3.password'));
    expect([code, group(partsOf(report), 'i3 city')]).toMatchObject([
      0,
      [
        { part: 'connection', mark: 'ok' },
        { part: 'log-in', mark: 'not tried', message: expect.stringMatching(/counts what a buyer receives/) as string },
        { part: 'subscription', mark: 'not tried' },
      ],
    ]);
    expect((await setUp.check(buyer('i3.password'), '--take-over')).code).toBe(0);
    const wrong = await setUp.check(buyer('wrong.secret'), '--take-over');
    const login = group(partsOf(wrong.report), 'i3 city').find(({ part }) => part === 'log-in');
    expect([wrong.code, login]).toMatchObject([1, { mark: 'failed', reason: 'loginRefused' }]);
  });
});

it('documents its output', async () => {
  const page = await readFile('docs/check.md', 'utf8');
  const [, example = ''] = /```json\n([\s\S]*?)```/.exec(page) ?? [];
  expect(reportSchema.parse(JSON.parse(example)).result).toBe('failed');
});
