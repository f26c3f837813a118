/** Answers in the making while the connection breaks, freezes or changes, and the bounds of memory meanwhile. */
import { describe, expect, test } from 'vitest';
import type { IncomingRequest } from '../../../../src/contract/answer.ts';
import { DriverError } from '../../../../src/contract/errors.ts';
import { SendBuffer } from '../../../../src/bus/requests/send-buffer.ts';
import {
  ask,
  busForTest,
  callerForTest,
  collector,
  flushed,
  gate,
  itemsOf,
  meta,
  proxyForTest,
  requestSubject,
  serveForTest,
  serverForTest,
  until,
} from '../support.ts';

type Harness = Awaited<ReturnType<typeof brokenConnection>>;

/** A driver behind a proxy; the caller is connected directly, so that only the driver's connection breaks. */
async function brokenConnection(
  handler: (request: IncomingRequest, answer: ReturnType<IncomingRequest['answer']>, id: string) => Promise<void>,
  options: Parameters<typeof serveForTest>[2] = {},
) {
  const server = await serverForTest();
  const proxy = await proxyForTest(server);
  const driver = busForTest(proxy);
  const endpoint = serveForTest(
    driver,
    async (request) => {
      const { id } = JSON.parse(Buffer.from(request.data).toString('utf8')) as { id: string };
      await handler(request, request.answer({ id, function: 'discrete' }), id);
    },
    { chunkBytes: 100_000, ...options },
  );
  await driver.connected();
  await flushed(driver);
  const caller = await callerForTest(server);
  return { server, proxy, bus: driver, endpoint, caller };
}

/** Lets the driver connect again, and waits until it has. */
async function mend({ proxy, bus }: Pick<Harness, 'proxy' | 'bus'>): Promise<void> {
  proxy.resume();
  await proxy.accept();
  await bus.connected();
}

const row = (i: number): object => ({ i, filler: 'x'.repeat(9000) });

