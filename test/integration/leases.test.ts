/** Leases over the real bus: changes as they come, on whichever replica, until their end. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { runProgram } from '../../src/cli/program.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { requestStream } from '../../src/client/request.ts';
import { followLease, type LeaseItem } from '../../src/client/lease.ts';
import { answerSchema, type AnswerMessage } from '../../src/contract/answer.ts';
import { eventpipepoll } from '../../src/contract/functions/data.ts';
import { type Cluster, REQUEST_TOPIC, startCluster } from '../support/cluster.ts';
import { type DriverProcess, startDriver } from '../support/driver-process.ts';

const DAY_MS = 86_400_000;
const MANY = 2000;

let cluster: Cluster;
let many: string[];
const ids: Record<string, string> = {};
const further: DriverProcess[] = [];

beforeAll(async () => {
  cluster = await startCluster({
    plants: { 'plant-a': { extraTags: MANY } },
    config: { debug: 3 },
    settings: { limits: { maxLeaseMs: 600_000, maxLeases: 20, maxLeasedItems: MANY + 100 } },
  });
  const entries = (await cluster.plants['plant-a']?.control.plant()) ?? [];
  for (const { path, id } of entries) ids[path] = id;
  many = entries.filter(({ path }) => /^U\d{3}_/.test(path)).map(({ id }) => `seeq:plant-a/signal/${id}`);
});
afterEach(async () => {
  await control().heal();
  await Promise.all(further.splice(0).map((driver) => driver.stop()));
});
afterAll(() => cluster.stop());

const control = () => cluster.plants['plant-a']?.control ?? expect.fail('no plant');
const idOf = (name: string) => ids[`Special Cases >> Signals >> ${name}`] ?? expect.fail(name);
const fqn = (name: string) => `seeq:plant-a/signal/${idOf(name)}`;
/** Noon of yesterday and a little more: in the time that a test takes, neither a day nor a minute begins. */
const NOON = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2 + 2000;
/** Sets the clock of the plant to a noon so long ago; what has a sample a day or a minute changes with it alone. */
const daysBack = (days: number) => control().set({ clockOffsetMs: NOON - days * DAY_MS - Date.now() });
const polls = async (id: string) =>
  (await control().requests()).filter(({ path }) => path.includes(`/signals/${id}/sample/`)).length;

async function replica(): Promise<DriverProcess> {
  const driver = startDriver(cluster.driverOptions);
  further.push(driver);
  await driver.line(({ msg }) => msg?.startsWith('Connected to the NATS server') === true);
  // Connected is not yet subscribed: the server knows the subscription when it has answered for it.
  await expect.poll(async () => instances(await cluster.connect())).toContain(driver.pid);
  return driver;
}

/** Processes that listen for requests. */
async function instances(nc: Awaited<ReturnType<Cluster['connect']>>): Promise<number[]> {
  const found: number[] = [];
  const inbox = nc.subscribe('answers.replicas', {
    callback: (_error, message) => {
      const { metadata } = message.json<{ metadata: { instance: string } }>();
      found.push(Number(metadata.instance.split('-').at(-1)));
    },
  });
  nc.publish('$SRV.PING.iota-seeqdrv', '', { reply: 'answers.replicas' });
  await nc.flush();
  await nc.flush();
  inbox.unsubscribe();
  await nc.close();
  return found;
}

/** The messages of one lease, each held against the contract. */
class Messages {
  readonly #stream: AsyncGenerator<AnswerMessage>;
  cursor: string | undefined;
  /** Set by the last message. */
  end: AnswerMessage | undefined;

  constructor(params: object, envelope: object = {}) {
    const id = randomUUID();
    const request = { function: 'eventpipepoll', id, params: { intervalMs: 1000, ...params }, ...envelope };
    this.#stream = requestStream(cluster.connection, REQUEST_TOPIC, request, { silenceMs: 40_000 });
    onTestFinished(async () => {
      if (!this.end) await cancel(request.id);
    });
  }

