/** What goes wrong in the field, each with its own clear message; the driver lives through all of it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answerSchema } from '../../src/contract/answer.ts';
import type { FaultKind } from '../../simulators/seeq/behaviour.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';

let cluster: Cluster;
let onA: string;
let onB: string;
let onC: string;
let onD: string;
beforeAll(async () => {
  cluster = await startCluster({
    plants: { 'plant-a': {}, 'plant-b': {}, 'plant-c': {}, 'plant-d': {} },
    settings: { limits: { itemsPerRequest: 10, maxTimeoutMs: 60_000 } },
    server: { requestTimeoutMs: 50_000 },
  });
  const power = async (plant: string) => {
    const entries = await cluster.plants[plant]?.control.plant();
    const id = entries?.find(({ path }) => path.endsWith('Area A >> Compressor Power'))?.id ?? '';
    return `seeq:${plant}/signal/${id}`;
  };
  [onA, onB, onC, onD] = (await Promise.all(['plant-a', 'plant-b', 'plant-c', 'plant-d'].map(power))) as [
    string,
    string,
    string,
    string,
  ];
});
afterEach(async () => {
  for (const plant of Object.values(cluster.plants)) {
    await plant.control.heal();
    await plant.control.set({ down: false });
  }
  // Whatever happened, the driver answers.
  expect((await cluster.ask({ function: 'functions' })).status).toBe('ok');
});
afterAll(() => cluster.stop());

describe('a request that cannot be served', () => {
  it.each([
    ['is empty', '', 'badRequest', 'empty'],
    ['is not JSON', '{"function": "version"', 'badRequest', 'not JSON'],
    ['is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'badRequest', 'UTF-8'],
    ['is no object', '[1]', 'badRequest', 'object'],
    ['names no function', '{"id":"x"}', 'badRequest', '"function"'],
    ['has an unknown field', '{"function":"version","colour":1}', 'badRequest', '"colour"'],
    ['calls an unknown function', '{"function":"tagsaerch"}', 'unknownFunction', '"tagsaerch"'],
    ['calls a function that only writes', '{"function":"writedata"}', 'unsupported', 'only reads'],
    ['has an unknown parameter', '{"function":"snapshot","params":{"item":[]}}', 'badRequest', '"item"'],
    ['names an unknown host', '{"function":"tagsearch","host":"plant-x"}', 'unknownHost', '"plant-x"'],
    [
      'browses and searches at once',
      '{"function":"elementsearch","params":{"parent":"","query":"Area*"}}',
      'badRequest',
      '"parent"',
    ],
    [
      'has a wrong time',
      '{"function":"discrete","params":{"items":["x"],"start":"noon","end":"*"}}',
      'badRequest',
      '"start"',
    ],
    [
      'ends before it starts',
      '{"function":"discrete","params":{"items":["x"],"start":"*","end":"*-1h"}}',
      'badRequest',
      '"end"',
    ],
    [
      'asks for too many items',
      JSON.stringify({ function: 'snapshot', params: { items: Array(11).fill('x') } }),
      'tooLarge',
      '10',
    ],
    ['asks for too much time', '{"function":"version","timeoutMs":60001}', 'tooLarge', '"timeoutMs"'],
    ['is too large', JSON.stringify({ function: 'version', id: 'x'.repeat(1024 * 1024 - 100) }), 'badRequest', '"id"'],
  ])('%s', async (_what, body, code, text) => {
    const nc = cluster.connection;
    const reply = await nc.request(REQUEST_TOPIC, typeof body === 'string' ? Buffer.from(body) : body, {
      timeout: 30_000,
    });
    const answer = answerSchema.parse(reply.json());
    expect(answer).toMatchObject({ last: true, status: 'error', error: { code } });
    expect(answer.error?.message).toContain(text);
    expect(reply.headers?.get('Nats-Service-Error')).toContain(text.slice(0, 5));
    expect(Number(reply.headers?.get('Nats-Service-Error-Code'))).toBeGreaterThanOrEqual(400);
  });

  it('keeps its id in the answer', async () => {
    expect(await cluster.ask({ function: 'nonsense', id: 'my-id' })).toMatchObject({
      id: 'my-id',
      function: 'nonsense',
    });
  });
});

describe('one plant of two', () => {
  const both = () => cluster.ask({ function: 'snapshot', timeoutMs: 60_000, params: { items: [onA, onB] } });

  it('down gives the data of the other', async () => {
    await cluster.plants['plant-b']?.control.set({ down: true });
    const { status, items } = await both();
    expect(status).toBe('partial');
    expect((items as { index: number }[]).sort((a, b) => a.index - b.index)).toMatchObject([
      { fqn: onA, value: expect.any(Number) as number },
      {
        fqn: onB,
        error: { code: 'sourceUnavailable', retryable: true, message: expect.stringContaining('plant-b') as string },
      },
    ]);
    const search = await cluster.ask({ function: 'tagsearch', host: ['plant-a', 'plant-b'], params: { limit: 5 } });
    expect(search.status).toBe('partial');
    expect(search.items).toContainEqual(
      expect.objectContaining({ host: 'plant-b', error: expect.anything() as object }),
    );
    expect(search.items.filter((item) => 'fqn' in item)).toHaveLength(5);
    const hosts = await cluster.ask({ function: 'hosts', host: ['plant-a', 'plant-b'] });
    expect(hosts.items).toMatchObject([
      { state: 'up' },
      { state: 'down', message: expect.stringContaining('plant-b') as string },
    ]);

    await cluster.plants['plant-b']?.control.set({ down: false });
    await expect.poll(async () => (await both()).status).toBe('ok');
  });

  it('that hangs costs its own items, and ends with the time budget', async () => {
    await cluster.plants['plant-b']?.control.fail({ kind: 'hang' });
    const { status, items } = await cluster.ask({
      function: 'snapshot',
      timeoutMs: 1000,
      params: { items: [onB, onA] },
    });
    expect(status).toBe('partial');
    expect((items as { index: number }[]).sort((a, b) => a.index - b.index)).toMatchObject([
      { fqn: onB, error: { code: 'timeout' } },
      { fqn: onA, value: expect.any(Number) as number },
    ]);
  });

  it('that forgot its sessions is logged in to again, once', async () => {
    const plant = cluster.plants['plant-a'];
    await both();
    await plant?.control.voidTokens();
    await plant?.control.clearRequests();
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => cluster.ask({ function: 'snapshot', params: { items: [onA] } })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set(['ok']));
    const logins = (await plant?.control.requests())?.filter(({ path }) => path.endsWith('/auth/login'));
    expect(logins).toHaveLength(1);
  });
});

const faults = z.array(z.object({ error: z.object({ code: z.string(), message: z.string() }) }));

/** What a request for an item gets of its plant while that has a fault. */
async function errorOf(plant: string, item: string, fault: FaultKind) {
  await cluster.ask({ function: 'snapshot', params: { items: [item] } });
  await cluster.plants[plant]?.control.fail({ ...fault, operation: 'get_sample' });
  const answer = await cluster.ask({ function: 'snapshot', params: { items: [item] } });
  return faults.parse(answer.items)[0]?.error;
}

