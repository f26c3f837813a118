/** What is acknowledged, and when; what is delivered again; what makes the broker wait. On a real broker. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../../../support/eventually.ts';
import { startProxy } from '../../../../support/nats/index.ts';
import {
  acknowledged,
  brokerForTest,
  linkForTest,
  logged,
  plainForTest,
  textOf,
  VERSIONS,
} from '../../../mqtt/support.ts';

const DRIVER = 'driver';
const clientId = DRIVER;

/** Gates by name, each of which lets pass once a word was given. */
function gates() {
  const all = new Map<string | number, PromiseWithResolvers<undefined>>();
  const of = (name: string | number): PromiseWithResolvers<undefined> => {
    const known = all.get(name) ?? Promise.withResolvers<undefined>();
    all.set(name, known);
    return known;
  };
  return {
    wait: (name: string | number) => of(name).promise,
    open: (name: string | number) => {
      of(name).resolve(undefined);
    },
  };
}

describe.each(VERSIONS)('MQTT %s', (version) => {
  test('each message is acknowledged when it is safe and no sooner, and others pass meanwhile', async () => {
    const broker = await brokerForTest({ logPackets: true });
    const { wait, open } = gates();
    const { becomes, link, texts } = linkForTest(broker.url(), {
      version,
      clientId,
      onMessage: (message) => wait(textOf(message)),
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    for (const text of ['a', 'b', 'c']) await sender.publish('t/x', text);
    // The client's own sender did it, and not the client in its turn: `b` comes first.
    open('b');
    await eventually(() => {
      expect(texts()).toEqual(['a', 'b', 'c']);
      expect(broker.log()).toContain(`Received PUBACK from ${DRIVER} (Mid: 2, RC:0)`);
    });
    await logged(broker, link);
    expect(broker.log()).not.toMatch(/Received PUBACK from driver \(Mid: [13]/);
    expect(link.metrics).toMatchObject({ acknowledged: 1, running: 2 });
    open('a');
    open('c');
    await eventually(() => {
      expect(acknowledged(broker, DRIVER)).toBe(3);
    });
    expect(link.metrics).toMatchObject({ acknowledged: 3, running: 0, redelivered: 0, atMostOnce: 0 });
  });

  test('a message that cannot be handled is not acknowledged and comes again with the next connection', async () => {
    const broker = await brokerForTest();
    const proxy = await startProxy(broker.port());
    onTestFinished(() => proxy.stop());
    let fail = true;
    const { becomes, link, got, log } = linkForTest(`mqtt://127.0.0.1:${proxy.port}`, {
      ...{ version, clientId },
      onMessage: async () => {
        if (fail) throw new Error('no good day');
      },
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    await sender.publish('t/x', '1');
    await eventually(() => {
      expect(got).toHaveLength(1);
    });
    expect(log.messages('error').join()).toMatch(/could not be handled and was not acknowledged/);
    fail = false;
    proxy.cut();
    await eventually(() => {
      expect(got).toHaveLength(2);
    });
    expect(got[1]?.received).toBe(got[0]?.received);
    await eventually(() => {
      expect(link.metrics).toMatchObject({ connections: 2, redelivered: 1, acknowledged: 1 });
    });
  });

  test('an acknowledgement that comes too late never goes to another connection', async () => {
    const broker = await brokerForTest({ logPackets: true });
    const proxy = await startProxy(broker.port());
    onTestFinished(() => proxy.stop());
    const { wait, open } = gates();
    let calls = 0;
    const { becomes, link, got } = linkForTest(`mqtt://127.0.0.1:${proxy.port}`, {
      ...{ version, clientId },
      // The second delivery is never done with.
      onMessage: (message) => (calls++ === 0 ? wait(textOf(message)) : new Promise(() => undefined)),
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    await sender.publish('t/x', 'late');
    await eventually(() => {
      expect(got).toHaveLength(1);
    });
    proxy.cut();
    await eventually(() => {
      expect(got).toHaveLength(2);
    });
    open('late');
    await logged(broker, link);
    expect(broker.log()).not.toContain('Received PUBACK from driver');
    expect(link.metrics.acknowledged).toBe(0);
  });

  test('the broker restarts: what it kept arrives, nothing is subscribed twice, retained messages arrive once', async () => {
    const broker = await brokerForTest({ logPackets: true });
    const sender = await plainForTest(broker);
    await sender.publish('t/kept', 'old', { retain: true });
    const ups: boolean[] = [];
    const { becomes, got, link, texts } = linkForTest(broker.url(), { version, clientId });
    link.onUp(({ sessionPresent }) => ups.push(sessionPresent));
    await eventually(() => {
      expect(got.map(({ retained }) => retained)).toEqual([true]);
    });
    await broker.restart();
    await eventually(() => {
      expect(ups).toEqual([false, true]);
    });
    await becomes('up');
    const again = await plainForTest(broker);
    await again.publish('t/x', 'new');
    await eventually(() => {
      expect(texts()).toEqual(['old', 'new']);
    });
    await logged(broker, link);
    expect(broker.log().match(/Received SUBSCRIBE from driver/g)).toHaveLength(1);
  });

  test('a broker that lost the session is subscribed to again', async () => {
    const broker = await brokerForTest({ persistence: false });
    const { link, texts } = linkForTest(broker.url(), { version, clientId });
    await eventually(() => {
      expect(link.metrics.connections).toBe(1);
    });
    await broker.restart();
    await eventually(() => {
      expect(link.metrics.connections).toBe(2);
      expect(link.state.state).toBe('up');
    });
    const sender = await plainForTest(broker);
    await sender.publish('t/x', 'heard');
    await eventually(() => {
      expect(texts()).toEqual(['heard']);
    });
  });

  test('what came while the driver was away is there when it comes back', async () => {
    const broker = await brokerForTest();
    const first = linkForTest(broker.url(), { version, clientId });
    await first.becomes('up');
    await first.link.stop(1000);
    const sender = await plainForTest(broker);
    for (let n = 0; n < 50; n++) await sender.publish('t/x', String(n));
    const second = linkForTest(broker.url(), { version, clientId });
    await eventually(() => {
      expect(second.texts()).toEqual(Array.from({ length: 50 }, (_, n) => String(n)));
    });
  });

  test('nothing can be taken: the broker has to wait, is left when that lasts, and nothing is lost', async () => {
    const broker = await brokerForTest({ logPackets: true });
    let room = Promise.withResolvers<undefined>();
    let full = false;
    const { becomes, link, texts, states } = linkForTest(broker.url(), {
      ...{ version, clientId, keepAliveSeconds: 2, receiveMaximum: 100 },
      full: () => full,
      whenReady: () => room.promise,
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    await sender.publish('t/x', '0');
    await eventually(() => {
      expect(texts()).toEqual(['0']);
    });
    full = true;
    for (let n = 1; n <= 10; n++) await sender.publish('t/x', String(n));
    const { message } = await becomes('waiting');
    expect(message).toMatch(/the broker keeps them/);
    await eventually(() => {
      expect(broker.log()).toContain('Received DISCONNECT from driver');
    });
    for (let n = 11; n <= 20; n++) await sender.publish('t/x', String(n));
    expect(texts()).toEqual(['0']);
    full = false;
    room.resolve(undefined);
    room = Promise.withResolvers();
    await eventually(() => {
      expect(texts()).toEqual(Array.from({ length: 21 }, (_, n) => String(n)));
    });
    await becomes('up');
    expect(states.map(({ state }) => state)).toEqual(['up', 'waiting', 'connecting', 'up']);
    expect(link.metrics.connections).toBe(2);
  });

  test('large messages that wait for the bus make the broker wait, however few they are', async () => {
    const broker = await brokerForTest();
    const { wait, open } = gates();
    const { becomes, link, got } = linkForTest(broker.url(), {
      ...{ version, clientId, keepAliveSeconds: 2 },
      onMessage: ({ payload }) => wait(payload[0] ?? 0),
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    const numbers = [1, 2, 3, 4, 5, 6];
    for (const number of numbers) await sender.publish('t/image', Buffer.alloc(16 * 1024 * 1024, number));
    const { message } = await becomes('waiting');
    expect(message).toMatch(/the broker keeps them/);
    expect(link.metrics.running).toBe(4);
    expect(got.map(({ payload }) => payload[0])).toEqual([1, 2, 3, 4]);
    for (const number of numbers) open(number);
    await eventually(() => {
      expect([...new Set(got.map(({ payload }) => payload[0]))]).toEqual(numbers);
      expect(link.metrics.running).toBe(0);
    });
    await becomes('up');
  });

  test('a bus that is slower than the broker breaks no connection', async () => {
    const broker = await brokerForTest();
    const done: string[] = [];
    let busy = 0;
    let waiting: (() => void)[] = [];
    const { becomes, link } = linkForTest(broker.url(), {
      ...{ version, clientId, keepAliveSeconds: 2, receiveMaximum: 20 },
      full: () => busy >= 2,
      whenReady: () =>
        new Promise((resolve) => {
          waiting.push(resolve);
        }),
      onMessage: async (message) => {
        busy++;
        // As long as the work takes; in all longer than a broker waits for a sign of life.
        await new Promise((resolve) => setTimeout(resolve, 60));
        busy--;
        done.push(textOf(message));
        const woken = waiting;
        waiting = [];
        for (const go of woken) go();
      },
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    await Promise.all(Array.from({ length: 120 }, (_, n) => sender.publish('t/x', String(n))));
    await eventually(() => {
      expect(done).toHaveLength(120);
    });
    expect(link.metrics).toMatchObject({ connections: 1, redelivered: 0 });
  });

  test('a stop takes nothing new, waits for what runs, acknowledges it and says goodbye', async () => {
    const broker = await brokerForTest({ logPackets: true });
    const { wait, open } = gates();
    const { becomes, link, texts } = linkForTest(broker.url(), {
      version,
      clientId,
      onMessage: (message) => wait(textOf(message)),
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    await sender.publish('t/x', 'runs');
    await eventually(() => {
      expect(texts()).toEqual(['runs']);
    });
    const stopped = link.stop(20_000);
    await sender.publish('t/x', 'new');
    // Its answer comes after the message.
    await link.publish('after', Buffer.from('x'), 1);
    open('runs');
    await stopped;
    expect(texts()).toEqual(['runs']);
    expect(link.state.state).toBe('stopped');
    await eventually(() => {
      expect(broker.log()).toContain('Received DISCONNECT from driver');
    });
    expect(broker.log()).toContain('Received PUBACK from driver (Mid: 1, RC:0)');
    expect(acknowledged(broker, DRIVER)).toBe(1);
    const next = linkForTest(broker.url(), { version, clientId });
    await eventually(() => {
      expect(next.texts()).toEqual(['new']);
    });
    await expect(link.publish('x', Buffer.from('x'), 1)).rejects.toThrow();
  });

  test('quality of service 0 is counted as what may be lost', async () => {
    const broker = await brokerForTest();
    const { becomes, link, got } = linkForTest(broker.url(), {
      ...{ version, clientId },
      subscriptions: () => [
        { filter: 't/zero', qos: 0 },
        { filter: 't/one', qos: 1 },
      ],
    });
    await becomes('up');
    const sender = await plainForTest(broker);
    await sender.publish('t/zero', '0');
    await sender.publish('t/one', '1');
    // Quality of service 2 is never asked for, so the broker gives 1.
    await sender.publish('t/one', '2', { qos: 2 });
    await eventually(() => {
      expect(link.metrics).toMatchObject({ atMostOnce: 1, acknowledged: 2 });
    });
    expect(got.map(({ qos }) => qos)).toEqual([0, 1, 1]);
  });

  test('two members of a shared subscription get each message once between them', async () => {
    const broker = await brokerForTest();
    const subscriptions = () => [{ filter: '$share/group/t/#', qos: 1 as const }];
    const members = ['one', 'two'].map((id) => linkForTest(broker.url(), { version, clientId: id, subscriptions }));
    for (const member of members) await member.becomes('up');
    const sender = await plainForTest(broker);
    const sent = Array.from({ length: 40 }, (_, n) => String(n));
    for (const text of sent) await sender.publish('t/x', text);
    const all = () => members.flatMap(({ texts }) => texts()).sort((a, b) => Number(a) - Number(b));
    await eventually(() => {
      expect(all()).toEqual(sent);
    });
    expect(members.every(({ got }) => got.length > 0)).toBe(true);
  });

  test.each(['tcp', 'ws'])('a frozen broker is noticed, and used again when it continues (%s)', async (name) => {
    const broker = await brokerForTest({ listeners: { tcp: {}, ws: { protocol: 'websockets' } } });
    const { becomes, told, link } = linkForTest(broker.url(name), {
      ...{ version, clientId, keepAliveSeconds: 1, connectTimeoutMs: 500 },
    });
    await becomes('up');
    broker.freeze();
    await told('down', /no sign of life for 1\.5 s/);
    broker.thaw();
    await becomes('up');
    expect(link.metrics.connections).toBeGreaterThan(1);
  });

  test('subscriptions follow what is wanted, without another connection', async () => {
    const broker = await brokerForTest({ logPackets: true });
    let filters = ['t/a', 't/b'];
    const { becomes, link, texts } = linkForTest(broker.url(), {
      ...{ version, clientId },
      subscriptions: () => filters.map((filter) => ({ filter, qos: 1 as const })),
    });
    await becomes('up');
    filters = ['t/b', 't/c'];
    link.refresh();
    await eventually(() => {
      expect(broker.log()).toMatch(/Received UNSUBSCRIBE from driver/);
      expect(broker.log()).toMatch(/driver 1 t\/c/);
    });
    const sender = await plainForTest(broker);
    for (const name of ['a', 'b', 'c']) await sender.publish(`t/${name}`, name);
    await eventually(() => {
      expect(texts()).toEqual(['b', 'c']);
    });
    await logged(broker, link);
    expect(broker.log().match(/driver 1 t\/b/g)).toHaveLength(1);
    expect(link.metrics.connections).toBe(1);
  });
});

test.each([
  ['tcp', 1024, 230],
  ['ws', 128, 160],
] as const)('a large message on a slow line is no silence (%s)', async (name, kibibytes, pauseMs) => {
  const broker = await brokerForTest({ listeners: { tcp: {}, ws: { protocol: 'websockets' } } });
  const proxy = await startProxy(broker.port(name));
  onTestFinished(() => proxy.stop());
  const { becomes, link, got } = linkForTest(broker.url(name).replace(/\d+$/, String(proxy.port)), {
    ...{ clientId, keepAliveSeconds: 2 },
  });
  await becomes('up');
  const sender = await plainForTest(broker);
  // In pieces of 64 KiB at most (of 5 KiB by WebSocket), so that the whole takes longer than a broker may be silent.
  proxy.slow(pauseMs);
  await sender.publish('t/image', Buffer.alloc(kibibytes * 1024));
  await eventually(() => {
    expect(got.map(({ payload }) => payload.length)).toEqual([kibibytes * 1024]);
  });
  expect(link.metrics.connections).toBe(1);
});

test('a subscription may be answered late, behind a large message on a slow line', async () => {
  const broker = await brokerForTest();
  const before = linkForTest(broker.url(), { clientId });
  await before.becomes('up');
  await before.link.stop(1000);
  const sender = await plainForTest(broker);
  await sender.publish('t/image', Buffer.alloc(1024 * 1024));
  const proxy = await startProxy(broker.port());
  onTestFinished(() => proxy.stop());
  proxy.slow(150);
  // The message takes more than twice as long as a broker may leave a subscription unanswered.
  const { got, becomes } = linkForTest(`mqtt://127.0.0.1:${proxy.port}`, { clientId, connectTimeoutMs: 1000 });
  await eventually(() => {
    expect(got.map(({ payload }) => payload.length)).toContain(1024 * 1024);
  });
  await becomes('up');
});

test.each(VERSIONS)(
  'two clients with one id: mosquitto does not say it, the pattern shows it (MQTT %s)',
  async (version) => {
    const broker = await brokerForTest();
    const links = [linkForTest(broker.url(), { version, clientId }), linkForTest(broker.url(), { version, clientId })];
    await eventually(() => {
      const told = links.some(({ states }) =>
        states.some(({ message }) => message?.includes('probably another client uses the same client id "driver"')),
      );
      expect(told).toBe(true);
    });
  },
);
