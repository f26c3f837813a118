import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Installation } from '../../../../src/sources/iotopen/catalogue.ts';
import type { Numeral } from '../../../../src/sources/iotopen/exact-number.ts';
import type { Platform } from '../../../../src/sources/iotopen/platform.ts';
import type { Row } from '../../../../src/sources/iotopen/log-entry.ts';
import { SCHOOL } from '../../../../simulators/iotopen/plant.ts';
import type { Inventory, Thing } from '../../../../simulators/iotopen/inventory.ts';
import { eventually } from '../../../support/eventually.ts';
import { createAuthority } from '../../../support/nats/index.ts';
import { clientOf, given, NEVER, startPlatform, pagesOf } from './support.ts';

const SECOND = 1_000_000_000n;
const T0 = 1_735_732_800;

const facts = (rows: readonly Row[]) =>
  rows.map(({ topic, content }) => [topic, (content.value as Numeral).text, (content.timestamp as Numeral).text]);

async function school(platform: Platform): Promise<Installation> {
  const { items } = await platform.installations(NEVER);
  const found = items.find(({ clientId }) => clientId === SCHOOL);
  if (found === undefined) throw new Error('There is no school.');
  return found;
}

async function readLog(platform: Platform, topics: string[], pageRows = 500): Promise<Row[]> {
  const range = { from: BigInt(T0) * SECOND, to: BigInt(T0 + 10_000) * SECOND };
  return (await Array.fromAsync(pagesOf(platform.log(await school(platform), { ...range, topics, pageRows })))).flat();
}

function fill(inventory: Inventory, topics: string[], count: number): void {
  for (let at = 0; at < count; at++) {
    for (const topic of topics) inventory.keep(SCHOOL, { topic, value: at, timestamp: T0 + at + 0.25, msg: '' });
  }
}