describe('a connection that breaks during an answer', () => {
  test('what is written meanwhile waits for the next one, and the answer is complete', async () => {
    const half = gate();
    const broken = gate();
    const harness = await brokenConnection(async (_request, answer) => {
      for (let i = 0; i < 50; i++) await answer.item(row(i));
      half.open();
      await broken.opened;
      for (let i = 50; i < 100; i++) await answer.item(row(i));
      await answer.end({ status: 'ok', meta });
    });
    const { bus, endpoint, proxy, caller } = harness;
    const answer = ask(caller, { id: 'a' });
    await half.opened;
    await proxy.refuse();
    proxy.cut();
    await until(() => bus.state === 'connecting');
    broken.open();
    await until(() => endpoint.sending.waiting === 1);
    await mend(harness);
    const received = await answer;
    expect(itemsOf(received)).toEqual(Array.from({ length: 100 }, (_one, i) => row(i)));
    expect(received.at(-1)?.message.status).toBe('ok');
  });

  test('what was sent and never arrived is sent again', async () => {
    const written = gate();
    const harness = await brokenConnection(async (_request, answer, id) => {
      for (let i = 0; i < 100; i++) await answer.item(row(i));
      await answer.end({ status: 'ok', meta });
      if (id === 'lost') written.open();
    });
    const { bus, endpoint, proxy, caller } = harness;
    const { all } = collector(caller, 'lost.answers');
    // The request gets through, and then nothing does any more: the answer vanishes into sockets.
    const handled = until(() => harness.endpoint.numbers().requests === 1);
    caller.publish(requestSubject, JSON.stringify({ id: 'lost' }), { reply: 'lost.answers' });
    await handled;
    proxy.pause();
    await written.opened;
    expect(endpoint.sending.waiting).toBe(0);
    await proxy.refuse();
    proxy.cut();
    await until(() => bus.state === 'connecting');
    await mend(harness);
    expect(itemsOf(await all)).toEqual(Array.from({ length: 100 }, (_one, i) => row(i)));
  });

  test('again and again: each answer is complete all the same', async () => {
    const harness = await brokenConnection(async (_request, answer) => {
      for (let i = 0; i < 400; i++) await answer.item(row(i));
      await answer.end({ status: 'ok', meta });
    });
    const { bus, proxy, caller } = harness;
    for (let round = 0; round < 4; round++) {
      const { all } = collector(caller, `round.${round}`);
      const requests = harness.endpoint.numbers().requests;
      caller.publish(requestSubject, JSON.stringify({ id: `${round}` }), { reply: `round.${round}` });
      await until(() => harness.endpoint.numbers().requests > requests);
      const former = bus.nats;
      proxy.cut();
      expect(itemsOf(await all)).toEqual(Array.from({ length: 400 }, (_one, i) => row(i)));
      await until(() => bus.nats !== undefined && bus.nats !== former);
      await flushed(bus);
    }
  });

  test('a message that waits too long fails: the handler gets an error, and the log a line', async () => {
    const broken = gate();
    let failure: unknown;
    const harness = await brokenConnection(
      async (_request, answer) => {
        await broken.opened;
        try {
          for (let i = 0; i < 50; i++) await answer.item(row(i));
        } catch (error) {
          failure = error;
        }
        await answer.end({ status: 'ok', meta });
      },
      { sendTimeoutMs: 50 },
    );
    const { bus, proxy, caller, endpoint } = harness;
    caller.publish(requestSubject, JSON.stringify({ id: 'a' }), { reply: 'nobody' });
    await until(() => endpoint.running === 1);
    await proxy.refuse();
    proxy.cut();
    await until(() => bus.state === 'connecting');
    broken.open();
    await until(() => endpoint.numbers().error === 1);
    expect(failure).toBeInstanceOf(DriverError);
    expect(failure).toMatchObject({ code: 'timeout' });
    expect(bus.log.messages('error').join()).toContain('no connection to the bus');
    expect(endpoint.sending.waiting).toBe(0);
  });

  test('an answer with a hole ends as an error once the bus is back', async () => {
    const broken = gate();
    const gaveUp = gate();
    const mended = gate();
    const harness = await brokenConnection(
      async (_request, answer) => {
        await broken.opened;
        try {
          for (let i = 0; i < 50; i++) await answer.item(row(i));
        } catch {
          gaveUp.open();
        }
        await mended.opened;
        await answer.end({ status: 'ok', meta });
      },
      { sendTimeoutMs: 50 },
    );
    const { bus, proxy, caller } = harness;
    const answer = ask(caller, { id: 'a' });
    await until(() => harness.endpoint.running === 1);
    await proxy.refuse();
    proxy.cut();
    await until(() => bus.state === 'connecting');
    broken.open();
    await gaveUp.opened;
    await mend(harness);
    mended.open();
    expect((await answer).at(-1)?.message).toMatchObject({
      seq: 0,
      last: true,
      status: 'error',
      error: { code: 'timeout' },
    });
  });

  test('closing the bus ends who waits', async () => {
    const harness = await brokenConnection(async () => undefined);
    const sendBuffer = new SendBuffer(harness.bus, { logger: harness.bus.log });
    const via = await callerForTest(harness.server);
    await harness.proxy.refuse();
    harness.proxy.cut();
    await until(() => harness.bus.state === 'connecting');
    const message = { subject: 'x', data: Buffer.from('x'), size: 1, via };
    const waiting = sendBuffer.send(message);
    await Promise.all([expect(waiting).rejects.toThrow(/closed before/), harness.bus.close()]);
    await expect(sendBuffer.send(message)).rejects.toThrow(/has been closed/);
  });
});

