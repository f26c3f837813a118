/** Requests and their handlers: whatever a handler does, the reader lives on and each request gets its one answer. */
import { RequestStrategy } from 'nats';
import { describe, expect, test } from 'vitest';
import { parseRequest } from '../../../../src/contract/request.ts';
import type { IncomingRequest } from '../../../../src/contract/answer.ts';
import { DriverError } from '../../../../src/contract/errors.ts';
import { serveRequests } from '../../../../src/bus/requests/endpoint.ts';
import { replyRule } from '../../../../src/bus/subject.ts';
import { telemetryPublisher } from '../../../../src/bus/telemetry-publisher.ts';
import {
  ask,
  busForTest,
  callerForTest,
  collector,
  decode,
  flushed,
  gate,
  itemsOf,
  meta,
  requestSubject,
  serveForTest,
  serverForTest,
  TestLog,
  until,
  harnessForTest,
} from '../support.ts';

/** Answers each request with its own body. */
async function echo(request: IncomingRequest): Promise<void> {
  const answer = request.answer(envelopeOf(request));
  await answer.item({ data: Buffer.from(request.data).toString('utf8') });
  await answer.end({ status: 'ok', meta });
}

function envelopeOf(request: IncomingRequest): { id: string | number; function: string } {
  const parsed = parseRequest(request.data);
  const { id, function: name } = parsed.ok ? parsed.request : parsed;
  return { id: id ?? 'none', function: name };
}

describe('a handler that fails', () => {
  const failures: [string, (request: IncomingRequest) => Promise<void>][] = [
    [
      'throws at once',
      () => {
        throw new Error('secret text of an inner error');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('secret text of an inner error'))],
    [
      'throws something that is no error',
      () => {
        // eslint-disable-next-line @typescript-eslint/only-throw-error -- that it is none is the point
        throw 'secret text of an inner error';
      },
    ],
    ['ends without an answer', async () => undefined],
    [
      'opens an answer, sends half of it and gives up',
      async (request) => {
        await request.answer(envelopeOf(request)).item({ half: true });
        throw new Error('secret text of an inner error');
      },
    ],
  ];

  test.each(failures)('that %s: the caller gets an error, the next request is served', async (_name, fail) => {
    let failing = true;
    const { caller, endpoint, bus } = await harnessForTest((request) => (failing ? fail(request) : echo(request)));
    const [answer, ...more] = await ask(caller, { function: 'snapshot', id: 'a-1' });
    expect(more).toEqual([]);
    expect(answer?.message).toMatchObject({ id: 'a-1', function: 'snapshot', seq: 0, last: true, status: 'error' });
    expect(answer?.message.error).toMatchObject({ code: 'internal', retryable: false });
    expect(JSON.stringify(answer?.message)).not.toContain('secret text');
    failing = false;
    expect(itemsOf(await ask(caller, { function: 'version' }))).toHaveLength(1);
    expect(endpoint.numbers()).toMatchObject({ requests: 2, ok: 1, error: 1, faults: 1, running: 0 });
    expect(bus.log.messages('error')).toHaveLength(1);
  });

  test('with an error of the contract: the caller gets that error', async () => {
    const { caller } = await harnessForTest(async () =>
      Promise.reject(new DriverError('unknownHost', 'No such plant.')),
    );
    const [answer] = await ask(caller, { function: 'tagsearch' });
    expect(answer?.message.error).toEqual({ code: 'unknownHost', message: 'No such plant.', retryable: false });
    expect(answer?.raw.headers?.get('Nats-Service-Error-Code')).toBe('404');
  });

  test('by an end that is not JSON: the caller gets an error', async () => {
    const { caller } = await harnessForTest(async (request) => {
      const details = { big: 1n };
      const error = { code: 'badRequest' as const, message: 'x', retryable: false, details };
      await request.answer(envelopeOf(request)).end({ status: 'error', error, meta });
    });
    const [answer] = await ask(caller);
    expect(answer?.message).toMatchObject({ last: true, status: 'error', error: { code: 'internal' } });
  });

  test('a thousand failures leave the reader alive', async () => {
    let count = 0;
    const { caller, endpoint } = await harnessForTest((request) => {
      if (++count <= 1000) throw new Error('again');
      return echo(request);
    });
    for (let i = 0; i < 1000; i++) caller.publish(requestSubject, '{}');
    expect(itemsOf(await ask(caller))).toHaveLength(1);
    expect(endpoint.numbers()).toMatchObject({ requests: 1001, faults: 1000, unanswered: 1000 });
  });
});