describe('a server that misbehaves', () => {
  it.each([
    ['answers with a web page', { kind: 'html', status: 200 }, 'sourceError', 'instead of JSON'],
    ['answers with a proxy error page', { kind: 'html', status: 500 }, 'sourceError', '500'],
    ['uses another media type', { kind: 'mediaType', mediaType: 'text/plain' }, 'sourceError', 'text/plain'],
    ['forbids', { kind: 'status', status: 403 }, 'forbidden', 'no access'],
    ['fails', { kind: 'status', status: 500 }, 'sourceError', '500'],
    ['has too much to do', { kind: 'status', status: 429, retryAfter: '60' }, 'overloaded', 'too much'],
  ] as const)('%s', async (_what, fault, code, text) => {
    const error = await errorOf('plant-a', onA, fault);
    expect(error?.code).toBe(code);
    expect(error?.message).toContain(text);
    expect(error?.message).toContain('plant-a');
  });

  it('breaks off, sends broken JSON, sends half of it, is in maintenance: is asked again for a while', async () => {
    // All at the same time, since each lasts until its server is given up.
    const [half, broken, truncated, closed] = await Promise.all([
      errorOf('plant-a', onA, { kind: 'half' }),
      errorOf('plant-b', onB, { kind: 'invalidJson' }),
      errorOf('plant-c', onC, { kind: 'truncated' }),
      errorOf('plant-d', onD, { kind: 'status', status: 503 }),
    ]);
    const saying = (plant: string, text: string): unknown =>
      expect.stringMatching(new RegExp(`${plant}.*${text}`)) as unknown;
    expect(half).toEqual({ code: 'sourceUnavailable', message: saying('plant-a', 'closed the connection') });
    expect(broken).toEqual({ code: 'sourceError', message: saying('plant-b', 'broken JSON') });
    expect(truncated).toEqual({ code: 'sourceError', message: saying('plant-c', 'broken JSON') });
    expect(closed).toEqual({ code: 'sourceUnavailable', message: saying('plant-d', '503') });
  });
});
