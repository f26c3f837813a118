/** How samples are read from the reports. */
import { type FeedHealth, type Health, type ServerHealth } from '../../contract/health.ts';
import { type FeedMetrics, type Metrics } from '../../contract/telemetry.ts';
import type { Sample } from './definition.ts';

/** What one request topic and its sources report. */
export interface Report {
  readonly metrics: Metrics;
  readonly health: Health;
}

export type Source = Metrics['sources'][number];
export type Call = Metrics['requests'][number];

export const ofSource = ({ host }: Source) => ({ source: host });
export const ofFeed = ({ kind, name }: FeedMetrics | FeedHealth) => ({ kind, feed: name });
/** Requests without a known function have no name. */
export const ofFunction = (call: Call, { reqtopic }: Metrics) => ({ reqtopic, function: call.function || 'unknown' });
export const ofTopic = ({ reqtopic }: Metrics) => ({ reqtopic });

/** One sample of each report. */
export const each = (read: (metrics: Metrics, health: Health) => number) => (reports: readonly Report[]) =>
  reports.map(({ metrics, health }) => ({ labels: ofTopic(metrics), value: read(metrics, health) }));

/** One sample of the process, which the first report has. */
export const once = (read: (metrics: Metrics, health: Health) => number | undefined) => (reports: readonly Report[]) =>
  reports.slice(0, 1).flatMap(({ metrics, health }) => sampleIf(read(metrics, health)));

export const perCall = (read: (call: Call) => number) => (reports: readonly Report[]) =>
  reports.flatMap(({ metrics }) =>
    metrics.requests.map((call) => ({ labels: ofFunction(call, metrics), value: read(call) })),
  );

export const sourcesOf = (reports: readonly Report[]) => reports.flatMap(({ metrics }) => metrics.sources);

export const perSource = (read: (source: Source) => number | undefined) => (reports: readonly Report[]) =>
  sourcesOf(reports).flatMap((source) => sampleIf(read(source), ofSource(source)));

export const feedsOf = (reports: readonly Report[]) => reports.flatMap(({ metrics }) => metrics.feeds ?? []);

export const perFeed = (read: (feed: FeedMetrics) => number) => (reports: readonly Report[]) =>
  feedsOf(reports).map((feed) => ({ labels: ofFeed(feed), value: read(feed) }));

export const sampleIf = (value: number | undefined, labels?: Sample['labels']): Sample[] =>
  value === undefined ? [] : [{ labels, value }];

/** One sample for each count of a closed list. */
export const byKey = (counts: Readonly<Record<string, number>>, label: string, labels: Sample['labels']): Sample[] =>
  Object.entries(counts).map(([key, value]) => ({ labels: { ...labels, [label]: key }, value }));

/** One sample for each possible state: 1 for the current one. */
export const states = (all: readonly string[], current: string, labels: Sample['labels'] = {}): Sample[] =>
  all.map((state) => ({ labels: { ...labels, state }, value: state === current ? 1 : 0 }));

export const SERVER_STATES: readonly ServerHealth['state'][] = ['up', 'down', 'unauthorized', 'unknown'];

export const seconds = (ms: number): number => ms / 1000;
export const secondsIf = (ms: number | undefined): number | undefined => (ms === undefined ? undefined : ms / 1000);
export const flag = (value: boolean): number => (value ? 1 : 0);