describe('where answers go', () => {
  test('to the subject in the body rather than to the reply subject', async () => {
    const { caller } = await harnessForTest(async (request) => {
      expect(request.hasReply).toBe(true);
      const answer = request.answer({ ...envelopeOf(request), replyTo: 'collected.answers' });
      await answer.item({ here: true });
      await answer.end({ status: 'ok', meta });
    });
    let replies = 0;
    caller.subscribe('plain.reply', { callback: () => replies++ });
    const { all } = collector(caller, 'collected.answers');
    caller.publish(requestSubject, '{}', { reply: 'plain.reply' });
    expect(itemsOf(await all)).toEqual([{ here: true }]);
    await caller.flush();
    expect(replies).toBe(0);
  });

  test('a message without a reply subject reaches the handler; its answer goes nowhere', async () => {
    const seen: boolean[] = [];
    const { caller, endpoint } = await harnessForTest(async (request) => {
      seen.push(request.hasReply);
      await echo(request);
    });
    caller.publish(requestSubject, '{}');
    await until(() => endpoint.numbers().unanswered === 1);
    expect(seen).toEqual([false]);
    expect(endpoint.numbers()).toMatchObject({ requests: 1, faults: 0 });
  });

  test('a message without a reply subject may be dropped, which is no fault; any other request may not', async () => {
    const { caller, endpoint, bus } = await harnessForTest(() => Promise.resolve());
    caller.publish(requestSubject, '{}');
    await until(() => endpoint.numbers().unanswered === 1);
    expect(endpoint.numbers().faults).toBe(0);
    expect(bus.log.messages()).toEqual([]);
    const [answer] = await ask(caller);
    expect(answer?.message).toMatchObject({ last: true, status: 'error', error: { code: 'internal' } });
    await until(() => endpoint.numbers().faults === 1);
  });

  test('a subject with a line break in it is refused before it reaches the wire', async () => {
    const { caller, bus } = await harnessForTest(async (request) => {
      request.answer({ ...envelopeOf(request), replyTo: 'x 0\r\n\r\nPUB evil 4\r\nevil\r\nPUB y' });
    });
    let evil = 0;
    caller.subscribe('evil', { callback: () => evil++ });
    const [answer] = await ask(caller);
    expect(answer?.message.status).toBe('error');
    await flushed(bus);
    await caller.flush();
    expect(evil).toBe(0);
    expect(bus.state).toBe('connected');
  });

  test('subjects from the configuration are checked before anything is sent', async () => {
    const server = await serverForTest();
    const bus = busForTest(server);
    expect(() => serveForTest(bus, echo, { subject: 'a b' })).toThrow(/not allowed/);
    expect(() => serveForTest(bus, echo, { subject: 'a\r\nPUB x 0\r\n' })).toThrow(/not allowed/);
    expect(() => serveForTest(bus, echo, { queue: 'q.r' })).toThrow(/no dot/);
    expect(() => serveForTest(bus, echo, { name: 'two words' })).toThrow(/name/);
    expect(() => serveForTest(bus, echo, { version: 'new' })).toThrow(/semantic version/);
    expect(() => telemetryPublisher(bus, 'stats.>')).toThrow(/not allowed/);
  });

  test('a message that is empty or not text reaches the handler as it is', async () => {
    const { caller } = await harnessForTest(async (request) => {
      const answer = request.answer({ id: '1', function: 'x' });
      await answer.item({ bytes: [...request.data] });
      await answer.end({ status: 'ok', meta });
    });
    const empty = await caller.request(requestSubject, new Uint8Array());
    expect(decode(empty).message.items).toEqual([{ bytes: [] }]);
    const binary = await caller.request(requestSubject, Uint8Array.of(0xff, 0));
    expect(decode(binary).message.items).toEqual([{ bytes: [255, 0] }]);
  });
});

