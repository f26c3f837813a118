/** Reading from a stream on a real server: in order, at least once, across everything that breaks. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, type JetStreamManager, type NatsConnection } from 'nats';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { BusConnection } from '../../../../src/bus/connection/connection.ts';
import {
  ReadingsConsumer,
  type ReadingsConsumerOptions,
  type StreamMessage,
} from '../../../../src/bus/jetstream/readings-consumer.ts';
import type { NatsServer, NatsServerOptions } from '../../../support/nats/index.ts';
import { parseAckSubject } from '../../../../src/bus/jetstream/pending-acks.ts';
import {
  busForTest,
  callerForTest,
  callerKey,
  driverKey,
  flushed,
  proxyForTest,
  serverForTest,
  TestLog,
  until,
} from '../support.ts';

const STREAM = 'READINGS';

interface Reader {
  readonly consumer: ReadingsConsumer;
  readonly log: TestLog;
  /** What was handed on, in order, and not taken away. */
  readonly messages: StreamMessage[];
  readonly texts: () => string[];
  /** Confirms the first `count` messages, or all. */
  confirm(count?: number): void;
}

function readerOn(bus: BusConnection, options: Partial<ReadingsConsumerOptions> = {}): Reader {
  const messages: StreamMessage[] = [];
  const log = new TestLog();
  const consumer = new ReadingsConsumer(bus, {
    ...{ stream: STREAM, durable: 'out', filter: 'r.>', from: 'all', inFlight: 8, ackWaitMs: 1000, logger: log },
    onMessage: (message) => messages.push(message),
    intervals: { checkMs: 500, graceMs: 1000 },
    ...options,
  });
  // What is left over matters to nobody then.
  onTestFinished(() => consumer.stop(0));
  consumer.start();
  return {
    ...{ consumer, log, messages },
    texts: () => messages.map(({ body }) => Buffer.from(body).toString()),
    confirm: (count = messages.length) => {
      for (const { confirm } of messages.slice(0, count)) confirm();
    },
  };
}

interface Harness {
  readonly server: NatsServer;
  readonly caller: NatsConnection;
  readonly manager: JetStreamManager;
  /** Stores the numbers from..to. */
  readonly store: (from: number, to: number, subject?: string) => Promise<void>;
  readonly pending: () => Promise<number>;
}

async function harnessForTest(options: NatsServerOptions = { jetstream: true }): Promise<Harness> {
  const server = await serverForTest(options);
  const caller = await callerForTest(server);
  const manager = await caller.jetstreamManager();
  await manager.streams.add({ name: STREAM, subjects: ['r.>', 'x.>'] });
  return {
    ...{ server, caller, manager },
    store: async (from, to, subject = 'r.a') => {
      for (let number = from; number <= to; number++) {
        const text = String(number);
        // The server may be away; the id makes it safe to try again.
        await until(() =>
          caller
            .jetstream()
            .publish(subject, text, { msgID: `${subject} ${text}`, timeout: 1000 })
            .then(
              () => true,
              () => false,
            ),
        );
      }
    },
    pending: async () => (await manager.consumers.info(STREAM, 'out')).num_ack_pending,
  };
}

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String(from + at));

/** What was wrong, but for the silence of a server that has too little of a busy machine. */
const complaints = (log: TestLog): string[] =>
  log.messages().filter((message) => !message.includes(' does not respond. Either the NATS server hangs'));

/** The first time that each was seen, in that order. */
const firsts = (texts: string[]): string[] => [...new Set(texts)];