describe('the catalogue', () => {
  it('reports installations by both numbers, functions and devices with metadata', async () => {
    const { url } = await startPlatform();
    const platform = clientOf(`${url}/`);
    const { items } = await platform.installations(NEVER);
    expect(items).toMatchObject([
      { id: 5034, clientId: 34, name: 'Fågelbacken School', assigned: true },
      { id: 5035, clientId: 35 },
    ]);
    const installation = await school(platform);
    const functions = await platform.functions(installation, NEVER);
    expect(functions.items.map(({ type }) => type)).toContain('temperature');
    const devices = await platform.devices(installation, NEVER);
    expect(devices.items).toMatchObject([{ type: 'room-sensor', meta: { name: 'Classroom 12' } }]);
  });

  it('leaves out what cannot be understood and goes on', async () => {
    const simulator = await startPlatform();
    const functions = simulator.inventory.ofClientId(SCHOOL)?.functions ?? [];
    const good = functions.length;
    functions.push({ type: 'x', meta: {} } as unknown as Thing, { id: 'x', type: 'x', meta: {} } as unknown as Thing);
    const { items, unreadable } = await clientOf(simulator.url).functions(
      { id: 5034, clientId: SCHOOL, name: '', assigned: true },
      NEVER,
    );
    expect([items.length, unreadable]).toEqual([good, 2]);
  });

  it('keeps its rights: another installation is forbidden', async () => {
    const { url } = await startPlatform();
    const password = given('pass:wörd');
    const platform = clientOf(url, { credentials: { kind: 'user', user: given('åsa@example.com'), password } });
    expect((await platform.installations(NEVER)).items).toHaveLength(1);
    const other = { id: 5035, clientId: 35, name: '', assigned: undefined };
    await expect(platform.functions(other, NEVER)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('status and log', () => {
  const topics = ['obj/a', 'obj/plc/station 1/flow+net&x=#1', 'obj/å'];

  it('give topics without client id, though only the rows of status come so', async () => {
    const simulator = await startPlatform();
    const topic = topics[1] ?? '';
    simulator.inventory.keep(SCHOOL, { topic, value: 7.5, timestamp: T0 + 0.123456, msg: '' });
    const platform = clientOf(simulator.url);
    const expected = [[topic, '7.5', '1735732800.123456']];
    expect(facts(await platform.status(await school(platform), [topic], NEVER))).toEqual(expected);
    expect(facts(await readLog(platform, [topic]))).toEqual(expected);
    const answers = await Promise.all(
      ['v2/status', 'v3beta/log'].map(async (place) => {
        const query = `topics=${encodeURIComponent(topic)}&from=${T0}`;
        const answer = await fetch(
          `${simulator.url}/api/${place}/5034?${place === 'v2/status' ? query.split('&from')[0] : query}`,
          {
            headers: { 'x-api-key': 'key-of-the-driver' },
          },
        );
        return answer.json();
      }),
    );
    expect(answers).toMatchObject([[{ topic }], { data: [{ topic: `${SCHOOL}/${topic}` }] }]);
  });

  it.each(['last', 'last_time'] as const)('reads the log page by page, each value once (%s)', async (lastName) => {
    const simulator = await startPlatform({ behaviour: { lastName } });
    fill(simulator.inventory, topics, 50);
    const rows = facts(await readLog(clientOf(simulator.url), topics, 7));
    expect(rows).toHaveLength(150);
    expect(new Set(rows.map(String)).size).toBe(150);
    const times = rows.map(([, , time]) => Number(time));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it.each([3, 30])('are read in full where the platform deletes its %d oldest rows meanwhile', async (deleted) => {
    const simulator = await startPlatform();
    fill(simulator.inventory, ['obj/a'], 40);
    const platform = clientOf(simulator.url);
    const query = { from: BigInt(T0) * SECOND, to: BigInt(T0 + 10_000) * SECOND, topics: ['obj/a'], pageRows: 7 };
    const rows: Row[] = [];
    for await (const page of pagesOf(platform.log(await school(platform), query))) {
      rows.push(...page);
      // The last page, or almost.
      if (rows.length === 35) simulator.inventory.values(SCHOOL).splice(0, deleted);
    }
    expect(new Set(facts(rows).map(([, value]) => Number(value)))).toEqual(new Set(Array(40).keys()));
  });

  it('go on after a failure with the last page, also where the platform has deleted some rows', async () => {
    const simulator = await startPlatform();
    fill(simulator.inventory, ['obj/a'], 40);
    const platform = clientOf(simulator.url);
    const range = { from: BigInt(T0) * SECOND, to: BigInt(T0 + 10_000) * SECOND };
    const log = platform.log(await school(platform), { ...range, topics: ['obj/a'], pageRows: 7 });
    const values = async () => facts([...((await log.next(NEVER)) ?? [])]).map(([, value]) => Number(value));
    expect(await values()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(await values()).toEqual([7, 8, 9, 10, 11, 12, 13]);
    simulator.behaviour.logPages = 0;
    await expect(values()).rejects.toThrow(/500/);
    log.repeatPage();
    simulator.behaviour.logPages = Infinity;
    expect(await values()).toEqual([7, 8, 9, 10, 11, 12, 13]);
    log.repeatPage();
    log.repeatPage();
    simulator.inventory.values(SCHOOL).splice(0, 5);
    const rest: number[] = [];
    for (let page = await values(); page.length > 0; page = await values()) rest.push(...page);
    expect(new Set(rest)).toEqual(new Set(Array.from({ length: 33 }, (_, at) => at + 7)));
  });

  it('end with an error where the platform gives the same page again and again', async () => {
    const rows = [1, 2].map((timestamp) => ({ topic: 'obj/a', timestamp, value: 1 }));
    // Equal rows may stand in a log often; a page of different ones may not.
    const calls = await callsUntilRefused((call) => (call <= 3 ? [rows[0], rows[0]] : rows), 100);
    expect(calls).toBe(5);
  });

  it('end with an error where equal rows have no end', async () => {
    await callsUntilRefused(() => [{ topic: 'obj/a', timestamp: 1, value: 1 }], 1000);
  });

  it('reads on where the platform gives fewer rows than it was asked for', async () => {
    const simulator = await startPlatform({ behaviour: { logRows: 4 } });
    fill(simulator.inventory, topics, 10);
    expect(await readLog(clientOf(simulator.url), topics, 1000)).toHaveLength(30);
  });

  describe('of more topics than an address can hold', () => {
    const many = Array.from({ length: 60 }, (_, index) => `obj/many/${index}`);

    it.each([414, 431] as const)('are asked for by POST after a %d', async (tooLong) => {
      const simulator = await startPlatform({ behaviour: { longestUrl: 500, tooLong } });
      fill(simulator.inventory, many, 2);
      const platform = clientOf(simulator.url);
      expect(await platform.status(await school(platform), many, NEVER)).toHaveLength(60);
      expect(await readLog(platform, many)).toHaveLength(120);
      const calls = simulator.seen.filter(({ path }) => /status|log/.test(path));
      expect(calls.map(({ method, status }) => `${method} ${status ?? ''}`)).toEqual([
        `GET ${tooLong}`,
        'POST 200',
        `GET ${tooLong}`,
        'POST 200',
      ]);
    });

    it.each([414, 431] as const)('are asked for in parts by a platform that knows no POST (%d)', async (tooLong) => {
      const simulator = await startPlatform({ behaviour: { longestUrl: 500, old: true, tooLong } });
      fill(simulator.inventory, many, 2);
      const platform = clientOf(simulator.url);
      expect(await platform.status(await school(platform), many, NEVER)).toHaveLength(60);
      expect(new Set(facts(await readLog(platform, many)).map(String)).size).toBe(120);
    });

    it('end with the 414 where even one is too long for such a platform', async () => {
      const simulator = await startPlatform({ behaviour: { longestUrl: 500, old: true } });
      const platform = clientOf(simulator.url);
      const topic = `obj/${'x'.repeat(600)}`;
      await expect(platform.status(await school(platform), [topic], NEVER)).rejects.toMatchObject({
        details: { status: 414 },
      });
    });
  });
});

describe('a platform in fault', () => {
  it.each([
    ['page', 'sourceUnavailable', /502/],
    ['noRoute', 'sourceUnavailable', /page \(404\); is a proxy in between/],
    ['garbage', 'sourceError', /broken JSON/],
    ['down', 'sourceUnavailable', /closed the connection/],
    ['hang', 'timeout', /stopped answering/],
  ] as const)('%s', async (fault, code, message) => {
    const simulator = await startPlatform({ behaviour: { fault } });
    const platform = clientOf(simulator.url, { requestTimeoutMs: 300 });
    await expect(platform.ping(NEVER, true)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as unknown,
    });
  });

  it('with a certificate is trusted by its authority, which is read again', async () => {
    const authority = await createAuthority();
    const certificate = await authority.issue();
    const simulator = await startPlatform({ certificate });
    const pem = { text: (await createAuthority()).caPem, reveal: () => Promise.resolve(pem.text) };
    const platform = clientOf(simulator.url, { tls: { caFile: pem, insecureSkipVerify: false } });
    await expect(platform.ping(NEVER)).rejects.toThrow(/not signed by a trusted authority/);
    pem.text = authority.caPem;
    await eventually(() => platform.ping(NEVER));
  });
});

/** Reads a log that answers with these pages and never says how many rows it has: that has to be refused after some calls. */
async function callsUntilRefused(page: (call: number) => unknown[], most: number): Promise<number> {
  let calls = 0;
  const rude = createServer((_request, response) => {
    response.end(JSON.stringify({ data: page(++calls) }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void rude.close());
  await once(rude, 'listening');
  const platform = clientOf(`http://127.0.0.1:${(rude.address() as AddressInfo).port}`);
  const installation = { id: 1, clientId: 1, name: 'School', assigned: true };
  const query = { from: 0n, to: 10_000_000_000n, topics: ['obj/a'], pageRows: 2 };
  const read = async (): Promise<void> => {
    for await (const _page of pagesOf(platform.log(installation, query))) expect(calls).toBeLessThan(most);
  };
  await expect(read()).rejects.toThrow(/same part of its log again and again/);
  return calls;
}
