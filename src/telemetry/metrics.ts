/** Metrics and statistics from the counters of the driver's components. Both report the same counts. */
import type { ConnectionStats } from '../bus/connection/connection-stats.ts';
import type { HealthState } from '../contract/health.ts';
import type { Metrics, Stats } from '../contract/telemetry.ts';
import type { CallNumbers } from '../driver/source-health/source-health.ts';
import type { Host } from '../driver/hosts.ts';
import type { RequestNumbers } from '../driver/requests/request-statistics.ts';
import { roundMs } from '../lib/clock.ts';

/** Metrics of requests by function. */
export function functionMetrics({ functions }: RequestNumbers): Metrics['requests'] {
  return Object.entries(functions).map(([name, { requests: _requests, averageMs: _averageMs, ...numbers }]) => ({
    function: name,
    ...numbers,
  }));
}

/** Metrics of calls by server. */
export function sourceMetrics(hosts: readonly Host[]): Metrics['sources'] {
  return hosts.map(({ source, limiter, health, pace }) => {
    const { results, totalMs, longestMs, durations } = health.calls;
    const polls = pace.current;
    return {
      host: source.name,
      results: { ...results },
      totalMs: roundMs(totalMs),
      longestMs: roundMs(longestMs),
      durations: [...durations],
      ...limiter.load,
      ...(source.recovery === undefined ? {} : { recovery: source.recovery() }),
      ...(polls === undefined ? {} : { polls }),
    };
  });
}

/** The summary of the statistics topic. */
export function summary(
  requests: RequestNumbers,
  hosts: readonly Host[],
  traffic: ConnectionStats,
  state: HealthState,
): Pick<Stats, 'state' | 'requests' | 'functions' | 'sources' | 'bus'> {
  const functions = functionMetrics(requests);
  const all = { results: added(functions), totalMs: total(functions), longestMs: longest(functions) };
  const { ok = 0, partial = 0 } = all.results;
  return {
    state,
    requests: {
      total: sum(all.results),
      ok,
      partial,
      error: failed(all.results),
      unanswerable: requests.unanswerable,
      ...times(all),
    },
    functions: functions
      .map((one) => ({ function: one.function, total: sum(one.results), error: failed(one.results), ...times(one) }))
      .sort((a, b) => b.total - a.total),
    sources: hosts.map(({ source, health: { calls } }) => ({
      host: source.name,
      calls: sum(calls.results),
      error: failed(calls.results),
      ...times(calls),
    })),
    bus: { connections: traffic.connections, messagesOut: traffic.messagesOut, bytesOut: traffic.bytesOut },
  };
}

type Results = Readonly<Record<string, number>>;

const sum = (results: Results): number => Object.values(results).reduce((all, n) => all + n, 0);
const failed = (results: Results): number => sum(results) - (results.ok ?? 0) - (results.partial ?? 0);
const total = (parts: readonly { totalMs: number }[]): number => parts.reduce((all, { totalMs }) => all + totalMs, 0);
const longest = (parts: readonly { longestMs: number }[]): number =>
  Math.max(0, ...parts.map(({ longestMs }) => longestMs));

function added(parts: readonly { results: Results }[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const { results } of parts) for (const [key, n] of Object.entries(results)) all[key] = (all[key] ?? 0) + n;
  return all;
}

function times({ results, totalMs, longestMs }: CallNumbers): { averageMs: number | null; longestMs: number | null } {
  const number = sum(results);
  return number === 0
    ? { averageMs: null, longestMs: null }
    : { averageMs: roundMs(totalMs / number), longestMs: roundMs(longestMs) };
}