describe('a max_payload that changes with the connection', () => {
  test('waiting messages are cut again; what was sent and does not fit any more is replaced by a note', async () => {
    const broken = gate();
    const harness = await brokenConnection(async (_request, answer, id) => {
      if (id === 'waiting') await broken.opened;
      for (let i = 0; i < 30; i++) await answer.item({ i, filler: 'x'.repeat(id === 'waiting' ? 3000 : 9000) });
      await answer.end({ status: 'ok', meta });
    });
    const { server, bus, proxy, caller, endpoint } = harness;
    const small = await serverForTest({ maxPayload: 5000 });
    const other = await callerForTest(small);
    const waiting = collector(other, 'waiting.answers');
    const sent = collector(other, 'sent.answers');
    await other.flush();
    caller.publish(requestSubject, JSON.stringify({ id: 'waiting' }), { reply: 'waiting.answers' });
    caller.publish(requestSubject, JSON.stringify({ id: 'sent' }), { reply: 'sent.answers' });
    await until(() => endpoint.numbers().requests === 2);
    // Nothing more reaches the first server; the second answer is on its way for ever.
    proxy.pause();
    await until(() => endpoint.numbers().ok === 1);
    await proxy.refuse();
    proxy.cut();
    await until(() => bus.state === 'connecting');
    broken.open();
    await until(() => endpoint.sending.waiting === 1);
    proxy.lead(small.port);
    await mend(harness);
    expect(bus.server?.maxPayload).toBe(5000);

    const whole = await waiting.all;
    expect(itemsOf(whole)).toHaveLength(30);
    expect(whole.at(-1)?.message.status).toBe('ok');
    const noted = await sent.all;
    expect([...whole, ...noted].every(({ bytes }) => bytes <= 5000)).toBe(true);
    expect(itemsOf(noted).every((item) => (item as { error?: { code: string } }).error?.code === 'tooLarge')).toBe(
      true,
    );
    expect(noted.at(-1)?.message).toMatchObject({
      last: true,
      status: 'error',
      error: { code: 'tooLarge', retryable: true },
    });
    expect(bus.log.messages('error').join()).toContain('accepts only smaller messages');
    expect(server.log()).not.toContain('Maximum Payload');
  });

  test('a series that is being sent is cut anew, and none of its samples is missing', async () => {
    const broken = gate();
    const times = Array.from({ length: 3000 }, (_one, i) => `2026-01-01T00:00:00.${String(i).padStart(9, '0')}Z`);
    const values = times.map((_time, i) => `${i} ${'x'.repeat(100)}`);
    const { bus, proxy, caller, endpoint } = await brokenConnection(async (_request, answer) => {
      await broken.opened;
      await answer.item({ index: 0, fqn: 'seeq:plant-a/signal/1', times, values });
      await answer.end({ status: 'ok', meta });
    });
    const small = await serverForTest({ maxPayload: 5000 });
    const other = await callerForTest(small);
    const { all } = collector(other, 'answers');
    await other.flush();
    caller.publish(requestSubject, JSON.stringify({ id: 'a' }), { reply: 'answers' });
    await until(() => endpoint.running === 1);
    await proxy.refuse();
    proxy.cut();
    await until(() => bus.state === 'connecting');
    broken.open();
    await until(() => endpoint.sending.waiting === 1);
    proxy.lead(small.port);
    await mend({ proxy, bus });
    const received = await all;
    const parts = itemsOf(received) as { times: string[]; values: string[] }[];
    expect(parts.flatMap((part) => part.times)).toEqual(times);
    expect(parts.flatMap((part) => part.values)).toEqual(values);
    expect(received.at(-1)?.message.status).toBe('ok');
  });

  test('a server that shrinks it without telling ends the connection; the driver adapts', async () => {
    const { server, bus, caller } = await brokenConnection(async (_request, answer) => {
      for (let i = 0; i < 10; i++) await answer.item(row(i));
      await answer.end({ status: 'ok', meta });
    });
    expect(itemsOf(await ask(caller, { id: 'a' }))).toHaveLength(10);
    const former = bus.nats;
    await server.reload({ maxPayload: 20_000 });
    caller.publish(requestSubject, JSON.stringify({ id: 'b' }), { reply: 'nobody' });
    await until(() => bus.nats !== undefined && bus.nats !== former);
    expect(bus.server?.maxPayload).toBe(20_000);
    await flushed(bus);
    const fresh = await callerForTest(server);
    const received = await ask(fresh, { id: 'c' });
    expect(itemsOf(received)).toHaveLength(10);
    expect(received.length).toBeGreaterThan(4);
  });
});

