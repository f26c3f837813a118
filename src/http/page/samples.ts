/** Rates and latencies of the last half hour: the differences between one reading of the metrics and the next. */
import type { Metrics } from '../../contract/telemetry.ts';

/** Names and order of the numbers in a row. */
export const SAMPLE_COLUMNS = [
  'time',
  'requests',
  'failed',
  'requestMs',
  'calls',
  'callMs',
  'readings',
  'loopMs',
  'inFlight',
] as const;

/** `time` in seconds since 1970. Null where there is no value, for example no latency without a request. */
export type Sample = readonly (number | null)[];

/** Interval of the samples. */
export const SAMPLE_MS = 2000;
const MOST_SAMPLES = 900;

interface Totals {
  readonly atMs: number;
  readonly requests: number;
  readonly failed: number;
  readonly requestMs: number;
  readonly calls: number;
  readonly callMs: number;
  readonly readings: number;
}

export class Samples {
  readonly #rows: Sample[] = [];
  #previous: Totals | undefined;

  /** The rows after a time in seconds since 1970. */
  after(seconds: number): readonly Sample[] {
    const first = this.#rows.findIndex(([at]) => (at ?? 0) > seconds);
    return first < 0 ? [] : this.#rows.slice(first);
  }

  /** Adds the row for the time since the last call. Undefined for the first one. */
  add(metrics: Metrics): Sample | undefined {
    const totals = totalsOf(metrics);
    const previous = this.#previous;
    this.#previous = totals;
    if (previous === undefined) return undefined;
    const seconds = (totals.atMs - previous.atMs) / 1000;
    // The clock was set.
    if (seconds <= 0) return undefined;
    const grown = (key: keyof Totals): number => totals[key] - previous[key];
    const rate = (key: keyof Totals): number => rounded(grown(key) / seconds);
    const mean = (sum: keyof Totals, number: keyof Totals): number | null =>
      grown(number) === 0 ? null : rounded(grown(sum) / grown(number));
    const row: Sample = [
      totals.atMs / 1000,
      ...[rate('requests'), rate('failed'), mean('requestMs', 'requests')],
      ...[rate('calls'), mean('callMs', 'calls'), rate('readings')],
      ...[rounded(metrics.process.eventLoopDelayMs.p99), metrics.inFlight],
    ];
    this.#rows.push(row);
    if (this.#rows.length > MOST_SAMPLES) this.#rows.shift();
    return row;
  }
}

function totalsOf({ time, requests, sources, feeds = [] }: Metrics): Totals {
  return {
    atMs: Date.parse(time),
    requests: total(requests, ({ results }) => sum(results)),
    failed: total(requests, ({ results }) => sum(results) - (results.ok ?? 0) - (results.partial ?? 0)),
    requestMs: total(requests, ({ totalMs }) => totalMs),
    calls: total(sources, ({ results }) => sum(results)),
    callMs: total(sources, ({ totalMs }) => totalMs),
    readings: total(feeds, ({ readings }) => readings),
  };
}

const total = <T>(list: readonly T[], of: (one: T) => number): number => list.reduce((all, one) => all + of(one), 0);

const sum = (results: Readonly<Partial<Record<string, number>>>): number =>
  Object.values(results).reduce<number>((all, n = 0) => all + n, 0);

const rounded = (value: number): number => Math.round(value * 100) / 100;