describe('stopping', () => {
  test('takes no new requests and waits for those it has', async () => {
    const { opened, open } = gate();
    const { caller, endpoint } = await harnessForTest(async (request) => {
      await opened;
      await echo(request);
    });
    const running = ask(caller, { function: 'version' });
    await until(() => endpoint.running === 1);
    const stopped = endpoint.stop(60_000);
    await expect(async () => {
      for (;;) await caller.request(requestSubject, '{}', { timeout: 200 });
    }).rejects.toThrow(/503|TIMEOUT/);
    open();
    expect(itemsOf(await running)).toHaveLength(1);
    // One more may have slipped in before the server knew; it is answered as well.
    expect(await stopped).toEqual({ unfinished: 0 });
    expect(endpoint.running).toBe(0);
  });

  test('does not wait longer than its deadline', async () => {
    const { caller, endpoint } = await harnessForTest(() => new Promise(() => undefined));
    caller.publish(requestSubject, '{}', { reply: 'nobody' });
    await until(() => endpoint.running === 1);
    expect(await endpoint.stop(10)).toEqual({ unfinished: 1 });
  });

  test('works without a connection', async () => {
    const { server, bus, endpoint } = await harnessForTest(echo);
    await server.halt();
    await until(() => bus.state === 'connecting');
    expect(await endpoint.stop(1000)).toEqual({ unfinished: 0 });
  });

  test('an answer given just before closing arrives', async () => {
    const { caller, endpoint, bus } = await harnessForTest(async (request) => {
      const answer = request.answer(envelopeOf(request));
      for (let i = 0; i < 200; i++) await answer.item({ i, filler: 'x'.repeat(20_000) });
      await answer.end({ status: 'ok', meta });
    });
    const answer = ask(caller);
    await until(() => endpoint.numbers().requests === 1);
    await endpoint.stop(60_000);
    await bus.close(60_000);
    expect(itemsOf(await answer)).toHaveLength(200);
  });
});

