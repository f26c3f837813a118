/** The polls behind leases: shared, bounded, not piled up, gentle to what is sick, and gone with the last lease. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { leasingDriver, tag, TestServer } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a tag of several leases', () => {
  it('is polled once in the shortest interval, and each lease gets its changes at most once in its own', async () => {
    const server = new TestServer('a', { x: 0 });
    const { driver, lease } = leasingDriver([server]);
    const quick = lease([tag('x')], { intervalMs: 1000 });
    const slow = lease([tag('x')], { intervalMs: 10_000 });
    await pass(100);
    expect([quick.news(), slow.news()]).toEqual([['0: 0'], ['0: 0']]);
    expect(driver.leases).toEqual({ leases: 2, items: 2, tags: 1 });
    for (let n = 1; n <= 20; n++) {
      server.values.x = n;
      await pass(1000);
    }
    expect(server.asked.x).toBe(21);
    expect(quick.news()).toHaveLength(20);
    expect(slow.news()).toHaveLength(2);
  });

  it('is read again for a lease that begins when the last poll is old, once for all of them', async () => {
    const server = new TestServer('a', { x: 0, y: 'notFound' });
    const { lease } = leasingDriver([server]);
    const hourly = { intervalMs: 3_600_000, leaseMs: 600_000 };
    lease([tag('x'), tag('y')], hourly);
    await pass(4000);
    Object.assign(server.values, { x: 1, y: 1 });
    // A poll of a moment ago will do.
    const soon = lease([tag('x')], hourly);
    await pass(100);
    expect([soon.news(), server.asked]).toEqual([['0: 0'], { x: 1, y: 1 }]);
    await pass(1000);
    const later = [lease([tag('x'), tag('y')], hourly), lease([tag('x')], hourly)];
    await pass(100);
    expect(later.map((one) => one.news())).toEqual([['0: 1', '1: 1'], ['0: 1']]);
    expect(soon.news()).toEqual([]);
    expect(server.asked).toEqual({ x: 2, y: 2 });
  });

  it('is polled less often again when the quick lease ends, and not at all after the last', async () => {
    const server = new TestServer('a', { x: 0 });
    const { driver, lease } = leasingDriver([server]);
    lease([tag('x')], { intervalMs: 1000, leaseMs: 5000 });
    lease([tag('x')], { intervalMs: 10_000, leaseMs: 60_000 });
    await pass(5000);
    const before = server.asked.x ?? 0;
    await pass(20_000);
    expect((server.asked.x ?? 0) - before).toBe(2);
    await pass(60_000);
    expect(driver.leases).toEqual({ leases: 0, items: 0, tags: 0 });
    const after = server.asked.x;
    await pass(60_000);
    expect(server.asked.x).toBe(after);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('may be named twice in one lease, and in two spellings', async () => {
    const server = new TestServer('a', { 'x y': 7 });
    const { lease, driver } = leasingDriver([server]);
    const answer = lease([tag('x%20y'), tag('x%20y'), tag('%78%20y')]);
    await pass(200);
    expect(answer.news()).toEqual(['0: 7', '1: 7', '2: 7']);
    expect(server.asked).toEqual({ 'x y': 1 });
    expect(driver.leases.tags).toBe(1);
  });
});

describe('polls', () => {
  it('take half of the places of their server, and do not pile up when it is slow', async () => {
    const names = Array.from({ length: 100 }, (_none, n) => `t${n}`);
    const server = new TestServer('a', Object.fromEntries(names.map((name, n) => [name, n])));
    server.latencyMs = 200;
    const { lease } = leasingDriver([server]);
    const answer = lease(names.map((name) => tag(name)));
    await pass(5100);
    expect(server.mostRunning).toBe(4);
    // Four at once with 200 ms each: a round of 100 takes five seconds in place of one.
    expect(Object.values(server.asked)).toHaveLength(100);
    expect(answer.news()).toHaveLength(100);
    await pass(50_000);
    for (const count of Object.values(server.asked)) expect(count).toBeLessThanOrEqual(12);
  });

  it('of an item that fails become rarer; the error is reported once, whatever its text', async () => {
    const server = new TestServer('a', { x: 'notFound', y: 1 });
    const { lease } = leasingDriver([server]);
    const answer = lease([tag('x'), tag('y')]);
    await pass(120_000);
    expect(answer.news()).toEqual(['0: notFound', '1: 1']);
    expect(server.asked.x).toBeLessThan(12);
    expect(server.asked.y).toBeGreaterThan(115);
    server.values.x = 5;
    await pass(30_000);
    expect(answer.news()).toEqual(['0: 5']);
  });

  it('of a server that is down give way to a small call now and then; all items fail once and come back', async () => {
    const server = new TestServer('a', { x: 1, y: 2, z: 3 });
    const other = new TestServer('b', { x: 4 });
    const { lease } = leasingDriver([server, other]);
    const answer = lease([tag('x'), tag('y'), tag('z'), tag('x', 'b')]);
    await pass(500);
    answer.news();
    const before = { ...server.asked };
    server.up = false;
    await pass(300_000);
    expect(answer.news().sort()).toEqual(['0: sourceUnavailable', '1: sourceUnavailable', '2: sourceUnavailable']);
    const polls = ['x', 'y', 'z'].map((id) => (server.asked[id] ?? 0) - (before[id] ?? 0));
    expect(Math.max(...polls)).toBeLessThanOrEqual(1);
    expect(server.asked['']).toBeGreaterThan(8);
    expect(server.asked['']).toBeLessThan(60);
    expect(other.asked.x).toBeGreaterThan(280);
    // Who comes meanwhile is told at once.
    const late = lease([tag('new')]);
    await pass(100);
    expect(late.news()).toEqual(['0: sourceUnavailable']);
    server.up = true;
    server.values.y = 20;
    await pass(60_000);
    expect(answer.news().sort()).toEqual(['0: 1', '1: 20', '2: 3']);
  });

  it('of one sick item do not condemn its server', async () => {
    const server = new TestServer('a', { x: 'sourceUnavailable', y: 1 });
    const { lease } = leasingDriver([server]);
    const answer = lease([tag('x'), tag('y')]);
    await pass(60_000);
    expect(answer.news()).toEqual(['0: sourceUnavailable', '1: 1']);
    expect(server.asked.y).toBeGreaterThan(50);
  });

  it('that hang end after a while', async () => {
    const server = new TestServer('a', { x: () => new Promise(() => undefined), y: 1 });
    const { driver, lease } = leasingDriver([server]);
    const answer = lease([tag('x'), tag('y')], { leaseMs: 100_000 });
    await pass(29_000);
    expect(answer.news()).toEqual(['1: 1']);
    await pass(100_000);
    // The source never lets go; the lease does.
    expect(answer.end_?.meta.ended).toBe('expired');
    expect(driver.leases.leases).toBe(0);
  });

  it('that fail unexpectedly are logged once', async () => {
    const server = new TestServer('a', { x: () => Promise.reject(new TypeError('odd')) });
    const { lease, log } = leasingDriver([server]);
    const answer = lease([tag('x')]);
    await pass(60_000);
    expect(answer.news()).toEqual(['0: internal']);
    expect(log.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});