describe('a receiver that is slower than the source', () => {
  const inFlightBytes = 1024 * 1024;

  test('holds the source back; memory stays flat, and small answers get through', async () => {
    let produced = 0;
    const total = 30_000;
    const harness = await brokenConnection(
      async (_request, answer, id) => {
        if (id === 'huge') {
          for (let i = 0; i < total; i++) {
            produced = i;
            await answer.item(row(i));
          }
        }
        await answer.end({ status: 'ok', meta });
      },
      { inFlightBytes },
    );
    const { proxy, caller, endpoint } = harness;
    let last = -1;
    let inOrder = true;
    const seen = gate();
    caller.subscribe('huge.answers', {
      callback: (_error, message) => {
        const body = message.json<{ items: { i: number }[]; last: boolean }>();
        for (const { i } of body.items) inOrder &&= i === ++last;
        if (body.last) seen.open();
      },
    });
    caller.publish(requestSubject, JSON.stringify({ id: 'huge' }), { reply: 'huge.answers' });
    await until(() => endpoint.numbers().requests === 1);
    proxy.pause();
    // 270 MB want to leave; the source stops when the bound is reached.
    await until(() => endpoint.sending.waiting === 1);
    const stoodAt = produced;
    const before = process.memoryUsage();
    expect(endpoint.sending.inFlightBytes).toBeLessThanOrEqual(inFlightBytes);
    const small = Array.from({ length: 20 }, () => ask(caller, { id: 'small' }));
    proxy.resume();
    let most = 0;
    let mostMemory = 0;
    const watch = setInterval(() => {
      most = Math.max(most, endpoint.sending.inFlightBytes);
      mostMemory = Math.max(mostMemory, process.memoryUsage().arrayBuffers - before.arrayBuffers);
    }, 20);
    await Promise.all(small);
    expect(last).toBeLessThan(total - 1);
    await seen.opened;
    clearInterval(watch);
    expect(inOrder).toBe(true);
    expect(last).toBe(total - 1);
    expect(stoodAt).toBeLessThan(1000);
    expect(most).toBeLessThanOrEqual(inFlightBytes * 1.25);
    // Receiver and proxy live in this process too; without bounds it would be 270 MB and more.
    expect(mostMemory).toBeLessThan(150 * 1024 * 1024);
  });

  test('one huge answer does not shut out another one', async () => {
    const finished: string[] = [];
    const harness = await brokenConnection(
      async (_request, answer, id) => {
        const count = id === 'huge' ? 10_000 : 100;
        for (let i = 0; i < count; i++) await answer.item(row(i));
        await answer.end({ status: 'ok', meta });
        finished.push(id);
      },
      { inFlightBytes },
    );
    const { caller, endpoint } = harness;
    caller.publish(requestSubject, JSON.stringify({ id: 'huge' }), { reply: 'huge.answers' });
    await until(() => endpoint.running === 1);
    const others = await Promise.all(Array.from({ length: 5 }, (_one, i) => ask(caller, { id: `other ${i}` })));
    expect(others.every((received) => itemsOf(received).length === 100)).toBe(true);
    await until(() => finished.length === 6);
    expect(finished.at(-1)).toBe('huge');
  });

  test('a message larger than the bound still leaves, alone', async () => {
    const { endpoint, caller } = await brokenConnection(
      async (_request, answer) => {
        for (let i = 0; i < 30; i++) await answer.item(row(i));
        await answer.end({ status: 'ok', meta });
      },
      { inFlightBytes: 1000 },
    );
    expect(itemsOf(await ask(caller, { id: 'a' }))).toHaveLength(30);
    await until(() => endpoint.sending.inFlightBytes === 0);
  });
});
