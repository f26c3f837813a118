/** The bus goes away and comes back: no sender is told that its reading is safe before it is, and none is stored twice. */
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { signMessage } from '../../../../../simulators/seneye/encoding.ts';
import { eventually } from '../../../../support/eventually.ts';
import { configOf, message, SECRET, SOURCE, harnessForTest, type Harness } from './harness.ts';

/** Names of the readings of a post. */
const NAMES = 8;
const HURRIED = { ackTimeoutMs: 200 };

const temperatures = async (harness: Harness): Promise<unknown[]> =>
  (await harness.readings()).filter(({ fqn }) => fqn.endsWith('temperature')).map(({ value }) => value);

/** Posts until it is taken: with so little patience a busy machine answers 503 even though the bus is there. */
const taken = (harness: Harness, content: unknown): Promise<void> =>
  eventually(async () => {
    expect((await harness.send(content)).status).toBe(200);
  });

/** Resolves when the bus and the stream behind it work again. */
async function passes(harness: Harness, count: number): Promise<void> {
  await eventually(async () => {
    expect(await harness.readings()).toHaveLength(count);
    expect(harness.feed.metrics().waiting).toBe(0);
  });
}

describe('while the bus is away', () => {
  it.each([
    ['stopped', (harness: Harness) => harness.server.halt()],
    ['killed', (harness: Harness) => harness.server.halt('SIGKILL')],
  ])('because nats-server was %s, posts get 503; later they are there, once', async (_how, breakBus) => {
    const harness = await harnessForTest(configOf(HURRIED));
    const [before, during] = [message({ T: 1 }), message({ T: 2 })];
    await taken(harness, before);
    const { received } = harness.feed.metrics();
    await breakBus(harness);
    const answers = [await harness.send(during), await harness.send(during), await harness.send(before)];
    for (const { status, headers, text } of answers) {
      expect(status).toBe(503);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(text).toContain('200 ms');
    }
    expect(harness.feed.health()).toMatchObject({
      state: 'waiting',
      message: expect.stringContaining('bus') as string,
    });
    // A repeated post waits with the first one, and takes no room of its own.
    expect(harness.feed.metrics()).toMatchObject({ received: received + 2, waiting: 2, refused: 0 });
    await harness.server.restart();
    await passes(harness, 2 * NAMES);
    expect(await temperatures(harness)).toEqual([1, 2]);
    await taken(harness, during);
    await taken(harness, message({ T: 3 }));
    expect(await temperatures(harness)).toEqual([1, 2, 3]);
    await eventually(() => {
      expect(harness.feed.health().state).toBe('up');
    });
  });

  it('because nats-server is frozen, posts get 503; later they are there, once', async () => {
    const harness = await harnessForTest(configOf(HURRIED));
    await taken(harness, message({ T: 1 }));
    harness.server.freeze();
    const during = message({ T: 2 });
    expect((await harness.send(during)).status).toBe(503);
    await eventually(() => {
      expect(harness.feed.health().state).toBe('waiting');
    });
    expect((await harness.send(during)).status).toBe(503);
    harness.server.thaw();
    await passes(harness, 2 * NAMES);
    await taken(harness, during);
    expect(await temperatures(harness)).toEqual([1, 2]);
  });

  it('a post that comes before the bus is back within its time gets its success', async () => {
    const harness = await harnessForTest(configOf({ ackTimeoutMs: 60_000 }));
    await harness.server.halt();
    const answer = harness.send(message());
    await eventually(() => {
      expect(harness.feed.metrics().waiting).toBe(1);
    });
    await harness.server.restart();
    expect((await answer).status).toBe(200);
    expect(await harness.readings()).toHaveLength(NAMES);
  });

  it('posts without a time that look the same may be different ones, and all of them arrive', async () => {
    const harness = await harnessForTest(configOf(HURRIED));
    await harness.server.halt();
    const timeless = message({}, { TS: undefined });
    for (let time = 0; time < 2; time++) expect((await harness.send(timeless)).status).toBe(503);
    expect(harness.feed.metrics()).toMatchObject({ received: 2, waiting: 2 });
    await harness.server.restart();
    await passes(harness, 2 * NAMES);
  });

  it('dead letters have to wait like readings', async () => {
    const harness = await harnessForTest(configOf(HURRIED));
    await harness.server.halt();
    expect((await harness.send(Buffer.from('no JSON'))).status).toBe(503);
    await harness.server.restart();
    await eventually(async () => {
      expect(await harness.deadLetters()).toHaveLength(1);
    });
  });

  it.each([
    ['all sources together', configOf({ ...HURRIED, maxWaiting: 2 }), {}],
    ['one source', configOf(HURRIED), { window: 2 }],
  ])('no more posts are held than may wait (%s); the rest gets 503 at once', async (_which, config, window) => {
    const harness = await harnessForTest(config, window);
    await harness.server.halt();
    for (const T of [1, 2]) expect((await harness.send(message({ T }))).text).toContain('within');
    const full = await harness.send(message({ T: 3 }));
    expect(full).toMatchObject({ status: 503, text: 'Too many posts wait for the bus.\n' });
    expect(full.headers['retry-after']).toBe('30');
    expect(harness.feed.metrics()).toMatchObject({ received: 2, refused: 1 });
    await harness.server.restart();
    await passes(harness, 2 * NAMES);
    await taken(harness, message({ T: 3 }));
    expect(await temperatures(harness)).toEqual([1, 2, 3]);
  });
});

