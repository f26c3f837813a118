/** What calls and probes show of a source, and when it is probed. */
import { describe, expect, it } from 'vitest';
import { DriverError, type ErrorCode } from '../../../../src/contract/errors.ts';
import { type FoundState, SourceHealth } from '../../../../src/driver/source-health/source-health.ts';
import type { SourceStatus } from '../../../../src/sources/source.ts';
import { source } from '../../../support/driver.ts';

const open = new AbortController().signal;
const UP: SourceStatus = { state: 'up', version: '66.0.1', latencyMs: 1 };
const DOWN: SourceStatus = { state: 'down', version: null, latencyMs: null, message: 'Gone.' };

/** A source whose probes have the result that the test sets, on a clock that the test moves. */
function probed() {
  const clock = { now: 1_000_000 };
  const counts = { probes: 0 };
  let answer: () => Promise<SourceStatus> = async () => UP;
  const probe = () => {
    counts.probes++;
    return answer();
  };
  const health = new SourceHealth(source('plant', { probe }), () => clock.now);
  return {
    ...{ clock, counts, health },
    answerBy: (next: () => Promise<SourceStatus>) => {
      answer = next;
    },
    succeed: () => health.call(async () => 'answer', open),
    fail: async (code: ErrorCode = 'sourceUnavailable', signal: AbortSignal | undefined = open) => {
      const failure = new DriverError(code, `it is ${code}`);
      await expect(health.call(() => Promise.reject(failure), signal)).rejects.toBe(failure);
    },
  };
}

describe('the state', () => {
  it('is unknown before the first result', () => {
    expect(probed().health.state).toEqual({ state: 'unknown', version: null, sinceMs: undefined, foundAt: undefined });
  });

  it.each<[ErrorCode, FoundState['state']]>([
    ['notFound', 'up'],
    ['forbidden', 'up'],
    ['overloaded', 'up'],
    ['unauthorized', 'unauthorized'],
    ['sourceUnavailable', 'down'],
    ['timeout', 'down'],
    ['sourceError', 'unknown'],
    ['internal', 'unknown'],
    ['cancelled', 'unknown'],
  ])('after a call that failed with %s is %s', async (code, state) => {
    const { health, fail } = probed();
    await fail(code);
    expect(health.state.state).toBe(state);
    const isBad = state === 'down' || state === 'unauthorized';
    expect(health.state.message).toBe(isBad ? `it is ${code}` : undefined);
  });

  it('is the newest one, and keeps the version that a probe found', async () => {
    const { clock, health, answerBy, succeed, fail } = probed();
    await health.probe();
    await fail('timeout');
    expect(health.state).toMatchObject({ state: 'down', version: '66.0.1', foundAt: clock.now });
    answerBy(async () => ({ state: 'unauthorized', version: null, latencyMs: null, message: 'no access' }));
    await health.probe();
    expect(health.state).toMatchObject({ state: 'unauthorized', version: '66.0.1', message: 'no access' });
    await succeed();
    expect(health.state).toEqual({ state: 'up', version: '66.0.1', sinceMs: clock.now, foundAt: clock.now });
  });

  it('has the time when it began, which the same result again does not change', async () => {
    const { clock, health, succeed, fail } = probed();
    const since = (): number | undefined => health.state.sinceMs;
    expect(since()).toBeUndefined();
    await succeed();
    const up = clock.now;
    clock.now += 1000;
    await succeed();
    expect([since(), health.state.foundAt]).toEqual([up, clock.now]);
    clock.now += 1000;
    await fail('timeout');
    expect(since()).toBe(clock.now);
  });

  it('does not change by a call that the driver aborted, or that is part of a probe', async () => {
    const { health, fail } = probed();
    await fail('timeout', AbortSignal.abort());
    await expect(health.call(() => Promise.reject(new Error('unfit')), undefined)).rejects.toThrow('unfit');
    expect(health.state.state).toBe('unknown');
    expect(health.calls.results).toEqual({ timeout: 1, internal: 1 });
  });
});

it('calls are counted by their result, with the sum and the longest of their times', async () => {
  const { health, succeed, fail } = probed();
  await succeed();
  await fail('timeout');
  await succeed();
  const { results, totalMs, longestMs } = health.calls;
  expect(results).toEqual({ ok: 2, timeout: 1 });
  expect(totalMs).toBeGreaterThanOrEqual(longestMs);
});

describe('a probe', () => {
  it('is shared by concurrent callers, each of which may stop waiting', async () => {
    const { health, counts, answerBy } = probed();
    const { promise, resolve } = Promise.withResolvers<SourceStatus>();
    answerBy(() => promise);
    const leaving = new AbortController();
    const [left, stayed] = [health.probe(undefined, leaving.signal), health.probe()];
    leaving.abort(new Error('left'));
    await expect(left).rejects.toThrow('left');
    resolve(UP);
    expect(await stayed).toBe(UP);
    expect(counts.probes).toBe(1);
  });
});

