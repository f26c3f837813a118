/** The typed client against a whole cluster, over both generations of the NATS client. */
import { readFile } from 'node:fs/promises';
import { connect, nkeyAuthenticator } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { type Client, createClient, isFailure, NoResponse, type ItemFor } from '../../../src/client/index.ts';
import { functionTable } from '../../../src/contract/functions/table.ts';
import { plantItemId } from '../../../simulators/seeq/plant/plant.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../../support/cluster.ts';

let cluster: Cluster;
let modern: Awaited<ReturnType<typeof connect>>;
beforeAll(async () => {
  cluster = await startCluster({ settings: { bus: { chunkBytes: 8192 } } });
  modern = await connect({
    servers: `${cluster.nats.host}:${cluster.nats.port}`,
    tls: { ca: cluster.authority.caPem },
    authenticator: nkeyAuthenticator(Buffer.from(cluster.caller.seed)),
    resolve: false,
  });
});
afterAll(async () => {
  await modern.close();
  await cluster.stop();
});

const AREA = 'Example >> Cooling Tower 1 >> Area A';
const fqn = `seeq:plant-a/signal/${plantItemId('plant-a', `${AREA} >> Temperature`)}`;
const control = () => cluster.plants['plant-a']?.control ?? expect.fail('no plant');

it('has a method for every function but the one that is followed', () => {
  const client = createClient(cluster.connection, { topic: REQUEST_TOPIC });
  const names = functionTable.map(({ name }) => name).filter((name) => name !== 'eventpipepoll');
  expect(Object.keys(client).sort()).toEqual(
    [...names, 'items', 'request', 'requestStream', 'follow', 'stream'].sort(),
  );
});

describe.each(['nats 2.x', '@nats-io/transport-node 3.x'])('over %s', (line) => {
  let client: Client;
  beforeAll(() => {
    const connection = line === 'nats 2.x' ? cluster.connection : modern;
    client = createClient(connection, { topic: REQUEST_TOPIC, timeoutMs: 20_000 });
  });

  it('answers with values, and with failures among them', async () => {
    const { status, items, meta } = await client.snapshot({ items: [fqn, 'rubbish'], time: '2026-01-31T08:00:00Z' });
    expect([status, meta.hosts]).toEqual(['partial', ['plant-a']]);
    const [failed] = items.filter(isFailure);
    expect([failed?.index, failed?.error.code]).toEqual([1, 'badRequest']);
    const [value] = items.filter((item) => !isFailure(item));
    expect(value).toMatchObject({ index: 0, fqn, status: 'Good', unit: '°F', time: '2026-01-31T08:00:00Z' });
  });

  it('joins the pieces of a series, and streams the same', async () => {
    const params = { items: [fqn], start: '2026-01-01', end: '2026-01-02' };
    const whole = await client.discrete(params);
    expect([whole.status, whole.items.length, whole.messages > 1]).toEqual(['ok', 1, true]);
    const [series] = whole.items;
    const times: string[] = [];
    let messages = 0;
    for await (const { items, last, status } of client.stream('discrete', params)) {
      messages++;
      expect(status).toBe('ok');
      for (const item of items) if ('times' in item) times.push(...item.times);
      expect(last).toBe(messages === whole.messages);
    }
    expect(series && 'times' in series && series.times).toEqual(times);
    expect(times.length).toBeGreaterThan(500);
  });

  it('answers an error as an answer, and a missing driver as NoResponse', async () => {
    expect(await client.tagsearch({}, { host: 'plant-x' })).toMatchObject({
      status: 'error',
      error: { code: 'unknownHost', message: expect.stringContaining('plant-x') as string },
    });
    expect(await client.writedata()).toMatchObject({ error: { code: 'unsupported' } });
    const nobody = createClient(line === 'nats 2.x' ? cluster.connection : modern, { topic: 'no.such.topic' });
    await expect(nobody.version()).rejects.toThrow(NoResponse);
  });

  it('sends any request, with the options of the client', async () => {
    const answer = await client.request({ function: 'functions', id: 'mine' });
    expect(answer).toMatchObject({ id: 'mine', items: { length: functionTable.length } });
    for await (const message of client.requestStream({ function: 'version' })) expect(message.function).toBe('version');
  });

  it('follows values and ends the lease with the loop', async () => {
    for await (const change of client.follow({ items: [fqn], intervalMs: 1000 })) {
      expect(change).toMatchObject({ index: 0, fqn, value: expect.any(Number) as number });
      break;
    }
  });

  describe('cancels at the driver', () => {
    const slow = plantItemId('plant-a', `${AREA} >> Compressor Power`);
    const items = [fqn, `seeq:plant-a/signal/${slow}`];
    const range = { start: '2026-01-01', end: '2026-01-02' };
    const running = async () => (await control().requests()).filter(({ ended }) => !ended).length;
    beforeEach(async () => {
      await client.version();
      await control().clearRequests();
      await control().fail({ kind: 'hang', path: slow });
    });
    // The driver has broken off the call that hung.
    afterEach(async () => {
      await expect.poll(running).toBe(0);
      await control().heal();
    });

    it('a request by its id', async () => {
      const id = `by id ${line}`;
      const answer = client.discrete({ items, ...range }, { id });
      await expect.poll(running).toBe(1);
      expect((await client.cancel({ request: id })).items).toEqual([{ request: id, cancelled: true }]);
      expect((await answer).error?.code).toBe('cancelled');
    });

    it('a request by its signal', async () => {
      const enough = new AbortController();
      const answer = client.snapshot({ items }, { signal: enough.signal });
      const failure = expect(answer).rejects.toThrow('enough');
      await expect.poll(running).toBe(1);
      enough.abort(new Error('enough'));
      await failure;
    });

    it('a stream that is left', async () => {
      for await (const { last, items: pieces } of client.stream('discrete', { items, ...range })) {
        expect([last, pieces.length > 0]).toEqual([false, true]);
        await expect.poll(running).toBe(1);
        break;
      }
    });
  });
});

