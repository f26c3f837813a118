/** Requests of the page to the driver in the same process. */
import { describe, expect, it } from 'vitest';
import type { IncomingRequest } from '../../../../src/contract/answer.ts';
import { DriverCaller } from '../../../../src/http/page/driver-caller.ts';

const META = { elapsedMs: 1, sourceMs: 0, sourceRequests: 0, hosts: [] };
const bodyOf = ({ data }: IncomingRequest) =>
  JSON.parse(Buffer.from(data).toString()) as { id: string; function: string; params: object; user: object };

describe('a request of a page', () => {
  it('is one from the bus for the driver, of one caller for all pages, with the user', async () => {
    const requests: IncomingRequest[] = [];
    const driver = new DriverCaller(async (request) => {
      requests.push(request);
      const sink = request.answer({ id: '1', function: 'hosts' });
      await sink.item({ name: 'north' });
      await sink.end({ status: 'ok', meta: META });
    });
    const answer = await driver.call('hosts', { a: 1 }, 'ada', new AbortController().signal);
    expect(answer).toEqual({ items: [{ name: 'north' }], error: undefined, isCut: false });
    await driver.call('hosts', {}, undefined, new AbortController().signal);
    expect(requests.map(bodyOf)).toMatchObject([
      { function: 'hosts', params: { a: 1 }, timeoutMs: 15_000, user: { name: 'status page ada' } },
      { function: 'hosts', user: { name: 'status page' } },
    ]);
    expect(new Set(requests.map(({ reply }) => reply)).size).toBe(1);
    expect(requests[0]?.replyProblem('some.subject')).toBeDefined();
  });

  it('takes a bounded number of items, and says that there are more', async () => {
    const driver = new DriverCaller(async (request) => {
      const sink = request.answer({ id: '1', function: 'tagsearch' });
      for (let n = 0; n < 2000; n++) await sink.item({ n });
      await sink.end({ status: 'ok', meta: META });
    });
    const { items, isCut } = await driver.call('tagsearch', {}, undefined, new AbortController().signal);
    expect([items.length, isCut]).toEqual([500, true]);
  });

  it('waits for no more than three others', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const driver = new DriverCaller(() => promise);
    const signal = new AbortController().signal;
    const running = [1, 2, 3, 4].map(() => driver.call('hosts', {}, undefined, signal));
    expect((await driver.call('hosts', {}, undefined, signal)).error?.code).toBe('overloaded');
    resolve(undefined);
    await Promise.all(running);
    expect((await driver.call('hosts', {}, undefined, signal)).error).toBeUndefined();
  });

  it('is cancelled when its page is gone', async () => {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const seen: ReturnType<typeof bodyOf>[] = [];
    const driver = new DriverCaller(async (request) => {
      const body = bodyOf(request);
      seen.push(body);
      if (body.function === 'cancel') resolve(undefined);
      else await promise;
    });
    const gone = new AbortController();
    const answered = driver.call('plotted', {}, undefined, gone.signal);
    gone.abort();
    await answered;
    expect(seen[1]).toMatchObject({ function: 'cancel', params: { request: seen[0]?.id } });
  });
});