describe('a consumer of readings', () => {
  it('hands on what fits the filter, in order, with no more than the window unconfirmed', async () => {
    const { server, store, pending } = await harnessForTest();
    await store(1, 3, 'x.a');
    await store(1, 20);
    const reader = readerOn(busForTest(server));
    await until(() => reader.messages.length === 8);
    expect(await pending()).toBe(8);
    expect(reader.messages[0]?.subject).toBe('r.a');
    for (let at = 0; at < 20; at++) {
      await until(() => reader.messages.length > at);
      reader.messages[at]?.confirm();
    }
    expect(reader.texts()).toEqual(numbers(1, 20));
    await store(21, 21);
    await until(() => reader.messages.length === 21);
    expect(complaints(reader.log)).toEqual([]);
  });

  it('begins with new messages if configured, and continues at its position', async () => {
    const { server, store, pending } = await harnessForTest();
    await store(1, 3);
    const bus = busForTest(server);
    const first = readerOn(bus, { from: 'new' });
    await until(() => bus.state === 'connected');
    for (let tries = 0; (await pending().catch(() => undefined)) === undefined; tries++)
      expect(tries).toBeLessThan(200);
    await store(4, 5);
    await until(() => first.messages.length === 2);
    first.confirm();
    await first.consumer.stop();
    await store(6, 7);
    const second = readerOn(bus, { from: 'new' });
    await until(() => second.messages.length === 2);
    expect([...first.texts(), ...second.texts()]).toEqual(numbers(4, 7));
  });

  it('gives back what it had not confirmed; the next one gets that before what is newer', async () => {
    const { server, store } = await harnessForTest();
    await store(1, 6);
    const bus = busForTest(server);
    const first = readerOn(bus, { ackWaitMs: 3_600_000 });
    await until(() => first.messages.length === 6);
    first.confirm(2);
    await first.consumer.stop();
    await store(7, 9);
    const second = readerOn(bus, { ackWaitMs: 3_600_000 });
    await until(() => second.messages.length === 7);
    expect(second.texts()).toEqual(numbers(3, 9));
  });

  it('gets what a killed one had taken, before what is newer', async () => {
    const { server, store } = await harnessForTest();
    await store(1, 4);
    const killed = busForTest(server);
    const first = readerOn(killed, { inFlight: 8 });
    await until(() => first.messages.length === 4);
    first.confirm(1);
    await flushed(killed);
    await killed.close(0);
    await store(5, 10);
    const second = readerOn(busForTest(server));
    await until(() => second.messages.length >= 8);
    second.confirm();
    await until(() => second.messages.length >= 9);
    expect(second.texts()).toEqual(numbers(2, 10));
    expect(complaints(second.log)).toEqual([]);
  });

  it('waits for what the server delivered to another reader, before it hands on what is newer', async () => {
    const { server, store, caller, pending } = await harnessForTest();
    const reader = readerOn(busForTest(server));
    await until(() =>
      pending().then(
        () => true,
        () => false,
      ),
    );
    const confirming = setInterval(() => {
      reader.confirm();
    }, 5);
    onTestFinished(() => {
      clearInterval(confirming);
    });
    // Somebody else takes some, and never says a word of them.
    let taken = 0;
    caller.subscribe('thief', { callback: () => taken++ });
    caller.publish(`$JS.API.CONSUMER.MSG.NEXT.${STREAM}.out`, JSON.stringify({ batch: 3 }), { reply: 'thief' });
    await store(1, 60);
    await until(() => reader.messages.length >= 60);
    expect(taken).toBe(3);
    expect(reader.texts()).toEqual(numbers(1, 60));
    expect(complaints(reader.log)).toEqual([]);
  });

  it('does not let the server give out again what waits long for its confirmation', async () => {
    const { server, store, manager, pending } = await harnessForTest();
    await store(1, 3);
    const reader = readerOn(busForTest(server), { ackWaitMs: 1000 });
    await until(() => reader.messages.length === 3);
    const began = performance.now();
    await until(() => performance.now() - began > 3500);
    expect((await manager.consumers.info(STREAM, 'out')).delivered.consumer_seq).toBe(3);
    reader.confirm();
    await until(async () => (await pending()) === 0);
  });

  it('loses nothing and keeps the order while the server is stopped, killed and started again', async () => {
    const { server, store } = await harnessForTest();
    const bus = busForTest(server);
    const reader = readerOn(bus);
    const confirming = setInterval(() => {
      reader.confirm();
    }, 5);
    onTestFinished(() => {
      clearInterval(confirming);
    });
    for (const [round, signal] of (['SIGTERM', 'SIGKILL', 'SIGTERM'] as const).entries()) {
      await store(round * 50 + 1, round * 50 + 50);
      await until(() => reader.messages.length > round * 50 + 5);
      await server.halt(signal);
      await until(() => bus.state === 'connecting');
      await server.restart();
    }
    await until(() => firsts(reader.texts()).length >= 150);
    expect(firsts(reader.texts())).toEqual(numbers(1, 150));
  });

  it('loses nothing and keeps the order while the network is cut and half open', async () => {
    const { server, store } = await harnessForTest();
    const proxy = await proxyForTest(server);
    const bus = busForTest({ port: proxy.port }, { pingIntervalMs: 100 });
    const reader = readerOn(bus);
    const confirming = setInterval(() => {
      reader.confirm();
    }, 5);
    onTestFinished(() => {
      clearInterval(confirming);
    });
    for (let round = 0; round < 4; round++) {
      const storing = store(round * 100 + 1, round * 100 + 100);
      await until(() => reader.messages.length > round * 100 + 20);
      if (round % 2 === 0) proxy.cut();
      else {
        proxy.pause();
        await until(() => bus.state === 'connecting');
        proxy.cut();
        proxy.resume();
      }
      await storing;
    }
    await until(() => firsts(reader.texts()).length >= 400);
    expect(firsts(reader.texts())).toEqual(numbers(1, 400));
  });

  it('goes on where it was when its consumer is deleted', async () => {
    const { server, store, manager, pending } = await harnessForTest();
    await store(1, 4);
    const reader = readerOn(busForTest(server), { from: 'new' });
    await until(() =>
      pending().then(
        () => true,
        () => false,
      ),
    );
    await store(5, 8);
    await until(() => reader.messages.length === 4);
    reader.confirm(2);
    await manager.consumers.delete(STREAM, 'out');
    await store(9, 10);
    await until(() => reader.messages.length >= 6);
    expect(reader.texts()).toEqual(numbers(5, 10));
    reader.confirm();
    await until(async () => {
      const { num_ack_pending: given, num_pending: left } = await manager.consumers.info(STREAM, 'out');
      return given === 0 && left === 0;
    });
  });

  it.each(['new', 'all'] as const)(
    'does not read again what it had passed when its consumer (from %s) is deleted before anything came',
    async (from) => {
      const { server, store, manager, pending } = await harnessForTest();
      const bus = busForTest(server);
      const exists = (): Promise<boolean> =>
        pending().then(
          () => true,
          () => false,
        );
      await store(1, 4);
      if (from === 'all') {
        const first = readerOn(bus, { from });
        await until(() => first.messages.length === 4);
        first.confirm();
        await first.consumer.stop();
      }
      const reader = readerOn(bus, { from });
      await until(exists);
      await until(async () => (await manager.consumers.info(STREAM, 'out')).num_waiting > 0);
      await manager.consumers.delete(STREAM, 'out');
      await until(exists);
      await store(5, 6);
      await until(() => reader.messages.length >= 2);
      expect(reader.texts()).toEqual(numbers(5, 6));
    },
  );

  it('stops within its time while the server is frozen', async () => {
    const { server, store } = await harnessForTest();
    const proxy = await proxyForTest(server);
    const bus = busForTest({ port: proxy.port }, { pingIntervalMs: 3_600_000 });
    await store(1, 2);
    const reader = readerOn(bus);
    await until(() => reader.messages.length === 2);
    proxy.pause();
    // The connection is not found to be dead, so that nothing but the bound can end the wait.
    await reader.consumer.stop(50);
    expect(bus.state).toBe('connected');
  });

  it('reads a stream that was created again from its beginning', async () => {
    const { server, store, manager } = await harnessForTest();
    await store(1, 3);
    const reader = readerOn(busForTest(server));
    await until(() => reader.messages.length === 3);
    await manager.streams.delete(STREAM);
    await manager.streams.add({ name: STREAM, subjects: ['r.>'] });
    await store(101, 103);
    await until(() => reader.messages.length === 6);
    reader.confirm(3);
    expect(reader.texts()).toEqual([...numbers(1, 3), ...numbers(101, 103)]);
    // The three of before do not count as those of now.
    expect((await manager.consumers.info(STREAM, 'out')).num_ack_pending).toBe(3);
  });

  it('takes nothing for known that a stream holds which was put back to an earlier state', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'jetstream-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const [now, earlier] = [join(folder, 'now'), join(folder, 'earlier')];
    const harness = await harnessForTest({ extraConfig: `jetstream { store_dir: "${now}" }` });
    const { server, store, pending } = harness;
    const reader = readerOn(busForTest(server));
    const readsUpTo = async (number: number): Promise<void> => {
      await until(() => reader.messages.length >= number);
      reader.confirm();
      await until(async () => (await pending()) === 0);
    };
    await store(1, 2);
    await readsUpTo(2);
    await server.halt();
    cpSync(now, earlier, { recursive: true });
    await server.restart();
    await store(3, 4);
    await readsUpTo(4);
    // A machine that lost its power has lost what was not on its disk; a backup is older still.
    await server.halt();
    rmSync(now, { recursive: true });
    cpSync(earlier, now, { recursive: true });
    await server.restart();
    await store(5, 6);
    await readsUpTo(6);
    expect(reader.texts()).toEqual(numbers(1, 6));
  });

  it('reports an error, and begins when it is corrected', async () => {
    const { server, manager, store } = await harnessForTest();
    await manager.streams.delete(STREAM);
    const bus = busForTest(server);
    const reader = readerOn(bus);
    await until(() => reader.consumer.problem?.includes('Stream "READINGS" does not exist') === true);
    await manager.streams.add({ name: STREAM, subjects: ['r.>', 'x.>'] });
    await store(1, 1);
    await until(() => reader.messages.length === 1);
    expect(reader.consumer.problem).toBeUndefined();

    await manager.consumers.add(STREAM, {
      durable_name: 'other',
      filter_subject: 'x.>',
      ack_policy: AckPolicy.Explicit,
    });
    const wrong = readerOn(bus, { durable: 'other' });
    await until(() => wrong.consumer.problem?.includes('reads x.> and not r.>') === true);
    expect(complaints(wrong.log)).toHaveLength(1);
  });

  it.each([
    ['to ask for messages', '$JS.API.CONSUMER.MSG.NEXT.>', /no right to \$JS\.API\.CONSUMER\.MSG\.NEXT\.READINGS\.out/],
    ['to acknowledge', '$JS.ACK.>', /may not acknowledge .* right to \$JS\.ACK\.READINGS\.>/],
  ])('reports that the right %s was taken away, and continues when it is given back', async (_what, denied, told) => {
    const { server, store } = await harnessForTest();
    const reader = readerOn(busForTest(server));
    const confirming = setInterval(() => {
      reader.confirm();
    }, 5);
    onTestFinished(() => {
      clearInterval(confirming);
    });
    await store(1, 20);
    await until(() => reader.messages.length === 20);
    await server.reload({ users: [callerKey, { ...driverKey, permissions: { publish: { deny: [denied] } } }] });
    await store(21, 60);
    await until(() => told.test(reader.consumer.problem ?? ''));
    await server.reload({ users: [callerKey, driverKey] });
    await until(() => firsts(reader.texts()).length === 60);
    await until(() => reader.consumer.problem === undefined);
    expect(firsts(reader.texts())).toEqual(numbers(1, 60));
    // Not once for each attempt.
    expect(reader.log.messages().filter((message) => told.test(message))).toHaveLength(1);
  });

  it('finds out that its consumer was changed while nothing came', async () => {
    const { server, store, manager, pending } = await harnessForTest();
    const reader = readerOn(busForTest(server));
    await store(1, 1);
    await until(() => reader.messages.length === 1);
    reader.confirm();
    await until(async () => (await pending()) === 0);
    await manager.consumers.update(STREAM, 'out', { max_deliver: 3 });
    await until(async () => (await manager.consumers.info(STREAM, 'out')).config.max_deliver === -1);
    // The server knows it before the reader hears of it.
    await until(() => complaints(reader.log).length > 0);
    expect(complaints(reader.log)).toEqual([expect.stringMatching(/are corrected: it has max_deliver 3/)]);
  });

  it('takes no message without its content, though its consumer was changed to give only that', async () => {
    const { server, store, manager } = await harnessForTest();
    const reader = readerOn(busForTest(server));
    await store(1, 1);
    await until(() => reader.messages.length === 1);
    reader.confirm();
    await manager.consumers.update(STREAM, 'out', { headers_only: true });
    await store(2, 4);
    await until(() => reader.messages.length >= 4);
    expect(reader.texts()).toEqual(numbers(1, 4));
  });

  it('adapts window and wait of a consumer that exists', async () => {
    const { server, manager, store } = await harnessForTest();
    const bus = busForTest(server);
    const first = readerOn(bus);
    await store(1, 1);
    await until(() => first.messages.length === 1);
    first.confirm();
    await first.consumer.stop();
    const second = readerOn(bus, { inFlight: 3, ackWaitMs: 7000 });
    await store(2, 2);
    await until(() => second.messages.length === 1);
    const { config } = await manager.consumers.info(STREAM, 'out');
    expect(config).toMatchObject({ max_ack_pending: 3, ack_wait: 7e9 });
    expect(second.texts()).toEqual(['2']);
  });

  it('is not disturbed by a receiver that throws', async () => {
    const { server, store } = await harnessForTest();
    await store(1, 2);
    const seen: string[] = [];
    const reader = readerOn(busForTest(server), {
      onMessage: ({ body }) => {
        seen.push(Buffer.from(body).toString());
        throw new Error('broken');
      },
    });
    await until(() => seen.length === 2);
    expect(reader.log.messages('error')).toHaveLength(2);
  });
});

it('reads the numbers of a message in the forms of old and of later servers', () => {
  const out = { stream: 'READINGS', durable: 'out' };
  expect(parseAckSubject('$JS.ACK.READINGS.out.1.17.5.1795650781377209516.0', out)).toEqual({
    seq: 17,
    consumerSeq: 5,
    deliveries: 1,
    stored: '1795650781377209516',
  });
  const later = '$JS.ACK._.d41d8cd9.READINGS.out.2.17.5.1795650781377209516.0.x7Qp';
  expect(parseAckSubject(later, out)).toEqual({
    seq: 17,
    consumerSeq: 5,
    deliveries: 2,
    stored: '1795650781377209516',
  });
  const foreign = [
    '$JS.ACK.READINGS.in.1.17.5.1795650781377209516.0',
    '$JS.ACK.OTHER.out.1.17.5.1795650781377209516.0',
  ];
  for (const other of ['', '_INBOX.a', '$JS.ACK.READINGS.out.1.x.5.1.0', '$JS.ACK', ...foreign]) {
    expect(parseAckSubject(other, out)).toBeUndefined();
  }
});
