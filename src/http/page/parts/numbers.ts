/** The counts and times of requests, of calls to sources, and of feeds, as in the metrics. */
import type { Metrics } from '../../../contract/telemetry.ts';
import { html, type Content } from '../markup.ts';
import type { Part } from '../part.ts';
import { bytes, count, duration, name, table } from '../shown.ts';

type Results = Readonly<Partial<Record<string, number>>>;

const sum = (results: Results): number => Object.values(results).reduce<number>((all, n = 0) => all + n, 0);
const average = (totalMs: number, number: number): string => duration(number === 0 ? null : totalMs / number);

/** Failures by code, the most frequent first. */
function failures(results: Results): string {
  const failed = Object.entries(results).filter(([key, n = 0]) => key !== 'ok' && key !== 'partial' && n > 0);
  if (failed.length === 0) return '–';
  return failed
    .sort(([, a = 0], [, b = 0]) => b - a)
    .map(([code, n = 0]) => `${count(n)} ${code}`)
    .join(', ');
}

const REQUESTS = ['Function', 'All', 'ok', 'partial', 'Failed', 'Average', 'Longest'];
const CALLS = ['Source', 'All', 'ok', 'Failed', 'Average', 'Longest', 'Running', 'Waiting'];
const FEEDS = ['Feed', 'Messages', 'Readings', 'Duplicates', 'Dead letters', 'Refused', 'Retried', 'Waiting'];
const TEXTS = new Set(['Failed', 'Dead letters']);

const columns = (titles: readonly string[]) =>
  titles.map((title, at) => ({ title, isNumber: at > 0 && !TEXTS.has(title) }));

function requestRows({ requests }: Metrics): Content[][] {
  return [...requests]
    .sort((a, b) => sum(b.results) - sum(a.results))
    .map(({ function: of, results, totalMs, longestMs }) => [
      of === '' ? '(no known function)' : of,
      ...[count(sum(results)), count(results.ok ?? 0), count(results.partial ?? 0), failures(results)],
      ...[average(totalMs, sum(results)), duration(longestMs)],
    ]);
}

function callRows({ sources }: Metrics): Content[][] {
  return sources.map(({ host, results, totalMs, longestMs, running, waiting }) => [
    name(host),
    ...[count(sum(results)), count(results.ok ?? 0), failures(results)],
    ...[average(totalMs, sum(results)), duration(longestMs), count(running), count(waiting)],
  ]);
}

function feedRows({ feeds = [] }: Metrics): Content[][] {
  return feeds.map(({ kind, name: feed, received, readings, duplicates, rejected, refused, retried, waiting }) => [
    html`${kind} ${name(feed)}`,
    ...[count(received), count(readings), count(duplicates), failures(rejected)],
    ...[count(refused), count(retried), count(waiting)],
  ]);
}

function facts({ inFlight, unanswerable, bus, process, log }: Metrics): [string, string][] {
  return [
    ['Requests in progress', count(inFlight)],
    ['Requests without an answer subject', count(unanswerable)],
    ['Bus, received', `${count(bus.messagesIn)} messages, ${bytes(bus.bytesIn)}`],
    ['Bus, sent', `${count(bus.messagesOut)} messages, ${bytes(bus.bytesOut)}`],
    ['Connections to the bus', count(bus.connections)],
    [
      'Memory',
      `${bytes(process.memoryBytes.rss)}; heap ${bytes(process.memoryBytes.heapUsed)} of ${bytes(process.memoryBytes.heapLimit)}`,
    ],
    ['Log lines left out', count(log.leftOut + log.dropped)],
  ];
}

/** Numbers since the start of the process. */
export const numbers: Part = {
  id: 'numbers',
  render: ({ metrics }) => {
    const feeds = feedRows(metrics);
    return html`<section id="numbers" aria-labelledby="numbers-title">
      <h2 id="numbers-title">Since the start</h2>
      <dl class="facts">
        ${facts(metrics).map(
          ([term, fact]) =>
            html`<div>
              <dt>${term}</dt>
              <dd>${fact}</dd>
            </div>`,
        )}
      </dl>
      ${metrics.requests.length === 0 ? html`<p class="none">No request yet.</p>` : table('Requests by function', columns(REQUESTS), requestRows(metrics))}
      ${metrics.sources.length === 0 ? '' : table('Calls to sources', columns(CALLS), callRows(metrics))}
      ${feeds.length === 0 ? '' : table('Device data by feed', columns(FEEDS), feeds)}
    </section>`;
  },
};
