/** Asking over a real NATS server: whole answers, compressed ones, repeats, gaps, silence and nobody at all. */
import { gzipSync } from 'node:zlib';
import { connect, headers, type Msg, type NatsConnection } from 'nats';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IncompleteResponse } from '../../../src/client/answer.ts';
import { sendRequest, requestStream, type NatsConnectionLike, NoResponse } from '../../../src/client/request.ts';
import { type NatsServer, startNatsServer } from '../../support/nats/index.ts';

let nats: NatsServer;
let driver: NatsConnection;
let caller: NatsConnection;
beforeAll(async () => {
  nats = await startNatsServer();
  [driver, caller] = await Promise.all([connect({ servers: nats.url }), connect({ servers: nats.url })]);
});
afterAll(async () => {
  await Promise.all([driver.close(), caller.close()]);
  await nats.stop();
});

const meta = { elapsedMs: 1, sourceMs: 0, sourceRequests: 0, hosts: [] };
const message = (seq: number, last = false, more: object = {}) => ({
  id: '7',
  function: 'snapshot',
  seq,
  last,
  status: 'ok',
  items: [{ index: seq }],
  ...(last ? { meta } : {}),
  ...more,
});
const text = (body: unknown) => Buffer.from(JSON.stringify(body));

let topics = 0;
/** A driver that answers each request in its own way; returns its subject. */
async function answers(respond: (request: Msg) => void): Promise<string> {
  const subject = `client.test.${++topics}`;
  driver.subscribe(subject, {
    callback: (_error, request) => {
      respond(request);
    },
  });
  await driver.flush();
  return subject;
}
const sends = (...messages: unknown[]) =>
  answers((request) => {
    for (const one of messages) request.respond(text(one));
  });
const request = { function: 'snapshot', id: '7', params: { items: ['x'] } };

describe('an answer', () => {
  it('is joined from its messages', async () => {
    const subject = await sends(message(0), message(1), message(2, true, { status: 'partial' }));
    expect(await sendRequest(caller, subject, request)).toEqual({
      id: '7',
      function: 'snapshot',
      status: 'partial',
      items: [{ index: 0 }, { index: 1 }, { index: 2 }],
      meta,
      messages: 3,
    });
  });

  it('has its error', async () => {
    const error = { code: 'notFound', message: 'gone', retryable: false };
    expect(
      await sendRequest(caller, await sends(message(0, true, { status: 'error', error, items: [] })), request),
    ).toMatchObject({ status: 'error', error });
  });

  it('goes with the request as it was given', async () => {
    let seen: unknown;
    const subject = await answers((asked) => {
      seen = asked.json();
      asked.respond(text(message(0, true)));
    });
    await sendRequest(caller, subject, request, { inboxPrefix: 'my.inbox' });
    expect(seen).toEqual(request);
  });

  it('may repeat messages after a break', async () => {
    const subject = await sends(message(0), message(0), message(1), message(0), message(2, true));
    expect((await sendRequest(caller, subject, request)).items).toEqual([{ index: 0 }, { index: 1 }, { index: 2 }]);
  });

  it('may be compressed, each message by itself', async () => {
    const subject = await answers((asked) => {
      const packed = headers();
      packed.set('Content-Encoding', 'gzip');
      asked.respond(gzipSync(text(message(0))), { headers: packed });
      asked.respond(text(message(1, true)));
    });
    expect((await sendRequest(caller, subject, request)).messages).toBe(2);
  });

  it('that unpacks to more than any driver sends is not taken', async () => {
    const blank = Buffer.alloc(256 * 1024 * 1024, ' ');
    const bomb = gzipSync(Buffer.concat([blank, text(message(0, true))]));
    const subject = await answers((asked) => {
      const packed = headers();
      packed.set('Content-Encoding', 'gzip');
      asked.respond(bomb, { headers: packed });
    });
    await expect(sendRequest(caller, subject, request)).rejects.toMatchObject({
      name: 'IncompleteResponse',
      cause: { code: 'ERR_BUFFER_TOO_LARGE' },
    });
  });
});

describe('a broken answer', () => {
  it.each<[string, unknown[], string]>([
    ['with a gap', [message(0), message(2, true)], 'Message 1 of the answer is missing'],
    ['without its end', [message(0, true, { meta: undefined })], 'no "meta"'],
    ['of another kind', [{ hello: 'harness' }], 'not readable'],
    ['of nothing', [null], 'not readable'],
    ['without a list', [{ ...message(0), items: {} }], 'not readable'],
  ])('%s is reported', async (_what, messages, reason) => {
    const asking = sendRequest(caller, await sends(...messages), request);
    await expect(asking).rejects.toThrow(IncompleteResponse);
    await expect(asking).rejects.toThrow(reason);
  });

  it.each([
    ['that is no JSON', () => ({ data: Buffer.from('{') })],
    [
      'that says that it is compressed and is not',
      () => {
        const packed = headers();
        packed.set('Content-Encoding', 'gzip');
        return { data: text(message(0, true)), headers: packed };
      },
    ],
  ])('%s is reported', async (_what, make) => {
    const { data, headers: block } = make() as { data: Buffer; headers?: ReturnType<typeof headers> };
    const subject = await answers((asked) => asked.respond(data, block ? { headers: block } : {}));
    await expect(sendRequest(caller, subject, request)).rejects.toThrow('not readable');
  });
});

describe('no answer', () => {
  it('without a responder is reported at once', async () => {
    await expect(sendRequest(caller, 'nobody.here', request)).rejects.toThrow(NoResponse);
    await expect(sendRequest(caller, 'nobody.here', request)).rejects.toThrow(
      'No driver receives requests on nobody.here',
    );
  });

  it('but silence is reported after the time that the caller gives', async () => {
    const silent = await answers(() => undefined);
    await expect(sendRequest(caller, silent, request, { silenceMs: 20 })).rejects.toThrow(
      `No answer from ${silent} for 20 ms.`,
    );
    const stopped = await sends(message(0));
    await expect(sendRequest(caller, stopped, request, { silenceMs: 20 })).rejects.toThrow(NoResponse);
  });
});

it('stops listening when the reader stops', async () => {
  const subject = await sends(message(0), message(1), message(2, true));
  let listening = 0;
  const counted: NatsConnectionLike = {
    publish: (...given) => {
      caller.publish(...given);
    },
    subscribe: (...given) => {
      const subscription = caller.subscribe(...given);
      listening++;
      return {
        unsubscribe: () => {
          listening--;
          subscription.unsubscribe();
        },
      };
    },
  };
  for await (const { seq } of requestStream(counted, subject, request)) {
    expect([seq, listening]).toEqual([0, 1]);
    break;
  }
  expect(listening).toBe(0);
});

it('passes on what the connection has against the subscription', async () => {
  const broken = {
    subscribe: (_subject: string, { callback }: { callback: (error: Error | null, message: never) => void }) => {
      callback(new Error('permission denied'), undefined as never);
      return { unsubscribe: () => undefined };
    },
    publish: () => undefined,
  };
  await expect(sendRequest(broken, 'x', request)).rejects.toThrow('permission denied');
});