it('no more posts are held than may wait, though several senders got 100 Continue', async () => {
  const harness = await harnessForTest(configOf({ ...HURRIED, maxWaiting: 1 }));
  await harness.server.halt();
  const posts = [1, 2, 3].map((T) => {
    const body = signMessage(Buffer.from(JSON.stringify(message({ T }))), SECRET);
    const headers = {
      ...{ 'Content-Type': 'application/jose', 'X-SENEYE': SOURCE, Expect: '100-continue' },
      'Content-Length': body.length,
    };
    const sent = request(harness.url, { method: 'POST', headers, agent: false });
    sent.flushHeaders();
    return { sent, body, goOn: once(sent, 'continue'), answer: once(sent, 'response') };
  });
  await Promise.all(posts.map(({ goOn }) => goOn));
  for (const { sent, body } of posts) sent.end(body);
  for (const { answer } of posts) {
    const [response] = (await answer) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(503);
  }
  expect(harness.feed.metrics()).toMatchObject({ received: 1, waiting: 1, refused: 2 });
});

describe('when the driver stops', () => {
  it('a sender that has gone before its answer is not waited for', async () => {
    const harness = await harnessForTest(configOf({ ackTimeoutMs: 500 }));
    await harness.server.halt();
    const body = signMessage(Buffer.from(JSON.stringify(message())), SECRET);
    const headers = { 'Content-Type': 'application/jose', 'X-SENEYE': SOURCE, 'Content-Length': body.length };
    const sent = request(harness.url, { method: 'POST', headers, agent: false });
    sent.on('error', () => undefined);
    sent.end(body);
    await eventually(() => {
      expect(harness.feed.metrics().waiting).toBe(1);
    });
    sent.destroy();
    await eventually(() => {
      expect(harness.log.text()).toContain('did not take the readings within 500 ms');
    });
    // The time for last answers does not pass, so that the end comes only where none is left.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await harness.feed.stop(0);
    expect(harness.feed.health().state).toBe('stopped');
  });

  it('what waits too long is not acknowledged', async () => {
    const harness = await harnessForTest(configOf({ ackTimeoutMs: 60_000 }));
    await harness.server.halt();
    const answer = harness.send(message());
    await eventually(() => {
      expect(harness.feed.metrics().waiting).toBe(1);
    });
    await harness.feed.stop(0);
    expect(await answer).toMatchObject({ status: 503, text: 'The receiver stops.\n' });
    expect(harness.feed.health().state).toBe('stopped');
    await expect(harness.send(message())).rejects.toThrow(/ECONNREFUSED/);
  });

  it('what is under way may still arrive, and is acknowledged then', async () => {
    const harness = await harnessForTest(configOf({ ackTimeoutMs: 60_000 }), { ackMs: 60_000 });
    harness.server.freeze();
    const answer = harness.send(message());
    await eventually(() => {
      expect(harness.feed.metrics().waiting).toBe(1);
    });
    const stopped = harness.feed.stop(30_000);
    harness.server.thaw();
    expect((await answer).status).toBe(200);
    await stopped;
    expect(await harness.readings()).toHaveLength(NAMES);
  });

  it('a sender in the middle of its body does not hold it up', async () => {
    const harness = await harnessForTest(configOf({ requestTimeoutMs: 60_000 }));
    const half = harness.send(message(), { pieces: 2, pauseMs: 60_000 });
    half.catch(() => undefined);
    await eventually(() => {
      expect(harness.feed.metrics().connections).toBe(1);
    });
    await harness.feed.stop(100);
    await expect(half).rejects.toThrow();
    expect(harness.feed.metrics().received).toBe(0);
  });
});