  async next(): Promise<AnswerMessage> {
    const { value } = (await this.#stream.next()) as { value: AnswerMessage };
    const message = answerSchema.parse(value);
    z.array(eventpipepoll.item).parse(message.items);
    this.cursor = message.meta?.cursor ?? this.cursor;
    if (message.last) this.end = message;
    return message;
  }

  /** The next message that has items, or the last one. */
  async items(): Promise<Record<string, unknown>[]> {
    for (;;) {
      const { items, last } = await this.next();
      if (items.length > 0 || last) return items as Record<string, unknown>[];
    }
  }

  /** Items of further messages until there are so many. */
  async collect(count: number): Promise<Record<string, unknown>[]> {
    const all: Record<string, unknown>[] = [];
    while (all.length < count && !this.end) all.push(...(await this.items()));
    return all;
  }

  async toEnd(): Promise<AnswerMessage> {
    while (!this.end) await this.next();
    return this.end;
  }
}

function lease(items: string[], params: object = {}, envelope: object = {}): Messages {
  return new Messages({ items, ...params }, envelope);
}

/** Ends leases of a test early; those of others run on. */
async function cancel(id: string): Promise<unknown> {
  const { items } = await cluster.ask({ function: 'cancel', params: { request: id } });
  return items;
}

describe('a lease', () => {
  it('reports at once that it is open, then the current values, then changes only, and at its end why', async () => {
    await daysBack(10);
    const messages = lease([fqn('Slow'), fqn('Three Samples')], {}, { id: 'first' });
    expect(await messages.next()).toMatchObject({ id: 'first', seq: 0, last: false, items: [] });
    const first = await messages.collect(2);
    expect(first.sort((a, b) => Number(a.index) - Number(b.index))).toMatchObject([
      { index: 0, fqn: fqn('Slow'), value: expect.any(Number) as number, unit: 'm³' },
      { index: 1, value: 3, time: '2020-01-01T00:02:00Z' },
    ]);
    await daysBack(9);
    const [change, ...rest] = await messages.items();
    expect(rest).toEqual([]);
    expect(change).toMatchObject({ index: 0 });
    expect(Date.parse(String(change?.time))).toBe(Date.parse(String(first[0]?.time)) + DAY_MS);
    expect(await cancel('first')).toEqual([{ request: 'first', cancelled: true }]);
    expect(await messages.toEnd()).toMatchObject({
      status: 'ok',
      items: [],
      meta: { ended: 'cancelled', cursor: messages.cursor, hosts: ['plant-a'] },
    });
  });

  it('ends at its time, sends a sign of life when nothing changes, and is renewed without a repeat', async () => {
    await daysBack(10);
    const items = [fqn('Slow'), fqn('Three Samples')];
    const messages = lease(items, { leaseMs: 1500 });
    await messages.collect(2);
    let empty = 0;
    while (!messages.end) if ((await messages.next()).items.length === 0) empty++;
    expect(empty).toBeGreaterThan(1);
    expect(messages.end.meta?.ended).toBe('expired');

    const renewed = lease(items, { cursor: messages.cursor, leaseMs: 60_000 }, { id: 'renewed' });
    expect((await renewed.next()).items).toEqual([]);
    await daysBack(9);
    expect(await renewed.items()).toMatchObject([{ index: 0 }]);
    await cancel('renewed');
    // What changed while there was no lease comes first.
    await daysBack(5);
    const later = lease(items, { cursor: (await renewed.toEnd()).meta?.cursor }, { id: 'later' });
    expect(await later.items()).toMatchObject([{ index: 0 }]);
    await cancel('later');
  });

  it('reports an error once, and a value again when it is over; the other items continue', async () => {
    await daysBack(10);
    const items = [fqn('Slow'), fqn('Step')];
    const messages = lease(items, {}, { id: 'faulty' });
    await messages.collect(2);
    await control().fail({ kind: 'status', status: 403, path: idOf('Step') });
    expect(await messages.items()).toMatchObject([{ index: 1, fqn: items[1], error: { code: 'forbidden' } }]);
    const before = await polls(idOf('Step'));
    await expect.poll(() => polls(idOf('Step'))).toBeGreaterThan(before);
    await daysBack(9);
    expect(await messages.items()).toMatchObject([{ index: 0, value: expect.any(Number) as number }]);
    await control().heal();
    expect(await messages.items()).toMatchObject([{ index: 1, value: expect.any(Number) as number }]);
    await cancel('faulty');
    expect((await messages.toEnd()).status).toBe('ok');
  });

  it('reports once what can never be read, and ends partial; with nothing else it is refused', async () => {
    const messages = lease([fqn('Three Samples'), 'rubbish', 'seeq:nowhere/signal/1'], {}, { id: 'rubbish' });
    expect(await messages.collect(3)).toHaveLength(3);
    await cancel('rubbish');
    expect(await messages.toEnd()).toMatchObject({ status: 'partial', meta: { ended: 'cancelled' } });
    const refused = lease(['rubbish']);
    expect(await refused.toEnd()).toMatchObject({ status: 'error', error: { code: 'badRequest' } });
  });

  it.each([
    ['too long', { leaseMs: 600_001 }, 'tooLarge'],
    ['too quick', { intervalMs: 999 }, 'badRequest'],
    ['with the cursor of other items', { cursor: 'e30' }, 'badRequest'],
  ])('that is %s is refused', async (_what, params, code) => {
    expect(await lease([fqn('Slow')], params).toEnd()).toMatchObject({ status: 'error', error: { code } });
  });
});

describe('leases on the same tag', () => {
  it('share one poll', async () => {
    await daysBack(20);
    const names = ['Slow', 'Slow', 'Slow', 'Slow', 'Step'];
    const all = names.map((name, n) => lease([fqn(name)], {}, { id: `shared-${n}` }));
    await Promise.all(all.map((one) => one.collect(1)));
    await control().clearRequests();
    for (const days of [19, 18]) {
      await daysBack(days);
      const changes = await Promise.all(all.map((one) => one.items()));
      expect(new Set(changes.slice(0, 4).map(([item]) => item?.time)).size).toBe(1);
    }
    const [shared, alone] = [await polls(idOf('Slow')), await polls(idOf('Step'))];
    expect(Math.abs(shared - alone)).toBeLessThanOrEqual(2);
    await Promise.all(names.map((_name, n) => cancel(`shared-${n}`)));
    await Promise.all(all.map((one) => one.toEnd()));
  });
});

describe('2,000 leased tags on one replica', () => {
  it('all arrive, and single snapshots are answered meanwhile; more leases are refused', async () => {
    await daysBack(10);
    const messages = lease(many, {}, { id: 'many' });
    const first = await messages.collect(MANY);
    expect(new Set(first.map(({ index }) => index)).size).toBe(MANY);
    expect(first).toHaveLength(MANY);
    for (let n = 0; n < 10; n++) {
      const before = (await control().requests()).at(-1)?.number ?? 0;
      const answer = await cluster.ask({ function: 'snapshot', params: { items: [fqn('Step')] } });
      expect(answer.status).toBe('ok');
      const after = (await control().requests()).at(-1)?.number ?? 0;
      // It has not waited for a round of polls.
      expect(after - before).toBeLessThan(MANY);
    }
    const { error } = await lease(many.slice(0, 200)).toEnd();
    expect(error).toMatchObject({ code: 'overloaded', retryable: true });

    await daysBack(9);
    const second = await messages.collect(MANY);
    expect(second).toHaveLength(MANY);
    await cancel('many');
    const { meta } = await messages.toEnd();
    // The cursor of 2,000 items goes into a request, and nothing is repeated.
    const renewed = lease(many, { cursor: meta?.cursor }, { id: 'renewed' });
    await renewed.next();
    await daysBack(8);
    const third = await renewed.collect(MANY);
    const times = (items: Record<string, unknown>[]) =>
      items.sort((a, b) => Number(a.index) - Number(b.index)).map(({ time }) => Date.parse(String(time)));
    expect(times(third)).toEqual(times(second).map((time) => time + DAY_MS));
    await cancel('renewed');
  });
});

describe('replicas', () => {
  it('one that is killed: its lease goes on with another, without gap or repeat', async () => {
    await daysBack(40);
    const troubles: Error[] = [];
    const follow = followLease(
      cluster.connection,
      REQUEST_TOPIC,
      { items: [fqn('Slow'), fqn('Three Samples')], intervalMs: 1000, leaseMs: 4000 },
      { silenceMs: 2500, onFailure: (error) => troubles.push(error) },
    );
    const changes = follow[Symbol.asyncIterator]();
    const seen: LeaseItem[] = [];
    const next = async () => {
      const { value } = (await changes.next()) as { value: LeaseItem };
      seen.push(value);
      return value;
    };
    await Promise.all([next(), next()]);
    await daysBack(39);
    await next();
    await replica();
    await cluster.driver.stop('SIGKILL');
    for (const days of [38, 37, 36]) {
      await daysBack(days);
      await next();
    }
    await follow.stop();
    expect((await changes.next()).done).toBe(true);
    const times = seen
      .filter(({ index }) => index === 0)
      .map((item) => Date.parse(String('time' in item && item.time)));
    expect(times.map((time) => (time - (times[0] ?? 0)) / DAY_MS)).toEqual([0, 1, 2, 3, 4]);
    expect(seen.filter(({ index }) => index === 1)).toHaveLength(1);
    cluster.driver = further.pop() ?? cluster.driver;
  });

  it('one that stops ends its leases at once, with a cursor, and the follower goes on with another', async () => {
    await daysBack(10);
    const items = [fqn('Slow'), fqn('Three Samples')];
    const messages = lease(items, { leaseMs: 600_000 });
    await messages.collect(2);
    const follow = followLease(cluster.connection, REQUEST_TOPIC, { items, intervalMs: 1000 });
    const changes = follow[Symbol.asyncIterator]();
    await Promise.all([changes.next(), changes.next()]);
    const other = await replica();
    expect(await cluster.driver.stop()).toBe(0);
    expect(await messages.toEnd()).toMatchObject({
      status: 'ok',
      meta: { ended: 'shutdown', cursor: messages.cursor },
    });
    cluster.driver = other;
    further.length = 0;
    const renewed = lease(items, { cursor: messages.cursor }, { id: 'elsewhere' });
    await renewed.next();
    await daysBack(9);
    expect(await renewed.items()).toMatchObject([{ index: 0 }]);
    expect((await changes.next()).value).toMatchObject({ index: 0 });
    await Promise.all([cancel('elsewhere'), follow.stop()]);
  });

  it('any of them cancels what runs on another', async () => {
    const other = await replica();
    const cancelled = (driver: DriverProcess) => driver.log.some((line) => line.function === 'cancel');
    for (let n = 0; !cancelled(other) || !cancelled(cluster.driver); n++) {
      const id = `somewhere-${n}`;
      const messages = lease([fqn('Three Samples')], {}, { id });
      await messages.next();
      expect(await cancel(id)).toEqual([{ request: id, cancelled: true }]);
      expect((await messages.toEnd()).meta?.ended).toBe('cancelled');
    }
    expect(await cancel('nothing')).toEqual([{ request: 'nothing', cancelled: false }]);
  });
});

describe('cancel', () => {
  it('stops every request of that id, and they end with that error', async () => {
    await control().fail({ kind: 'hang', operation: 'get_sample' });
    await control().clearRequests();
    const request = { function: 'snapshot', id: 'twice', params: { items: [fqn('Slow'), fqn('Step')] } };
    const asked = [cluster.ask(request), cluster.ask(request)];
    await expect.poll(async () => (await control().requests()).length).toBeGreaterThan(1);
    // A cancel may have the id of what it stops.
    const answer = await cluster.ask({ function: 'cancel', id: 'twice', params: { request: 'twice' } });
    expect(answer.items).toEqual([{ request: 'twice', cancelled: true }]);
    for (const { status, error, items } of await Promise.all(asked)) {
      expect({ status, code: error?.code, items }).toEqual({ status: 'error', code: 'cancelled', items: [] });
    }
  });
});

describe('a caller that is gone', () => {
  it('ends its lease as soon as the bus reports the loss', async () => {
    await daysBack(0);
    const caller = await cluster.connect();
    const messages = requestStream(caller, REQUEST_TOPIC, {
      function: 'eventpipepoll',
      id: 'gone',
      params: { items: [fqn('Fast')], intervalMs: 1000, leaseMs: 600_000 },
    });
    await messages.next();
    await caller.close();
    const line = await cluster.driver.line(({ id, ended }) => id === 'gone' && ended !== undefined);
    expect(line.ended).toBe('callerGone');
  });
});

describe('watch', () => {
  const watchWith = async (more: Partial<Terminal>, ...args: string[]) => {
    const [out, err]: string[][] = [[], []];
    const lines = { out: (line: string) => out?.push(line), err: (line: string) => err?.push(line) };
    const terminal = { ...lines, env: {}, ...more };
    const key = join(cluster.driver.folder, 'caller.nk');
    await writeFile(key, cluster.caller.seed, { mode: 0o600 });
    const config = ['--config', cluster.driver.configFile, '--nkey', key];
    const code = await runProgram(['watch', ...args, ...config, '--interval', '1000'], terminal);
    return { code, out: out ?? [], err: err ?? [] };
  };
  const watch = (...args: string[]) => watchWith({}, ...args);

  it('prints values as they change, as a table or as JSON', async () => {
    await daysBack(0);
    const { code, out } = await watch(fqn('Fast'), '--count', '2');
    expect(code).toBe(0);
    const [head, first, second, ...more] = out;
    expect([head, more]).toEqual([expect.stringMatching(/^TAG +VALUE +UNIT +TIME +STATUS$/), []]);
    expect(first).not.toBe(second);
    for (const line of [first, second]) {
      expect(line).toMatch(/^seeq:plant-a\/signal\/\S+ +-?[\d.]+ +mm\/s +\d{4}-\d\d-\d\d \S+ +\w+$/);
    }
    const [json] = (await watch(fqn('Three Samples'), '--ndjson', '--count', '1')).out;
    expect(JSON.parse(json ?? '')).toMatchObject({ fqn: fqn('Three Samples'), value: 3 });
  });

  it('ends by itself when no item can ever have a value', async () => {
    const none = await watch('seeq:plant-a/signal/x', 'seeq:nowhere/signal/y');
    expect(none).toMatchObject({ code: 1, err: [expect.stringContaining('No item can be read') as string] });
    for (const code of ['badRequest', 'unknownHost']) expect(none.out.join()).toContain(code);
    const some = await watch('seeq:plant-a/signal/x', fqn('Three Samples'), '--count', '2');
    expect(some).toMatchObject({ code: 0, err: [] });
  });

  it('ends the lease when the reader of its output is gone', async () => {
    const closing = new AbortController();
    const out = (): void => {
      closing.abort();
    };
    const { code, err } = await watchWith({ closed: closing.signal, out }, fqn('Fast'));
    expect([code, err]).toEqual([0, []]);
  });

  it('says why it cannot', async () => {
    expect(await watch('rubbish')).toMatchObject({
      code: 5,
      err: [expect.stringContaining('No tag has the name') as string],
    });
    expect(await watch(fqn('Fast'), '--topic', 'nobody.here')).toMatchObject({
      code: 1,
      err: [expect.stringContaining('nobody.here') as string],
    });
    expect(await watch(fqn('Fast'), '--count', 'many')).toMatchObject({ code: 2 });
  });
});
