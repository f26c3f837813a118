/** What keeps one caller from taking everything: who a caller is, its share, and the turns of those who wait. */
import { createInbox } from 'nats';
import { describe, expect, it } from 'vitest';
import { newInbox } from '../../../../src/client/request.ts';
import { type Caller, callerRoot } from '../../../../src/driver/limits/caller.ts';
import { Admission } from '../../../../src/driver/limits/admission.ts';
import { Shares } from '../../../../src/driver/limits/shares.ts';
import { Turns } from '../../../../src/driver/limits/turns.ts';

describe('the root of a reply subject', () => {
  it.each([
    [
      'of a client with one subscription for all answers',
      '_INBOX.4qLwgLQh3ZCTNCmQTmSoeR.4qLwgLQh3ZCTNCmQTmSotx',
      '_INBOX.4qLwgLQh3ZCT',
    ],
    ['of a client with an inbox for each request', '_INBOX.4qLwgLQh3ZCTNCmQTmSoeR', '_INBOX.4qLwgLQh3ZCT'],
    ['below a prefix of its own', 'my.inbox.alice.4qLwgLQh3ZCTNCmQTmSoeR.7', 'my.inbox.alice.4qLwgLQh3ZCT'],
    ['of another form', 'region.dashboards.answers.17', 'region.dashboards.answers'],
    ['of one random token', '_INBOX.0123456789abcdef0123456789abcdef', '_INBOX'],
    ['of one token', 'answers', 'answers'],
    ['of an import', '_R_.abcdef.x1', '_R_.abcdef'],
  ])('%s', (_what, reply, root) => {
    expect(callerRoot(reply)).toBe(root);
  });

  it('is the same for all inboxes of a process, and for all requests of our own client', () => {
    expect(callerRoot(createInbox())).toBe(callerRoot(createInbox()));
    const [one, other] = [{}, {}] as Parameters<typeof newInbox>[0][];
    if (!one || !other) return;
    expect(callerRoot(newInbox(one, {}))).toBe(callerRoot(newInbox(one, {})));
    expect(callerRoot(newInbox(one, {}))).not.toBe(callerRoot(newInbox(other, {})));
  });
});

/** How many of 256 places each caller gets when all take as many as they may. */
function taken(callers: number): number[] {
  const shares = new Shares(256);
  const names = Array.from({ length: callers }, (_, n) => String(n));
  const counts = names.map(() => 0);
  for (let more = true; more;) {
    more = false;
    for (const [at, name] of names.entries()) {
      if (!shares.mayTake(name)) continue;
      shares.take(name);
      counts[at] = (counts[at] ?? 0) + 1;
      more = true;
    }
  }
  expect(shares.used).toBe(counts.reduce((sum, count) => sum + count, 0));
  return counts;
}

describe('shares', () => {
  it('leave something for the next caller, however many there are', () => {
    expect(taken(1)).toEqual([192]);
    for (const callers of [2, 3, 10, 50]) {
      const counts = taken(callers);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      expect(counts.reduce((sum, count) => sum + count, 0)).toBeLessThan(256);
    }
  });

  it('of a few places are all of them', () => {
    const shares = new Shares(2);
    shares.take('a');
    expect(shares.mayTake('a')).toBe(true);
    shares.take('a');
    expect([shares.mayTake('a'), shares.mayTake('b')]).toEqual([false, false]);
    shares.give('a', 2);
    expect(shares.used).toBe(0);
  });

  it('let a large first one in, and no second', () => {
    const shares = new Shares(100);
    expect(shares.mayTake('a', 90)).toBe(true);
    shares.take('a', 90);
    expect([shares.mayTake('a', 10), shares.mayTake('b', 10), shares.mayTake('b', 11)]).toEqual([false, true, false]);
  });
});

it('turns go from caller to caller, and within one from user to user', () => {
  const turns = new Turns<{ caller: Caller; n: number }>();
  const add = (root: string, user: string, n: number) => {
    turns.add({ caller: { root, user }, n });
  };
  for (let n = 0; n < 4; n++) add('many', `forged-${n}`, n);
  add('many', 'forged-0', 4);
  add('few', '', 10);
  add('few', '', 11);
  const order = Array.from({ length: 7 }, () => turns.take()?.n);
  expect(order).toEqual([0, 10, 1, 11, 2, 3, 4]);
  expect(turns.take()).toBeUndefined();
});

it('a place that is given up while it is waited for goes to the next', async () => {
  const places = new Admission('plant', 1);
  const caller = (root: string): Caller => ({ root, user: '' });
  const over = new AbortController();
  const open = new AbortController().signal;
  await places.enter(caller('a'), open);
  const given = places.enter(caller('b'), over.signal);
  const next = places.enter(caller('c'), open);
  over.abort(new Error('over'));
  await expect(given).rejects.toThrow('over');
  expect(places.load).toEqual({ taken: 1, waiting: 1 });
  places.leave(caller('a'));
  await next;
  places.leave(caller('c'));
  expect(places.load).toEqual({ taken: 0, waiting: 0 });
});