describe('a refresh', () => {
  it('probes if there is no result, and if the last one is half a minute old', async () => {
    const { clock, counts, health } = probed();
    await health.refresh();
    clock.now += 29_999;
    await health.refresh();
    expect(counts.probes).toBe(1);
    clock.now += 1;
    await health.refresh();
    expect(counts.probes).toBe(2);
  });

  it('does not probe a source that requests use', async () => {
    const { clock, counts, health, succeed } = probed();
    for (let n = 0; n < 10; n++) {
      await succeed();
      clock.now += 29_000;
      await health.refresh();
    }
    expect(counts.probes).toBe(0);
  });

  it('probes ten seconds after a failed call', async () => {
    const { clock, counts, health, fail } = probed();
    await fail();
    clock.now += 9_999;
    await health.refresh();
    expect([counts.probes, health.state.state]).toEqual([0, 'down']);
    clock.now += 1;
    await health.refresh();
    expect(counts.probes).toBe(1);
    expect(health.state).toEqual({ state: 'up', version: '66.0.1', sinceMs: clock.now, foundAt: clock.now });
  });

  it('probes once at a time, and again after a probe that failed', async () => {
    const { counts, health, answerBy } = probed();
    const { promise, reject } = Promise.withResolvers<never>();
    answerBy(() => promise);
    const first = health.refresh();
    await health.refresh();
    expect(counts.probes).toBe(1);
    reject(new Error('no answer'));
    await first;
    await health.refresh();
    expect(counts.probes).toBe(2);
  });

  it('does not trust a result from the future, which a clock that was set back would keep fresh', async () => {
    const { clock, counts, health, succeed } = probed();
    await succeed();
    clock.now -= 3_600_000;
    await health.refresh();
    expect(counts.probes).toBe(1);
  });

  it('ends when the source is closed', async () => {
    const { counts, health } = probed();
    const refreshing = health.refresh(3_600_000);
    health.close();
    await refreshing;
    expect(counts.probes).toBe(0);
  });
});

describe('a check after a failed call', () => {
  it('needs a follower', async () => {
    const { counts, health, fail } = probed();
    await fail();
    expect([health.isChecking, counts.probes]).toEqual([false, 0]);
  });

  it.each<[ErrorCode, number]>([
    ['sourceUnavailable', 1],
    ['timeout', 1],
    ['unauthorized', 1],
    ['notFound', 0],
    ['overloaded', 0],
    ['sourceError', 0],
  ])('is made for %s: %d', async (code, probes) => {
    const { counts, health, fail } = probed();
    health.follow({});
    await fail(code);
    expect(counts.probes).toBe(probes);
  });

  it('happens once for many failures, and not again within five seconds after the source was found up', async () => {
    const { clock, counts, health, fail } = probed();
    const up = Promise.withResolvers<undefined>();
    health.follow({
      onUp: () => {
        up.resolve(undefined);
      },
    });
    await Promise.all(Array.from({ length: 100 }, () => fail()));
    await up.promise;
    clock.now += 4_999;
    await fail();
    expect(counts.probes).toBe(1);
    clock.now += 1;
    await fail();
    expect(counts.probes).toBe(2);
  });

  it('repeats until the source is up, and reports each result to the followers', async () => {
    const { counts, health, answerBy, fail } = probed();
    const results: string[] = [];
    const up = Promise.withResolvers<undefined>();
    health.follow({
      onConfirmed: ({ state }) => results.push(`confirmed ${state}`),
      onDown: ({ code, message }) => {
        results.push(`${code}: ${message}`);
        answerBy(async () => UP);
      },
      onUp: () => {
        results.push('up');
        up.resolve(undefined);
      },
    });
    answerBy(async () => DOWN);
    await fail('timeout');
    expect(health.isChecking).toBe(true);
    await expect.poll(() => health.outage).toMatchObject({ code: 'sourceUnavailable', message: 'Gone.' });
    await up.promise;
    expect(results).toEqual(['confirmed down', 'sourceUnavailable: Gone.', 'confirmed up', 'up']);
    expect([health.isChecking, health.outage, counts.probes]).toEqual([false, undefined, 2]);
  });

  it('ends with a probe for another reason that finds the source up, and with the last follower', async () => {
    const { health, answerBy, fail } = probed();
    const unfollow = health.follow({});
    answerBy(async () => DOWN);
    await fail();
    await expect.poll(() => health.outage).toBeDefined();
    answerBy(async () => UP);
    await health.probe();
    expect([health.isChecking, health.outage]).toEqual([false, undefined]);
    answerBy(async () => DOWN);
    await health.probe();
    expect(health.isChecking).toBe(true);
    unfollow();
    expect([health.isChecking, health.outage]).toEqual([false, undefined]);
  });

  it('ends if the probe itself fails, which is a fault of the source', async () => {
    const { health, answerBy, fail } = probed();
    health.follow({});
    answerBy(() => Promise.reject(new Error('a fault')));
    await fail();
    await expect.poll(() => health.isChecking).toBe(false);
  });

  it('is not reported after the source is closed', async () => {
    const { health, fail } = probed();
    health.follow({
      onConfirmed: () => {
        throw new Error('reported');
      },
    });
    health.close();
    await fail();
    await health.probe();
    expect(health.isChecking).toBe(false);
  });
});
