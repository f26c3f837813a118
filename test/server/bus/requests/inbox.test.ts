/** Replies to the driver itself: that nobody receives an answer, and what other replicas say. */
import { describe, expect, it } from 'vitest';
import type { AnswerSink } from '../../../../src/contract/answer.ts';
import type { BusConnection } from '../../../../src/bus/connection/connection.ts';
import { ReplicaQueries } from '../../../../src/bus/requests/replicas.ts';
import { Inbox } from '../../../../src/bus/requests/inbox.ts';
import {
  busForTest,
  callerForTest,
  callerKey,
  collector,
  driverKey,
  flushed,
  gate,
  itemsOf,
  meta,
  requestSubject,
  serveForTest,
  serverForTest,
  type TestLog,
  until,
} from '../support.ts';
import { eventually } from '../../../support/eventually.ts';

const CONTROL = `${requestSubject}.control`;

/** A driver that sends the messages of one long answer when the test wants it. */
async function longAnswer(max?: number) {
  const server = await serverForTest(max === undefined ? {} : { maxPayload: max });
  const bus = busForTest(server);
  const replies = new Inbox(bus, CONTROL, bus.log);
  const opened = Promise.withResolvers<AnswerSink>();
  const { opened: over, open: end } = gate();
  serveForTest(
    bus,
    async (request) => {
      const sink = request.answer({ id: '1', function: 'eventpipepoll' });
      opened.resolve(sink);
      await over;
      await sink.end({ status: 'ok', meta });
    },
    { replies },
  );
  await bus.connected();
  await flushed(bus);
  return { server, bus, sink: opened.promise, end };
}

describe('a long answer', () => {
  it('is sent part by part, with the other members of its messages', async () => {
    const { server, sink, end } = await longAnswer();
    const caller = await callerForTest(server);
    const { all } = collector(caller, 'answers');
    caller.publish(requestSubject, '{}', { reply: 'answers' });
    const answer = await sink;
    await answer.flush({});
    await answer.item({ index: 0 });
    await answer.item({ index: 1 });
    await answer.flush({ meta: { ...meta, cursor: 'c1' } });
    await answer.item({ index: 2 });
    end();
    const messages = (await all).map(({ message }) => message);
    expect(messages.map(({ seq, last, items }) => [seq, last, items.length])).toEqual([
      [0, false, 0],
      [1, false, 2],
      [2, true, 1],
    ]);
    expect(messages.map((message) => message.meta?.cursor)).toEqual([undefined, 'c1', undefined]);
  });

  it('cuts what does not fit a message with its meta, and leaves out a meta that fits none', async () => {
    const { server, sink, end } = await longAnswer(8192);
    const caller = await callerForTest(server);
    const { all } = collector(caller, 'answers');
    caller.publish(requestSubject, '{}', { reply: 'answers' });
    const answer = await sink;
    for (let n = 0; n < 7; n++) await answer.item({ index: n, text: 'x'.repeat(1000) });
    await answer.flush({ meta: { ...meta, cursor: 'c'.repeat(2000) } });
    await answer.item({ index: 7 });
    await answer.flush({ meta: { ...meta, cursor: 'c'.repeat(9000) } });
    end();
    const received = await all;
    expect(itemsOf(received)).toHaveLength(8);
    expect(received.map(({ message }) => message.meta?.cursor?.length)).toEqual([
      undefined,
      2000,
      undefined,
      undefined,
    ]);
    for (const { bytes } of received) expect(bytes).toBeLessThanOrEqual(8192);
  });

  it('is reported each time as without receiver, and not while there is one', async () => {
    const { server, bus, sink, end } = await longAnswer();
    const caller = await callerForTest(server);
    const subscription = caller.subscribe('answers', { callback: () => undefined });
    caller.publish(requestSubject, '{}', { reply: 'answers' });
    const answer = await sink;
    let nobody = 0;
    answer.watch({ sent: () => undefined, noReceiver: () => nobody++ });
    const flush = async () => {
      await answer.flush({});
      // The server has answered what came before its pong.
      await flushed(bus);
    };
    await flush();
    expect(nobody).toBe(0);
    subscription.unsubscribe();
    await caller.flush();
    await flush();
    await flush();
    expect(nobody).toBe(2);
    end();
  });

  it('does not end with a listener that fails, nor with a reply that is late', async () => {
    const bus = busForTest(await serverForTest());
    const replies = new Inbox(bus, CONTROL, bus.log);
    await bus.connected();
    const heard: string[] = [];
    const reply = replies.open((message) => {
      heard.push(message.string());
      throw new Error('a listener that fails');
    });
    for (const subject of [reply.subject, `${replies.prefix}.unknown`]) bus.nats?.publish(subject, 'one');
    await flushed(bus);
    reply.close();
    bus.nats?.publish(reply.subject, 'two');
    await flushed(bus);
    expect(heard).toEqual(['one']);
    expect(bus.log.messages('error')).toEqual(['A reply could not be processed']);
  });
});

