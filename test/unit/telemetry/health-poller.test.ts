/** When servers are asked how they are, and how the driver is judged from it. */
import { describe, expect, it } from 'vitest';
import type { BusHealth, ServerHealth } from '../../../src/contract/telemetry.ts';
import { DriverError } from '../../../src/contract/errors.ts';
import { SourceHealth } from '../../../src/driver/source-health/source-health.ts';
import { judge } from '../../../src/telemetry/health.ts';
import { HealthPoller } from '../../../src/telemetry/health-poller.ts';

describe('the watch', () => {
  /** A server that is as told, on a clock that the test moves. */
  function harness() {
    const clock = { now: 1_000_000 };
    const findings = new SourceHealth(() => clock.now);
    let probes = 0;
    let answer: () => Promise<void> = async () => {
      findings.probed({ state: 'up', version: '66.0.1', latencyMs: 1 });
    };
    const server = {
      findings,
      probe: () => {
        probes++;
        return answer();
      },
    };
    const watch = new HealthPoller([server], () => clock.now);
    return {
      clock,
      findings,
      server,
      watch,
      probes: () => probes,
      answerBy: (next: () => Promise<void>) => {
        answer = next;
      },
    };
  }

  it('asks when nothing is known, and again when the news are half a minute old', async () => {
    const { clock, watch, probes } = harness();
    await watch.look();
    clock.now += 29_999;
    await watch.look();
    expect(probes()).toBe(1);
    clock.now += 1;
    await watch.look();
    expect(probes()).toBe(2);
  });

  it('does not ask a server that requests use', async () => {
    const { clock, findings, watch, probes } = harness();
    for (let n = 0; n < 10; n++) {
      findings.succeeded();
      clock.now += 29_000;
      await watch.look();
    }
    expect(probes()).toBe(0);
    expect(findings.state.state).toBe('up');
  });

  it('asks ten seconds after bad news', async () => {
    const { clock, findings, watch, probes } = harness();
    findings.failed(new DriverError('sourceUnavailable', 'Gone.'));
    clock.now += 9_999;
    await watch.look();
    expect([probes(), findings.state.state]).toEqual([0, 'down']);
    clock.now += 1;
    await watch.look();
    expect(probes()).toBe(1);
    expect(findings.state).toEqual({ state: 'up', version: '66.0.1', foundAt: clock.now });
  });

  it('asks once at a time, and again after a probe that failed', async () => {
    const { watch, probes, answerBy } = harness();
    const { promise, reject } = Promise.withResolvers<never>();
    answerBy(() => promise);
    const first = watch.look();
    await watch.look();
    expect(probes()).toBe(1);
    reject(new Error('no answer'));
    await first;
    await watch.look();
    expect(probes()).toBe(2);
  });

  it('asks at once when a call failed, not while it asks, and not again a moment later', async () => {
    const { clock, server, watch, probes } = harness();
    for (let n = 0; n < 100; n++) watch.confirm(server);
    await expect.poll(probes).toBe(1);
    clock.now += 4_999;
    watch.confirm(server);
    expect(probes()).toBe(1);
    clock.now += 1;
    watch.confirm(server);
    expect(probes()).toBe(2);
  });

  it('trusts no news from the future, which a clock that was set back would keep fresh for long', async () => {
    const { clock, findings, watch, probes } = harness();
    findings.succeeded();
    clock.now -= 3_600_000;
    await watch.look();
    expect(probes()).toBe(1);
  });
});

describe('what a failed call reports about its server', () => {
  it.each([
    ['notFound', 'up'],
    ['forbidden', 'up'],
    ['overloaded', 'up'],
    ['unauthorized', 'unauthorized'],
    ['sourceUnavailable', 'down'],
    ['timeout', 'down'],
    ['sourceError', 'unknown'],
    ['internal', 'unknown'],
  ] as const)('%s: %s', (code, state) => {
    const findings = new SourceHealth();
    findings.failed(new DriverError(code, 'Why.'));
    expect(findings.state.state).toBe(state);
    expect(findings.state.message).toBe(state === 'down' || state === 'unauthorized' ? 'Why.' : undefined);
  });

  it('bad news end with the next answer, and the version stays known', () => {
    const findings = new SourceHealth();
    findings.probed({ state: 'unauthorized', version: '66.0.1', latencyMs: 1, message: 'Wrong password.' });
    findings.succeeded();
    expect(findings.state).toMatchObject({ state: 'up', version: '66.0.1' });
    expect(findings.state).not.toHaveProperty('message');
  });
});

describe('the driver', () => {
  const bus: BusHealth = { connected: true, server: 'nats:4222' };
  const server = (name: string, state: ServerHealth['state'], message?: string): ServerHealth => ({
    ...{ name, state, checked: null, version: null },
    ...(message === undefined ? {} : { message }),
  });
  const [up, down, unknown] = [server('a', 'up'), server('b', 'down', 'B is gone.'), server('c', 'unknown')];

  it.each([
    ['ok: all servers are up', bus, [up, up], false, { state: 'ok', reasons: [] }],
    ['ok: nobody knows better', bus, [up, unknown], false, { state: 'ok', reasons: [] }],
    ['degraded: one is down', bus, [up, down], false, { state: 'degraded', reasons: ['B is gone.'] }],
    [
      'degraded: one does not let us in',
      bus,
      [up, server('d', 'unauthorized')],
      false,
      { state: 'degraded', reasons: ['Server "d" is unauthorized.'] },
    ],
    ['down: all are', bus, [down], false, { state: 'down', reasons: ['B is gone.'] }],
    [
      'down: without the bus',
      { connected: false, message: 'Refused.' },
      [up, down],
      false,
      { state: 'down', reasons: ['There is no connection to the bus. Refused.', 'B is gone.'] },
    ],
    ['stopping', bus, [down], true, { state: 'stopping', reasons: ['The driver is stopping.', 'B is gone.'] }],
  ])('%s', (_name, ofBus, servers, stopping, judgement) => {
    expect(judge({ bus: ofBus, servers }, stopping)).toEqual(judgement);
  });
});
