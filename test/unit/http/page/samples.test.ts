/** Rates and latencies from one reading of the metrics to the next. */
import { expect, it } from 'vitest';
import type { Metrics } from '../../../../src/contract/telemetry.ts';
import { SAMPLE_COLUMNS, Samples } from '../../../../src/http/page/samples.ts';

const metrics = (second: number, ok: number, failed: number, totalMs: number) =>
  ({
    time: new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString(),
    inFlight: 3,
    requests: [{ function: 'snapshot', results: { ok, timeout: failed }, totalMs, longestMs: 9 }],
    sources: [{ host: 'a', results: { ok }, totalMs: totalMs / 2, longestMs: 9, running: 0, waiting: 0 }],
    process: { eventLoopDelayMs: { mean: 1, p99: 4, max: 9 } },
  }) as unknown as Metrics;

const named = (row: readonly (number | null)[] | undefined) =>
  row && Object.fromEntries(SAMPLE_COLUMNS.map((column, at) => [column, row[at]]));

it('is the growth of the counters per second, and the mean of the new requests alone', () => {
  const samples = new Samples();
  expect(samples.add(metrics(0, 10, 0, 1000))).toBeUndefined();
  expect(named(samples.add(metrics(2, 16, 2, 1080)))).toEqual({
    ...{ time: Date.UTC(2026, 0, 1) / 1000 + 2, requests: 4, failed: 1, requestMs: 10, calls: 3, callMs: 6.67 },
    ...{ readings: 0, loopMs: 4, inFlight: 3 },
  });
});

it('has no latency without a request, rather than a latency of 0', () => {
  const samples = new Samples();
  samples.add(metrics(0, 10, 0, 1000));
  expect(named(samples.add(metrics(2, 10, 0, 1000)))).toMatchObject({ requests: 0, requestMs: null, callMs: null });
});

it('keeps half an hour, and gives those after a time', () => {
  const samples = new Samples();
  for (let at = 0; at < 2000; at++) samples.add(metrics(at * 2, at, 0, at));
  const all = samples.after(0);
  expect(all).toHaveLength(900);
  expect(samples.after(all.at(-3)?.[0] ?? 0)).toEqual(all.slice(-2));
  expect(samples.after(all.at(-1)?.[0] ?? 0)).toEqual([]);
});

it('does not invent a rate when the clock is set back', () => {
  const samples = new Samples();
  samples.add(metrics(10, 1, 0, 1));
  expect(samples.add(metrics(5, 2, 0, 1))).toBeUndefined();
});