describe('replicas', () => {
  function replica(bus: BusConnection & { log: TestLog }, answer: (question: unknown) => boolean): ReplicaQueries {
    const peers = new ReplicaQueries(bus, {
      subject: CONTROL,
      replies: new Inbox(bus, CONTROL, bus.log),
      logger: bus.log,
    });
    peers.serve(answer);
    return peers;
  }

  it('hear the questions of each other, not their own, and one yes is enough', async () => {
    const server = await serverForTest();
    const buses = [busForTest(server), busForTest(server), busForTest(server)];
    const heard: number[] = [];
    const [first, second] = buses.map((bus, n) =>
      replica(bus, (question) => {
        heard.push(n);
        return (question as { yes: number }).yes === n;
      }),
    );
    await Promise.all(buses.map((bus) => bus.connected()));
    for (const bus of buses) await flushed(bus);
    expect(await first?.query({ yes: 2 }, 60_000)).toBe(true);
    expect(await first?.query({ yes: 0 }, 50)).toBe(false);
    expect(await second?.query({ yes: 0 }, 60_000)).toBe(true);
    expect(heard.filter((n) => n === 0)).toHaveLength(1);
  });

  it('describe themselves to each other, and to nobody else', async () => {
    const server = await serverForTest();
    const buses = [busForTest(server), busForTest(server), busForTest(server)];
    const [first, second] = buses.map((bus, n) => {
      const one = replica(bus, () => true);
      // The third one does not describe itself yet.
      if (n < 2) one.serveDescription(() => ({ n }));
      return one;
    });
    expect(await first?.descriptions(60_000)).toBeUndefined();
    await Promise.all(buses.map((bus) => bus.connected()));
    for (const bus of buses) await flushed(bus);
    await eventually(async () => {
      expect(await first?.descriptions(50)).toEqual([{ n: 1 }]);
      expect(await second?.descriptions(50)).toEqual([{ n: 0 }]);
    });
    const caller = await callerForTest(server);
    const answers = caller.subscribe('answers');
    caller.publish(CONTROL, '{"describe":true}', { reply: 'answers' });
    await caller.flush();
    for (const bus of buses) await flushed(bus);
    await caller.flush();
    expect(answers.getReceived()).toBe(0);
  });

  it('survive what is no question, and have no answer without a bus', async () => {
    const server = await serverForTest();
    const bus = busForTest(server);
    const peers = replica(bus, () => true);
    expect(await peers.query({}, 60_000)).toBe(false);
    await bus.connected();
    const caller = await callerForTest(server);
    const reply = `${CONTROL}.${'0123456789abcdef'.repeat(2)}.1`;
    const answers = caller.subscribe(reply, { max: 1 });
    caller.publish(CONTROL, 'no json', { reply });
    caller.publish(CONTROL, '{}', { reply });
    for await (const answer of answers) expect(answer.string()).toBe('yes');
    // Nobody else is a replica, and a line for each could fill the log.
    expect(bus.log.messages()).toEqual([]);
  });

  it('hear each other again, without a new connection, when a right that was taken away is given back', async () => {
    const subjects = [CONTROL, `${CONTROL}.>`];
    const users = (deny: string[]) => [{ ...driverKey, permissions: { subscribe: { deny } } }, callerKey];
    const server = await serverForTest({ users: users(subjects) });
    const buses = [busForTest(server), busForTest(server)];
    const peers = buses.map((bus) => {
      const replies = new Inbox(bus, CONTROL, bus.log, 20);
      const one = new ReplicaQueries(bus, { subject: CONTROL, replies, logger: bus.log, resubscribeMs: 20 });
      one.serve(() => true);
      return one;
    });
    await Promise.all(buses.map((bus) => bus.connected()));
    await until(() => buses.every((bus) => bus.log.text().includes('cannot receive queries of other replicas')));
    // The right to hear questions and the right to hear answers come back one after the other.
    await server.reload({ users: users([`${CONTROL}.>`]) });
    await server.reload({ users: users(['other']) });
    await eventually(async () => {
      expect(await peers[0]?.query({}, 1000)).toBe(true);
    });
  });

  it('do without each other, and without knowing who is gone, where the user has no right to the subjects', async () => {
    const permissions = { subscribe: { deny: [CONTROL, `${CONTROL}.>`] } };
    const server = await serverForTest({ users: [{ ...driverKey, permissions }, callerKey] });
    const bus = busForTest(server);
    const replies = new Inbox(bus, CONTROL, bus.log);
    const peers = new ReplicaQueries(bus, { subject: CONTROL, replies, logger: bus.log });
    serveForTest(
      bus,
      async (request) => {
        const sink = request.answer({ id: '1', function: 'eventpipepoll' });
        sink.watch({ sent: () => undefined, noReceiver: () => expect.fail('there is a receiver') });
        await sink.flush({});
        await flushed(bus);
        await sink.end({ status: 'ok', meta });
      },
      { replies },
    );
    await bus.connected();
    await flushed(bus);
    const caller = await callerForTest(server);
    const { all } = collector(caller, 'answers');
    caller.publish(requestSubject, '{}', { reply: 'answers' });
    expect(await all).toHaveLength(2);
    expect(await peers.query({}, 50)).toBe(false);
    expect(bus.log.messages().join()).toContain('Give the user this permission');
  });
});
