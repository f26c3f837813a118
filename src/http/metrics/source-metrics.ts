/** The metrics of sources and of feeds. */
import { feedStates } from '../../contract/health.ts';
import { AGE_BOUNDS_MS, DURATION_BOUNDS_MS } from '../../lib/histogram.ts';
import { counter, gauge, histogram, type Definition } from './definition.ts';
import {
  type Report,
  ofSource,
  ofFeed,
  sourcesOf,
  perSource,
  feedsOf,
  perFeed,
  byKey,
  states,
  SERVER_STATES,
  seconds,
  secondsIf,
  flag,
} from './samples.ts';

export const sourceMetrics: readonly Definition<readonly Report[]>[] = [
  gauge('source_state', 'State of a source: 1 for the current one', (reports) =>
    reports.flatMap(({ health }) =>
      health.servers.flatMap(({ name, state }) => states(SERVER_STATES, state, { source: name })),
    ),
  ),
  counter('source_calls', 'Calls to a source by result', (reports) =>
    sourcesOf(reports).flatMap((source) => byKey(source.results, 'code', ofSource(source))),
  ),
  histogram('source_call_duration_seconds', 'Time of a call to a source', DURATION_BOUNDS_MS, (reports) =>
    sourcesOf(reports).map((source) => ({
      labels: ofSource(source),
      counts: source.durations,
      sumMs: source.totalMs,
    })),
  ),
  gauge(
    'source_call_longest_seconds',
    'Longest time of a call',
    perSource(({ longestMs }) => seconds(longestMs)),
  ),
  gauge(
    'source_calls_running',
    'Calls of requests that are running',
    perSource(({ running }) => running),
  ),
  gauge(
    'source_calls_waiting',
    'Calls that wait for their turn',
    perSource(({ waiting }) => waiting),
  ),
  counter(
    'source_calls_shared',
    'Calls that joined an identical one',
    perSource(({ recovery }) => recovery?.shared),
  ),
  counter(
    'source_retries',
    'Repeated attempts after failures',
    perSource(({ recovery }) => recovery?.retries),
  ),
  counter(
    'source_second_tries',
    'Second calls beside one that hung',
    perSource(({ recovery }) => recovery?.secondTries),
  ),
  counter(
    'source_outages',
    'How often a source was found to be failing',
    perSource(({ recovery }) => recovery?.outages),
  ),
  gauge(
    'source_failing',
    'Whether calls fail at once, because the source is failing',
    perSource(({ recovery }) => (recovery === undefined ? undefined : flag(recovery.failing))),
  ),
  gauge(
    'source_polled_tags',
    'Leased tags that have been read at least twice',
    perSource(({ polls }) => polls?.tags),
  ),
  gauge(
    'source_poll_asked_interval_seconds',
    'Requested interval of the reads for leases',
    perSource(({ polls }) => secondsIf(polls?.askedMs)),
  ),
  gauge(
    'source_poll_real_interval_seconds',
    'Actual interval of the reads for leases',
    perSource(({ polls }) => secondsIf(polls?.realMs)),
  ),
  gauge(
    'source_polls_late',
    'Whether the reads for leases take far longer than requested',
    perSource(({ polls }) => (polls === undefined ? undefined : flag(polls.late))),
  ),
];

export const feedMetrics: readonly Definition<readonly Report[]>[] = [
  gauge('feed_state', 'State of a feed: 1 for the current one', (reports) =>
    reports.flatMap(({ health }) =>
      (health.feeds ?? []).flatMap((feed) => states(feedStates, feed.state, ofFeed(feed))),
    ),
  ),
  counter(
    'feed_received',
    'Messages received',
    perFeed(({ received }) => received),
  ),
  counter(
    'feed_readings',
    'Readings that are published and acknowledged',
    perFeed(({ readings }) => readings),
  ),
  counter(
    'feed_duplicates',
    'Readings that the stream already had',
    perFeed(({ duplicates }) => duplicates),
  ),
  counter('feed_rejected', 'Messages, or parts, that became dead letters, by reason', (reports) =>
    feedsOf(reports).flatMap((feed) => byKey(feed.rejected, 'reason', ofFeed(feed))),
  ),
  counter(
    'feed_refused',
    'Messages that were refused to their sender',
    perFeed(({ refused }) => refused),
  ),
  counter(
    'feed_at_most_once',
    'Messages that are lost if the driver ends',
    perFeed(({ atMostOnce }) => atMostOnce),
  ),
  counter(
    'feed_retried',
    'Failed attempts to publish',
    perFeed(({ retried }) => retried),
  ),
  counter(
    'feed_dropped',
    'Messages that were dropped',
    perFeed(({ dropped }) => dropped),
  ),
  counter(
    'feed_connections',
    'Connections made or accepted',
    perFeed(({ connections }) => connections),
  ),
  gauge(
    'feed_waiting',
    'Messages that are not acknowledged yet',
    perFeed(({ waiting }) => waiting),
  ),
  histogram('feed_reading_age_seconds', 'Age of the readings when they arrived', AGE_BOUNDS_MS, (reports) =>
    feedsOf(reports).flatMap((feed) =>
      feed.ages === undefined ? [] : [{ labels: ofFeed(feed), counts: feed.ages, sumMs: feed.agesMs ?? 0 }],
    ),
  ),
];