describe('the types', () => {
  /** Never runs: the compiler is who tests it. */
  const wrong = async (client: Client) => {
    // @ts-expect-error: FQNs are needed
    await client.snapshot({});
    // @ts-expect-error: and so are the parameters as such
    await client.snapshot();
    // @ts-expect-error: an unknown parameter
    await client.tagsearch({ querry: '*' });
    // @ts-expect-error: not one of the boundaries
    await client.discrete({ items: [], start: 0, end: 1, boundary: 'both' });
    // @ts-expect-error: no function of the contract
    client.stream('tagsaerch', {});
    // @ts-expect-error: not one of the methods
    await client.aggregated({ items: [], start: 0, end: 1, intervalMs: 1, methods: ['median'] });
    // @ts-expect-error: parameters of another function
    client.stream('snapshot', { items: [], start: 0 });
    // @ts-expect-error: no such option
    await client.version({}, { timeout: 1 });
  };

  it('refuse wrong parameters, and know the items', () => {
    expect(wrong).toBeTypeOf('function');
    type Series = Exclude<ItemFor<'plotted'>, { error: unknown }>;
    expectTypeOf<Series['times']>().toEqualTypeOf<string[]>();
    expectTypeOf<Series['reducedBy']>().toEqualTypeOf<'driver' | 'server' | undefined>();
    // A lease is followed.
    expectTypeOf<Client>().not.toHaveProperty('eventpipepoll');
    expectTypeOf<ReturnType<Client['version']>>().resolves.toHaveProperty('items');
  });
});

it('is exported to users of the package', async () => {
  const { exports } = JSON.parse(await readFile('package.json', 'utf8')) as { exports: Record<string, unknown> };
  expect(exports['./client']).toEqual({ types: './dist/client/index.d.ts', default: './dist/client/index.js' });
});
