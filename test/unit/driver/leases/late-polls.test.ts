/** Leases whose server cannot keep up: they say so themselves, in health and metrics, and once in the log. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { judge, serverHealth } from '../../../../src/telemetry/health.ts';
import { sourceMetrics } from '../../../../src/telemetry/metrics.ts';
import { type LeaseAnswer, leasingDriver, tag, TestServer } from './support.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const names = (count: number) => Array.from({ length: count }, (_unused, n) => `t${n}`);
const newestInterval = ({ messages, end_ }: LeaseAnswer): number | undefined =>
  end_?.meta.intervalMs ?? messages.findLast(({ meta }) => meta?.intervalMs !== undefined)?.meta?.intervalMs;

function plant(count: number, latencyMs: number) {
  const server = new TestServer('a', Object.fromEntries(names(count).map((name) => [name, 1])));
  server.latencyMs = latencyMs;
  const { log, hosts, lease } = leasingDriver([server]);
  const late = () => log.lines.filter(({ facts }) => facts.server === 'a');
  const health = () => hosts.all.map(serverHealth);
  const reasons = () =>
    judge({ bus: { connected: true, subscribed: true, since: '2026-01-01T00:00:00.000Z' }, servers: health() }, false)
      .reasons;
  const metrics = () => sourceMetrics(hosts.all)[0]?.polls;
  return { server, lease, late, health, reasons, metrics };
}

describe('2,000 tags at one second, where a call takes 20 ms', () => {
  it('are read with all places but one, and say how often', async () => {
    const { server, lease, late, health, reasons, metrics } = plant(2000, 20);
    const answer = lease(
      names(2000).map((name) => tag(name)),
      { leaseMs: 600_000 },
    );
    await pass(60_000);
    expect(server.mostRunning).toBe(7);
    // 2,000 reads of 20 ms, seven at once.
    expect(newestInterval(answer)).toBeGreaterThan(5000);
    expect(newestInterval(answer)).toBeLessThan(6500);
    expect(metrics()).toMatchObject({ tags: 2000, askedMs: 1000, late: true });
    expect(metrics()?.realMs).toBeGreaterThan(5000);
    expect(health()).toMatchObject([{ polls: { tags: 2000, late: true } }]);
    expect(reasons().join()).toMatch(
      /2000 leased tags of server "a" are read every 5\.\d s on average, and not every 1 s/,
    );
    expect(late().map(({ level }) => level)).toEqual(['warn']);

    server.latencyMs = 1;
    await pass(30_000);
    expect(newestInterval(answer)).toBeLessThan(1500);
    expect(metrics()).toMatchObject({ late: false });
    expect(reasons()).toEqual([]);
    expect(late().map(({ level }) => level)).toEqual(['warn', 'info']);
  });

  it('leave half of the places when the server is slow', async () => {
    const { server, lease } = plant(100, 200);
    lease(names(100).map((name) => tag(name)));
    await pass(20_000);
    expect(server.mostRunning).toBe(4);
  });

  it('are forgotten with their lease', async () => {
    const { lease, late, reasons, metrics } = plant(2000, 20);
    const answer = lease(
      names(2000).map((name) => tag(name)),
      { leaseMs: 60_000 },
    );
    await pass(61_000);
    expect(answer.end_?.meta).toMatchObject({ ended: 'expired', intervalMs: expect.any(Number) as number });
    expect(metrics()).toBeUndefined();
    expect(reasons()).toEqual([]);
    expect(late().map(({ level }) => level)).toEqual(['warn', 'info']);
  });
});

describe('tags in time', () => {
  it('say so, and a short halt is no reason to complain', async () => {
    const { server, lease, late, metrics } = plant(10, 20);
    const answer = lease(
      names(10).map((name) => tag(name)),
      { leaseMs: 600_000 },
    );
    await pass(8000);
    server.values.t0 = 2;
    await pass(2000);
    expect(newestInterval(answer)).toBe(1000);
    server.latencyMs = 3000;
    await pass(3000);
    server.latencyMs = 20;
    await pass(20_000);
    expect(metrics()).toEqual({ tags: 10, askedMs: 1000, realMs: 1000, late: false });
    expect(late()).toEqual([]);
  });

  it('that another lease reads in a shorter interval are not late for it, nor for this one', async () => {
    const { lease, late, metrics } = plant(10, 20);
    const items = names(10).map((name) => tag(name));
    const slow = lease(items, { intervalMs: 60_000, leaseMs: 600_000 });
    await pass(130_000);
    expect(newestInterval(slow)).toBe(60_000);
    const quick = lease(items, { intervalMs: 1000, leaseMs: 600_000 });
    await pass(70_000);
    expect([newestInterval(slow), newestInterval(quick)]).toEqual([60_000, 1000]);
    expect(metrics()).toMatchObject({ askedMs: 1000, realMs: 1000 });
    expect(late()).toEqual([]);
  });

  it('that fail, or whose server is away, are no late ones', async () => {
    const { server, lease, late } = plant(10, 20);
    server.values.t3 = 'notFound';
    lease(
      names(10).map((name) => tag(name)),
      { leaseMs: 600_000 },
    );
    await pass(60_000);
    server.up = false;
    await pass(120_000);
    server.up = true;
    await pass(60_000);
    expect(late()).toEqual([]);
  });
});
