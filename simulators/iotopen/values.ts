/** Status and log. */
import type { Behaviour } from './behaviour.ts';
import { number, onlyKnown, Refusal, single, topicsOf, word, type Query } from './query.ts';
import type { Installation, Kept, Inventory } from './inventory.ts';

const METHODS = [
  ...['avg', 'count', 'first', 'last', 'max', 'median', 'min', 'spread', 'stddev', 'sum'],
  ...['percentile50', 'percentile90', 'percentile95', 'percentile99'],
];

/** A bare list, its topics without client id. */
export function status(
  inventory: Inventory,
  installation: Installation,
  topics: readonly string[] | undefined,
  query: Query,
) {
  onlyKnown(query, ['topics']);
  const wanted = topicsOf(topics, installation.client_id);
  return inventory
    .newest(installation.client_id)
    .filter(({ topic }) => wanted?.has(topic) ?? true)
    .map((kept) => rowOf(installation, kept, kept.topic));
}

/** A page, its topics with the client id. */
export function log(
  inventory: Inventory,
  installation: Installation,
  topics: readonly string[] | undefined,
  query: Query,
  behaviour: Behaviour,
) {
  onlyKnown(query, [
    ...['topics', 'from', 'to', 'limit', 'offset', 'order', 'aggr_method', 'aggr_interval', 'include_total'],
  ]);
  const now = Date.now() / 1000;
  const from = number(query, 'from', now - 86_400);
  const to = number(query, 'to', now);
  const limit = Math.min(number(query, 'limit', 500, true), behaviour.logRows);
  const offset = number(query, 'offset', 0, true);
  const order = word(query, 'order', ['asc', 'desc'], 'desc');
  const withTotal = word(query, 'include_total', ['true', 'false'], 'true') === 'true';
  noAggregation(query);
  if (behaviour.logPages-- < 1) throw new Refusal(500, 'Internal Server Error');
  if (limit < 1) throw new Refusal(400, 'limit must be at least 1');
  const wanted = topicsOf(topics, installation.client_id);
  const asked = (a: Kept, b: Kept): number => (order === 'asc' ? a.timestamp - b.timestamp : b.timestamp - a.timestamp);
  const range = inventory
    .values(installation.client_id)
    .filter(({ arrivedMs = 0 }) => arrivedMs + behaviour.logDelayMs <= Date.now())
    // Whether the ends belong to the range is not documented; here the end does not.
    .filter(({ topic, timestamp }) => timestamp >= from && timestamp < to && (wanted?.has(topic) ?? true))
    .sort(behaviour.logOrder === 'asked' ? asked : () => 0);
  const page = range.slice(offset, offset + limit);
  return {
    ...(withTotal ? { total: range.length } : {}),
    [behaviour.lastName]: page.at(-1)?.timestamp ?? 0,
    count: page.length,
    data: page.map((kept) => rowOf(installation, kept, `${installation.client_id}/${kept.topic}`)),
  };
}

/** Some clients always send `aggr_method=` and `aggr_interval=0s`, and mean nothing by it. */
function noAggregation(query: Query): void {
  const method = single(query, 'aggr_method') ?? '';
  const interval = single(query, 'aggr_interval') ?? '';
  if (method !== '' && !METHODS.includes(method)) throw new Refusal(400, 'Unknown aggr_method');
  if (interval !== '' && !/^(\d+(\.\d+)?(h|m|s|ms))+$/.test(interval)) throw new Refusal(400, 'Bad aggr_interval');
  if (method !== '') throw new Refusal(501, 'The simulator does not aggregate');
}

function rowOf(installation: Installation, { timestamp, value, msg }: Kept, topic: string) {
  const { client_id, id: installation_id } = installation;
  return { client_id, installation_id, timestamp, topic, value, msg };
}