describe('replicas', () => {
  test('share the load, each request going to one of them', async () => {
    const server = await serverForTest();
    const endpoints = [1, 2].map(() => {
      const bus = busForTest(server);
      return { bus, endpoint: serveForTest(bus, echo) };
    });
    for (const { bus } of endpoints) {
      await bus.connected();
      await flushed(bus);
    }
    const caller = await callerForTest(server);
    await Promise.all(Array.from({ length: 200 }, () => ask(caller)));
    const counts = endpoints.map(({ endpoint }) => endpoint.numbers().requests);
    expect(counts.reduce((sum, count) => sum + count)).toBe(200);
    expect(Math.min(...counts)).toBeGreaterThan(20);
  });

  test('are found by service discovery, with honest numbers that outlive a connection', async () => {
    const { opened, open } = gate();
    const { server, caller, endpoint, bus } = await harnessForTest(
      async (request) => {
        const { function: name } = envelopeOf(request);
        if (name === 'slow') await opened;
        if (name === 'bad') throw new DriverError('badRequest', 'Not like this.');
        await echo(request);
      },
      { serve: { stats: () => ({ sources: 2 }) } },
    );
    const slow = ask(caller, { function: 'slow' });
    await until(() => endpoint.running === 1);
    await ask(caller, { function: 'bad' });
    open();
    await slow;

    const services = caller.services.client();
    const [ping] = await Array.fromAsync(await services.ping());
    expect(ping).toMatchObject({ name: 'iota-seeqdrv', version: '1.2.3', metadata: { type: 'seeq' } });
    const [info] = await Array.fromAsync(await services.info('iota-seeqdrv'));
    expect(info).toMatchObject({
      id: ping?.id,
      description: 'Seeq driver under test',
      endpoints: [{ name: 'request', subject: requestSubject, queue_group: 'seeq' }],
    });
    const statistics = async () => (await Array.fromAsync(await services.stats('iota-seeqdrv', ping?.id)))[0];
    const before = await statistics();
    expect(before?.endpoints?.[0]).toMatchObject({
      num_requests: 2,
      num_errors: 1,
      last_error: 'badRequest: Not like this.',
      data: { sources: 2 },
    });
    expect(before?.endpoints?.[0]?.processing_time).toBeGreaterThan(0);

    const former = bus.nats;
    await server.restart();
    await until(() => bus.nats !== undefined && bus.nats !== former);
    await flushed(bus);
    await until(() => !caller.isClosed() && caller.info !== undefined);
    await expect
      .poll(() =>
        caller.flush().then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    const after = await statistics();
    expect(after).toMatchObject({ id: before?.id, started: before?.started });
    expect(after?.endpoints?.[0]?.num_requests).toBe(2);
  });

  test('an answer of service discovery that is too large or fails does no harm', async () => {
    let stats = (): object => ({ huge: 'x'.repeat(2_000_000) });
    const { caller, bus } = await harnessForTest(echo, { serve: { stats: () => stats() } });
    const ask1 = async () =>
      Array.fromAsync(await caller.services.client({ strategy: RequestStrategy.Timer, maxWait: 200 }).stats());
    // The question may be answered after the wait of the one who asks.
    const logged = (text: RegExp) => until(() => text.test(bus.log.messages().join()));
    expect(await ask1()).toEqual([]);
    await logged(/exceeds max_payload/);
    stats = () => {
      throw new Error('no numbers');
    };
    expect(await ask1()).toEqual([]);
    await logged(/exceeds max_payload.*Service discovery failed/);
    expect(itemsOf(await ask(caller))).toHaveLength(1);
  });
});

describe('telemetry', () => {
  test('is published while there is a connection, and counted as dropped while there is none', async () => {
    const { server, caller, bus } = await harnessForTest(echo);
    const topic = telemetryPublisher(bus, 'north.mill.seeq.stats');
    const heard: unknown[] = [];
    caller.subscribe(topic.subject, { callback: (_error, message) => heard.push(message.json()) });
    await caller.flush();
    expect(topic.publish({ n: 1 })).toBe(true);
    expect(topic.publish({ huge: 'x'.repeat(2_000_000) })).toBe(false);
    expect(topic.publish({ n: 1n })).toBe(false);
    await until(() => heard.length === 1);
    expect(heard).toEqual([{ n: 1 }]);
    await server.halt();
    await until(() => bus.state === 'connecting');
    expect(topic.publish({ n: 2 })).toBe(false);
    expect(topic.dropped).toBe(3);
  });
});

test('a second endpoint and a second answer of one request do not disturb the first', async () => {
  const log = new TestLog();
  const { caller, bus } = await harnessForTest(async (request) => {
    const answer = request.answer(envelopeOf(request));
    expect(request.answer({ id: 'other', function: 'other' })).toBe(answer);
    await answer.item({ one: true });
    await answer.end({ status: 'ok', meta });
    await answer.end({ status: 'error', meta });
    await answer.item({ late: true });
  });
  const options = {
    queue: 'q',
    name: 'second',
    version: '1.0.0',
    description: '',
    metadata: {},
    stats: () => ({}),
    replyRule: replyRule([]),
  };
  serveRequests(bus, { ...options, subject: 'second.request', logger: log }, echo);
  expect(itemsOf(await ask(caller, { id: 'a' }))).toEqual([{ one: true }]);
  expect(decode(await caller.request('second.request', '{"id":"b"}')).message.id).toBe('b');
  await caller.flush();
  expect(bus.log.messages('error')).toEqual([
    'The answer of a request was opened twice',
    'An answer was ended twice; the second end is dropped',
    'An item was added after the end of its answer and is dropped',
  ]);
});
