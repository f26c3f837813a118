/** Leases as their callers see them: what is sent, what is not sent again, and how they end. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerSchema } from '../../../../src/contract/answer.ts';
import { leasingDriver, tag, TestServer } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('what is sent', () => {
  it('is a sign of life at once and in every long silence, and else only changes, with a cursor', async () => {
    const server = new TestServer('a', { x: 1 });
    const { lease } = leasingDriver([server]);
    const answer = lease([tag('x')], { leaseMs: 300_000 });
    await pass(150);
    expect(answer.messages).toMatchObject([{ items: [] }, { items: [{ index: 0, fqn: tag('x'), value: 1 }] }]);
    expect(answer.messages[0]?.meta).toBeUndefined();
    const envelope = { id: '1', function: 'eventpipepoll', seq: 1, last: false, status: 'ok', items: [] };
    expect(answerSchema.parse({ ...envelope, meta: answer.messages[1]?.meta }).meta?.hosts).toEqual(['a']);
    answer.messages.length = 0;
    await pass(90_000);
    expect(answer.messages).toMatchObject([{ items: [] }, { items: [] }, { items: [] }]);
  });

  it('is the newest value only, however long the bus takes no more', async () => {
    const server = new TestServer('a', { x: 1, y: 1 });
    const { lease } = leasingDriver([server]);
    const answer = lease([tag('x'), tag('y')]);
    await pass(200);
    answer.news();
    const { promise, resolve } = Promise.withResolvers<undefined>();
    answer.room = promise;
    for (let n = 2; n < 10; n++) {
      server.values.x = n;
      await pass(1000);
    }
    // One message was under way when the bus stopped.
    expect(answer.news()).toEqual(['0: 2']);
    answer.room = undefined;
    resolve(undefined);
    await pass(1000);
    expect(answer.news()).toEqual(['0: 9']);
  });

  it('is nothing when a value comes back to the one that was sent last', async () => {
    const server = new TestServer('a', { x: 1 });
    const { lease } = leasingDriver([server]);
    const fast = lease([tag('x')]);
    const slow = lease([tag('x')], { intervalMs: 60_000 });
    await pass(500);
    expect([fast.news(), slow.news()]).toEqual([['0: 1'], ['0: 1']]);
    server.values.x = 2;
    await pass(1000);
    server.values.x = 1;
    await pass(1000);
    expect(fast.news()).toEqual(['0: 2', '0: 1']);
    await pass(60_000);
    expect(slow.news()).toEqual([]);
  });
});

describe('a renewal', () => {
  const items = [tag('x'), tag('y'), 'rubbish'];

  it('sends what has changed and nothing else, on any replica', async () => {
    const server = new TestServer('a', { x: 1, y: 'forbidden' });
    const first = leasingDriver([server]).lease(items, { leaseMs: 5000 });
    await pass(6000);
    expect(first.end_).toMatchObject({ status: 'partial', meta: { ended: 'expired' } });
    expect(first.news().sort()).toEqual(['0: 1', '1: forbidden', '2: badRequest']);
    server.values.x = 2;
    const second = leasingDriver([server]).lease(items, { cursor: first.end_?.meta.cursor, intervalMs: 2000 });
    await pass(10_000);
    expect(second.news()).toEqual(['0: 2']);
  });

  it('does not go back to what another lease has polled before', async () => {
    const server = new TestServer('a', { x: 1 });
    const [here, there] = [leasingDriver([server]), leasingDriver([server])];
    const old = here.lease([tag('x')], { intervalMs: 60_000 });
    await pass(1000);
    server.values.x = 2;
    const ended = there.lease([tag('x')], { leaseMs: 1000 });
    await pass(2000);
    expect([old.news(), ended.news()]).toEqual([['0: 1'], ['0: 2']]);
    const renewed = here.lease([tag('x')], { cursor: ended.end_?.meta.cursor, intervalMs: 60_000 });
    await pass(120_000);
    expect(renewed.news()).toEqual([]);
  });

  it.each([
    ['other items', [tag('y'), tag('x'), 'rubbish']],
    ['more items', [...items, tag('z')]],
  ])('with %s is refused', async (_what, others) => {
    const { lease } = leasingDriver([new TestServer('a', { x: 1, y: 2 })]);
    const first = lease(items, { leaseMs: 1000 });
    await pass(2000);
    const second = lease(others, { cursor: first.cursor });
    await pass(0);
    expect(second.end_?.error).toMatchObject({ code: 'badRequest', details: { field: 'cursor' } });
  });
});

describe('the end', () => {
  it('comes at its time, whatever the time budget is, and counts as no running request', async () => {
    const { driver, lease, send } = leasingDriver([new TestServer('a', { x: 1 })], {
      limits: { defaultTimeoutMs: 100, concurrentRequests: 1 },
    });
    const answers = [lease([tag('x')], { leaseMs: 60_000 }), lease([tag('x')], { leaseMs: 60_000 })];
    await pass(59_000);
    expect(driver.inFlight).toBe(0);
    const other = send('snapshot', { items: [tag('x')] });
    await pass(0);
    expect(other.end_?.status).toBe('ok');
    expect(answers.map(({ end_ }) => end_)).toEqual([undefined, undefined]);
    await pass(1000);
    expect(answers.map(({ end_ }) => end_?.meta.ended)).toEqual(['expired', 'expired']);
    // The caller has waited for the first message, not for the end.
    const { functions } = driver.statistics.snapshot();
    expect(functions.eventpipepoll?.longestMs).toBeLessThan(1000);
  });

  it('comes when the driver stops, for requests later; new leases are sent elsewhere', async () => {
    const { driver, lease, send } = leasingDriver([new TestServer('a', { x: 1 })]);
    const [answer, young] = [lease([tag('x')]), lease([tag('y')])];
    driver.endLeases();
    await pass(0);
    for (const { end_, cursor } of [answer, young]) {
      expect(end_).toMatchObject({ status: 'ok', meta: { ended: 'shutdown' } });
      expect(cursor).toEqual(expect.any(String));
    }
    const late = lease([tag('x')]);
    const other = send('snapshot', { items: [tag('x')] });
    await pass(0);
    expect(late.end_?.error).toMatchObject({ code: 'sourceUnavailable', retryable: true });
    expect(other.end_?.status).toBe('ok');
    await pass(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends when its caller is gone, after two messages with a grace in between', async () => {
    const { lease } = leasingDriver([new TestServer('a', { x: 1 })]);
    const answer = lease([tag('x')]);
    await pass(500);
    const noReceiver = () => answer.watcher?.noReceiver();
    noReceiver();
    await pass(3500);
    // Back in time: the next sign of life is received.
    await pass(60_000);
    expect(answer.end_).toBeUndefined();
    noReceiver();
    const before = answer.messages.length;
    await pass(3000);
    expect(answer.messages.length).toBe(before + 1);
    noReceiver();
    await pass(0);
    expect(answer.end_).toMatchObject({ status: 'ok', meta: { ended: 'callerGone' } });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('comes with an error when the answer cannot be sent any more', async () => {
    const { driver, lease } = leasingDriver([new TestServer('a', { x: 1 })]);
    const answer = lease([tag('x')]);
    answer.flush = () => Promise.reject(new Error('the bus is gone'));
    await pass(100);
    expect(answer.end_?.status).toBe('error');
    expect(driver.leases).toEqual({ leases: 0, items: 0, tags: 0 });
  });
});

describe('limits', () => {
  it.each([
    ['of items', {}, { itemsPerRequest: 1 }, 'tooLarge'],
    ['of its length', { leaseMs: 600_001 }, {}, 'tooLarge'],
    ['of leases', {}, { maxLeases: 0 }, 'overloaded'],
    ['of leased items', {}, { maxLeasedItems: 1 }, 'overloaded'],
  ])('%s', async (_what, params, limits, code) => {
    const server = new TestServer('a', {});
    const { driver, lease } = leasingDriver([server], { limits });
    const answer = lease([tag('x'), tag('y')], params);
    await pass(0);
    expect(answer.end_?.error?.code).toBe(code);
    expect(driver.leases.leases).toBe(0);
    expect(server.asked).toEqual({});
  });
});
