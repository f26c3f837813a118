/** What has gone silent, and the clock of arrivals, by a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MonotonicClock } from '../../../src/contract/time/monotonic-clock.ts';
import { settleTime } from '../../../src/ingest/source-timestamp.ts';
import { FeedStatus } from '../../../src/ingest/feed-status.ts';
import { StalenessWatch } from '../../../src/ingest/staleness.ts';
import { TestLog } from '../bus/support.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
});
afterEach(() => {
  vi.useRealTimers();
});

function watch() {
  const told: string[] = [];
  const silence = new StalenessWatch({
    onSilent: ({ name, lastReceivedMs }) => told.push(`${name} silent, heard ${lastReceivedMs ?? 'never'}`),
    onRecovered: ({ name }) => told.push(`${name} heard`),
  });
  return { silence, told };
}

describe('the watch for silence', () => {
  it('reports once that a thing is silent, and once that it sends again', () => {
    const { silence, told } = watch();
    silence.expect({ name: 'a', afterMs: 1000 });
    silence.expect({ name: 'b', afterMs: 5000 });
    vi.advanceTimersByTime(999);
    silence.heard('a');
    const heardAt = Date.now();
    vi.advanceTimersByTime(999);
    expect(told).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(told).toEqual([`a silent, heard ${heardAt}`]);
    expect(silence.silent).toEqual([{ name: 'a', afterMs: 1000, lastReceivedMs: heardAt }]);
    vi.advanceTimersByTime(1500);
    silence.heard('a');
    silence.heard('a');
    expect(told).toEqual([`a silent, heard ${heardAt}`, 'a heard']);
    vi.advanceTimersByTime(1000);
    expect(told).toHaveLength(3);
    vi.advanceTimersByTime(1000);
    expect(told.at(-1)).toBe('b silent, heard never');
  });

  it('does not expect what was not declared, and ends with its stop', () => {
    const { silence, told } = watch();
    silence.heard('stranger');
    silence.expect({ name: 'a', afterMs: 1000 });
    silence.expect({ name: 'a', afterMs: 1 });
    vi.advanceTimersByTime(500);
    expect(told).toEqual([]);
    silence.stop();
    vi.advanceTimersByTime(5000);
    expect([told, silence.silent]).toEqual([[], []]);
  });
});

describe('the clock of arrivals', () => {
  it('never gives the same time twice, even while the clock is corrected', () => {
    let now = 1000;
    const clock = new MonotonicClock(() => now);
    const times = [clock.now(), clock.now()];
    now = 990;
    times.push(clock.now());
    now = 1001;
    times.push(clock.now());
    expect(times).toEqual([1_000_000_000n, 1_000_000_001n, 1_000_000_002n, 1_001_000_000n]);
  });

  it('follows a clock that was an hour ahead, so that no values are in the future for an hour', () => {
    let now = 3_600_000;
    const clock = new MonotonicClock(() => now);
    const times = [clock.now()];
    now = 10;
    times.push(clock.now(), clock.now());
    expect(times).toEqual([3_600_000_000_000n, 10_000_000n, 10_000_001n]);
  });
});

describe('a time that a sender claims', () => {
  const received = 1_700_000_000_000_000_000n;
  const limits = { aheadMs: 1000, oldMs: 5000 };
  it.each([
    ['now', 0n],
    ['as far ahead as may be', 1_000_000_000n],
    ['as old as may be', -5_000_000_000n],
  ])('is taken if it is %s', (_what, offset) => {
    expect(settleTime(received + offset, received, limits)).toEqual({ time: received + offset, status: 'Good' });
  });

  it.each([
    ['ahead', 1_000_000_001n, '2023-11-14T22:13:21.000000001Z', /future/],
    ['old', -5_000_000_001n, '2023-11-14T22:13:14.999999999Z', /too old/],
    ['1970', -received, '1970-01-01T00:00:00Z', /too old/],
    ['beyond all years', 10n ** 30n, `${received + 10n ** 30n} ns after 1970`, /future/],
  ])('gives way to that of arrival if it is %s', (_what, offset, text, reason) => {
    expect(settleTime(received + offset, received, limits)).toEqual({
      time: received,
      sourceTime: text,
      status: 'Questionable',
      reason: expect.stringMatching(reason) as string,
      attributes: { sourceTime: text },
    });
  });
});

describe('the condition of a feed', () => {
  it('logs each change once, degraded states as a warning, and knows since when', () => {
    const log = new TestLog();
    const condition = new FeedStatus('mqtt', 'hall', log);
    const begun = new Date().toISOString();
    vi.advanceTimersByTime(1000);
    condition.report('down', 'Nobody listens.');
    condition.report('down', 'Nobody listens.');
    const down = new Date().toISOString();
    vi.advanceTimersByTime(1000);
    condition.report('down', 'It answers no more.');
    expect(condition.health(undefined)).toEqual({
      kind: 'mqtt',
      name: 'hall',
      state: 'down',
      since: down,
      message: 'It answers no more.',
      lastMessage: null,
    });
    condition.report('up');
    expect(condition.health(Date.UTC(2026, 0, 1))).toMatchObject({ state: 'up', lastMessage: begun });
    vi.advanceTimersByTime(1000);
    const away = { state: 'waiting', message: 'The bus is away.' } as const;
    const since = new Date().toISOString();
    expect(condition.health(undefined, away)).toMatchObject({ ...away, since });
    vi.advanceTimersByTime(1000);
    expect(condition.health(undefined, away).since).toBe(since);
    expect(log.lines.map(({ level, message }) => `${level} ${message}`)).toEqual([
      'warn Feed mqtt "hall" is down: Nobody listens.',
      'warn Feed mqtt "hall" is down: It answers no more.',
      'info Feed mqtt "hall" is up',
    ]);
  });
});
